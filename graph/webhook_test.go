package graph_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/store"
)

const createHook = `mutation($input: CreateWebhookEndpointInput!) {
	createWebhookEndpoint(input: $input) {
		webhookEndpoint { id url description events enabled disabledReason secretPrefix previousSecretUntil createdAt }
		secret
		userErrors { code message path }
	}
}`

// hook makes an endpoint and returns its id and secret.
func (b *bundle) hook(t *testing.T) (id, secret string) {
	t.Helper()
	r := b.ask(t, createHook, vars{"input": vars{"url": "https://example.com/in", "events": []string{"BATCH_COMPLETED", "CONTACT_FAILED"}}})
	id, _ = r.at("createWebhookEndpoint.webhookEndpoint.id").(string)
	secret, _ = r.at("createWebhookEndpoint.secret").(string)
	if !strings.HasPrefix(id, "hook_") || !strings.HasPrefix(secret, "whsec_") {
		t.Fatal(r.raw)
	}
	return id, secret
}

// text returns a text that must be there.
func (r result) text(t *testing.T, path string) string {
	t.Helper()
	s, ok := r.at(path).(string)
	if !ok || s == "" {
		t.Fatalf("no %s in %s", path, r.raw)
	}
	return s
}

func TestWebhookEndpoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, secret := b.hook(t)

	t.Run("are listed without their secrets", func(t *testing.T) { //nolint:paralleltest // one step after the other
		r := b.ask(t, `{ viewer { organization { webhookEndpoints(first: 5) {
			nodes { id url description events enabled disabledReason secretPrefix previousSecretUntil } totalCount pageInfo { hasNextPage } edges { cursor }
		} } } }`, nil)
		want := vars{
			"id": id, "url": "https://example.com/in", "description": nil, "events": []any{"BATCH_COMPLETED", "CONTACT_FAILED"},
			"enabled": true, "disabledReason": nil, "secretPrefix": secret[:10], "previousSecretUntil": nil,
		}
		if diff := cmp.Diff(want, r.at("viewer.organization.webhookEndpoints.nodes.0")); diff != "" {
			t.Error(diff)
		}
		if r.at("viewer.organization.webhookEndpoints.totalCount") != 1.0 || strings.Contains(r.raw, secret) {
			t.Error(r.raw)
		}
	})
	t.Run("what is wrong is data, with its path", func(t *testing.T) { //nolint:paralleltest // one step after the other
		r := b.ask(t, createHook, vars{"input": vars{"url": "http://127.0.0.1/in", "description": strings.Repeat("x", 201), "events": []string{"PING"}}})
		var paths []string
		for _, p := range all[[]any](t, r.at("createWebhookEndpoint.userErrors"), "path") {
			path, _ := at(p, "1").(string)
			paths = append(paths, path)
		}
		if diff := cmp.Diff([]string{"url", "description", "events"}, paths); diff != "" || r.at("createWebhookEndpoint.secret") != nil {
			t.Error(diff, r.raw)
		}
	})
	t.Run("are changed and given another secret", func(t *testing.T) { //nolint:paralleltest // one step after the other
		r := b.ask(t, `mutation($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) {
			webhookEndpoint { enabled description } userErrors { code }
		} }`, vars{"input": vars{"webhookEndpointId": id, "enabled": false, "description": "CRM"}})
		if r.at("updateWebhookEndpoint.webhookEndpoint.enabled") != false || r.text(t, "updateWebhookEndpoint.webhookEndpoint.description") != "CRM" {
			t.Error(r.raw)
		}
		r = b.ask(t, `mutation($id: ID!) { rotateWebhookSecret(input: {webhookEndpointId: $id}) {
			webhookEndpoint { previousSecretUntil secretPrefix } secret userErrors { code }
		} }`, vars{"id": id})
		if s := r.text(t, "rotateWebhookSecret.secret"); s == secret || !strings.HasPrefix(s, r.text(t, "rotateWebhookSecret.webhookEndpoint.secretPrefix")) {
			t.Error(r.raw)
		}
		if until := r.text(t, "rotateWebhookSecret.webhookEndpoint.previousSecretUntil"); until != moment().Add(24*time.Hour).Format(time.RFC3339) {
			t.Errorf("two secrets sign until %s", until)
		}
		if strings.Contains(b.log.String(), "whsec_") {
			t.Error("a secret is in the log")
		}
	})
	t.Run("are deleted", func(t *testing.T) { //nolint:paralleltest // one step after the other
		const remove = `mutation($id: ID!) { deleteWebhookEndpoint(input: {webhookEndpointId: $id}) { webhookEndpointId userErrors { code path } } }`
		if r := b.ask(t, remove, vars{"id": id}); r.text(t, "deleteWebhookEndpoint.webhookEndpointId") != id {
			t.Error(r.raw)
		}
		r := b.ask(t, remove, vars{"id": id})
		if r.text(t, "deleteWebhookEndpoint.userErrors.0.code") != "NOT_FOUND" || r.text(t, "deleteWebhookEndpoint.userErrors.0.path.1") != "webhookEndpointId" {
			t.Error(r.raw)
		}
	})
}

const deliveries = `query($id: ID!, $statuses: [WebhookDeliveryStatus!]) { node(id: $id) { ... on WebhookEndpoint {
	deliveries(filter: {statuses: $statuses}) { totalCount nodes {
		id eventId event payload status tries nextTryAt responseStatus responseBody error createdAt deliveredAt
	} }
} } }`

func TestWebhookDeliveries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.hook(t)
	const ping = `mutation($id: ID!) { pingWebhookEndpoint(input: {webhookEndpointId: $id}) { webhookDelivery { id } userErrors { code } } }`
	first := b.ask(t, ping, vars{"id": id}).text(t, "pingWebhookEndpoint.webhookDelivery.id")
	second := b.ask(t, ping, vars{"id": id}).text(t, "pingWebhookEndpoint.webhookDelivery.id")

	r := b.ask(t, deliveries, vars{"id": id})
	if diff := cmp.Diff([]string{second, first}, all[string](t, r.at("node.deliveries.nodes"), "id")); diff != "" {
		t.Error(diff)
	}
	if r.at("node.deliveries.nodes.0.nextTryAt") == nil || r.at("node.deliveries.nodes.0.responseBody") != nil || r.at("node.deliveries.nodes.0.error") != nil {
		t.Error(r.raw)
	}
	const replay = `mutation($id: ID!) { replayWebhookDelivery(input: {webhookDeliveryId: $id}) { webhookDelivery { eventId } userErrors { code path } } }`
	if r := b.ask(t, replay, vars{"id": first}); r.text(t, "replayWebhookDelivery.userErrors.0.code") != "ACTION_NOT_ALLOWED" {
		t.Error(r.raw)
	}
	err := b.store.InTx(b.viewer(t, b.key), func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.WebhookDelivery.UpdateOneID(first).SetStatus(calling.DeliveryFailed).SetResponseStatus(500).SetError("It was answered with 500.").Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	r = b.ask(t, deliveries, vars{"id": id, "statuses": []string{"FAILED"}})
	if r.at("node.deliveries.totalCount") != 1.0 || r.at("node.deliveries.nodes.0.nextTryAt") != nil || r.at("node.deliveries.nodes.0.responseBody") != "" {
		t.Error(r.raw)
	}
	event := r.text(t, "node.deliveries.nodes.0.eventId")
	if r := b.ask(t, replay, vars{"id": first}); r.text(t, "replayWebhookDelivery.webhookDelivery.eventId") != event {
		t.Error(r.raw)
	}
	if r := b.ask(t, `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, vars{"ids": []string{first, id, second}}); r.at("nodes.1.__typename") != "WebhookEndpoint" || r.at("nodes.2.id") != second {
		t.Error(r.raw)
	}
}

// Another organization, and a key that may not manage, see nothing.
func TestWebhookWalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.hook(t)
	delivery := b.ask(t, `mutation($id: ID!) { pingWebhookEndpoint(input: {webhookEndpointId: $id}) { webhookDelivery { id } } }`, vars{"id": id}).
		text(t, "pingWebhookEndpoint.webhookDelivery.id")
	const both = `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`
	ids := vars{"ids": []string{id, delivery}}
	if r := b.ask(t, both, ids, as(b.otherKey)); r.at("nodes.0") != nil || r.at("nodes.1") != nil {
		t.Error(r.raw)
	}
	if r := b.ask(t, `{ viewer { organization { webhookEndpoints { totalCount } } } }`, nil, as(b.otherKey)); r.at("viewer.organization.webhookEndpoints.totalCount") != 0.0 {
		t.Error(r.raw)
	}
	for _, mutation := range []string{
		`pingWebhookEndpoint(input: {webhookEndpointId: $id})`, `rotateWebhookSecret(input: {webhookEndpointId: $id})`,
		`deleteWebhookEndpoint(input: {webhookEndpointId: $id})`, `updateWebhookEndpoint(input: {webhookEndpointId: $id, enabled: false})`,
	} {
		r := b.ask(t, `mutation($id: ID!) { made: `+mutation+` { userErrors { code } } }`, vars{"id": id}, as(b.otherKey))
		if r.text(t, "made.userErrors.0.code") != "NOT_FOUND" {
			t.Error(mutation, r.raw)
		}
	}

	weak := auth.NewKey()
	err := b.store.InTx(b.viewer(t, b.key), func(ctx context.Context, tx *store.Tx) error {
		row := tx.Ent.ApiKey.Query().Order(ent.Asc(apikey.FieldID)).FirstX(ctx)
		return tx.Ent.ApiKey.Create().SetID("key_weak").SetOrganizationID(row.OrganizationID).SetCreatedAt(moment()).SetName("weak").
			SetHash(auth.HashKey(weak)).SetPrefix(auth.KeyPrefix(weak)).SetScopes([]string{string(auth.Read), string(auth.Write)}).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := b.ask(t, both, ids, as(weak)); r.at("nodes.0") != nil || r.at("nodes.1") != nil {
		t.Error(r.raw)
	}
	for _, query := range []string{
		`{ viewer { organization { webhookEndpoints { totalCount } } } }`,
		`mutation { createWebhookEndpoint(input: {url: "https://example.com", events: [BATCH_FAILED]}) { secret } }`,
	} {
		r := b.post(t, query, nil, as(weak))
		if r.status != http.StatusOK || len(r.codes()) != 1 || r.codes()[0] != "FORBIDDEN" {
			t.Error(r.raw)
		}
	}
}
