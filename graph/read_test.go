package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/store"
)

const everything = `query ($id: ID!) {
  viewer {
    scopes
    apiKey { id name prefix scopes createdAt expiresAt }
    organization {
      id name concurrentCallLimit callsInFlight
      credits { balanceMicros heldMicros availableMicros }
      carrier { name simulated }
      phoneNumbers { totalCount nodes { id number label outboundAgent { id name architecture } } }
      agents { totalCount nodes { id name architecture systemPrompt variables } }
      batchJobs { totalCount nodes { id } }
    }
  }
  batchJob(id: $id) {
    id name description status pauseReason phoneNumber { id outboundAgent { id } } agent { name }
    concurrentCallLimit maxAttempts scheduledStartTime timezone callWindow { days opens closes timezone }
    totalContacts rejectedContacts duplicateContacts blankRows createdAt startedAt endedAt
    estimate { costMicros cost worstCaseCostMicros durationSeconds duration effectiveConcurrentCallLimit }
    progress {
      version status total contacts { pending dialing completed failed cancelled } outcomes { outcome count }
      callsInFlight slots attemptsEnded callsPerMinute eta { low high } spentMicros waitingFor occurredAt batchJob { id }
    }
    contacts(first: 2) { totalCount nodes {
      id row phone name customFields status lastOutcome attemptCount nextAttemptAt
      attempts { id number status outcome reason dialed startedAt answeredAt endedAt talkSeconds costMicros }
    } }
    rejectedRows { totalCount edges { cursor node { row phone code detail suggestion } } }
  }
}`

func TestEverythingCanBeRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "Renewals", 3)
	r := b.ask(t, everything, vars{"id": id})
	for path, want := range map[string]any{
		"viewer.scopes":                               []any{"READ", "WRITE", "ADMIN"},
		"viewer.apiKey.name":                          "demo key",
		"viewer.organization.name":                    "Demo organization",
		"viewer.organization.callsInFlight":           0.0,
		"viewer.organization.credits.heldMicros":      105_000.0,
		"viewer.organization.carrier.simulated":       true,
		"viewer.organization.phoneNumbers.totalCount": 4.0,
		"viewer.organization.batchJobs.nodes.0.id":    id,
		"batchJob.status":                             "PENDING",
		"batchJob.description":                        nil,
		"batchJob.phoneNumber.id":                     "phone_abc123",
		"batchJob.agent.name":                         "Renewal agent",
		"batchJob.totalContacts":                      3.0,
		"batchJob.rejectedContacts":                   1.0,
		"batchJob.duplicateContacts":                  1.0,
		"batchJob.createdAt":                          "2027-02-01T12:00:00Z",
		"batchJob.estimate.cost":                      "$0.11",
		"batchJob.estimate.durationSeconds":           120.0,
		"batchJob.progress.contacts.pending":          3.0,
		"batchJob.progress.slots":                     5.0,
		"batchJob.progress.waitingFor":                nil,
		"batchJob.progress.outcomes":                  []any{},
		"batchJob.progress.batchJob.id":               id,
		"batchJob.contacts.totalCount":                3.0,
		"batchJob.contacts.nodes.1.phone":             "+12020000001",
		"batchJob.contacts.nodes.1.row":               2.0,
		"batchJob.contacts.nodes.1.name":              nil,
		"batchJob.contacts.nodes.1.attempts":          []any{},
		"batchJob.contacts.nodes.1.customFields":      map[string]any{"customerName": "Jane", "planType": "Basic", "renewalDate": "Feb 1"},
		"batchJob.rejectedRows.totalCount":            2.0,
		"batchJob.rejectedRows.edges.0.node.code":     "INVALID_PHONE_FORMAT",
		"batchJob.rejectedRows.edges.1.node.code":     "DUPLICATE",
	} {
		if diff := cmp.Diff(want, r.at(path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestStoredJSONLeavesByteForByte(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fields := `{"z":1.10,"a":12345678901234567890,"html":"<b>&","ü":[1e5,null]}`
	r := b.ask(t, `mutation ($fields: JSONObject) { createBatchJob(input: {fromPhoneNumberId: "phone_abc123", name: "x",
		contacts: {list: [{phone: "+12025550101", customFields: $fields}]}})
		{ userErrors { message } batchJob { contacts { nodes { customFields } } } } }`, vars{"fields": json.RawMessage(fields)})
	// Names are sorted on the way in, because they arrive as an object.
	if want := `"customFields":{"a":12345678901234567890,"html":"<b>&","z":1.10,"ü":[1e5,null]}`; !strings.Contains(r.raw, want) {
		t.Errorf("%s\nis not in\n%s", want, r.raw)
	}
}

func TestNodesAreReadTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := b.create(t, "one", 2), b.create(t, "two", 1)
	contact, _ := b.ask(t, `query ($id: ID!) { batchJob(id: $id) { contacts(first: 1) { nodes { id } } } }`, vars{"id": first}).
		at("batchJob.contacts.nodes.0.id").(string)
	ids := []string{second, "phone_abc123", contact, "nonsense", first, "batch_\x00", "unknown_1", second}
	var r result
	queries := b.queries.during(func() {
		r = b.ask(t, `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
			... on BatchJob { agent { name } phoneNumber { outboundAgent { name } } } ... on Contact { attempts { id } } } }`, vars{"ids": ids})
	})
	// The key; batch jobs with agents, numbers and their agents; numbers; contacts with attempts.
	if queries != 1+4+1+2 {
		t.Errorf("%d queries", queries)
	}
	want := []any{"BatchJob", "PhoneNumber", "Contact", nil, "BatchJob", nil, nil, "BatchJob"}
	nodes, _ := r.at("nodes").([]any)
	for i, n := range nodes {
		if got := at(n, "__typename"); got != want[i] {
			t.Errorf("node %d is %v, want %v", i, got, want[i])
		}
		if n != nil && at(n, "id") != ids[i] {
			t.Errorf("node %d has id %v, want %s", i, at(n, "id"), ids[i])
		}
	}
}

func TestListsAreReadWithFewQueries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var id string
	for range 3 {
		id = b.create(t, "job", 7)
	}
	for _, test := range []struct {
		name, query string
		most        int64 // queries beside that for the key
	}{
		{"contacts with attempts", `{ batchJob(id: "` + id + `") { contacts { edges { node { row attempts { number } } } } } }`, 1 + 2},
		{"batch jobs with number and agent", `{ viewer { organization { batchJobs { nodes { ...job } } } } }
			fragment job on BatchJob { name phoneNumber { id outboundAgent { name } } agent { name } estimate { cost }
			progress { version batchJob { name } } }`, 1 + 4},
		{"numbers with agents", `{ viewer { organization { phoneNumbers { nodes { outboundAgent { name } } } } } }`, 1 + 2},
		{"no count unless asked for", `{ viewer { organization { agents { nodes { name } } } } }`, 1 + 1},
	} {
		if got := b.queries.during(func() { b.ask(t, test.query, nil) }) - 1; got > test.most {
			t.Errorf("%s: %d queries, want at most %d", test.name, got, test.most)
		}
	}
}

func TestTenantsAreWalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "secret", 2)
	mine := b.ask(t, `query ($id: ID!) { viewer { organization { id agents { nodes { id } } } apiKey { id } }
		batchJob(id: $id) { contacts { nodes { id } } } }`, vars{"id": id})
	ids := []any{
		id, "phone_abc123", mine.at("viewer.organization.id"), mine.at("viewer.apiKey.id"),
		mine.at("viewer.organization.agents.nodes.0.id"), mine.at("batchJob.contacts.nodes.0.id"),
	}
	t.Run("another organization's ids answer as unknown ones", func(t *testing.T) {
		t.Parallel()
		for _, id := range append(ids, "batch_unknown", "", strings.Repeat("x", 1000)) {
			r := b.ask(t, `query ($id: ID!) { node(id: $id) { id } batchJob(id: $id) { name } }`, vars{"id": id}, as(b.otherKey))
			if r.raw != `{"data":{"node":null,"batchJob":null}}` {
				t.Errorf("%v: %s", id, r.raw)
			}
		}
	})
	t.Run("lists are empty", func(t *testing.T) {
		t.Parallel()
		r := b.ask(t, `{ viewer { organization { phoneNumbers { totalCount nodes { id } } agents { totalCount } batchJobs { totalCount nodes { id } } } } }`,
			nil, as(b.otherKey))
		if r.raw != `{"data":{"viewer":{"organization":{"phoneNumbers":{"totalCount":0,"nodes":[]},"agents":{"totalCount":0},"batchJobs":{"totalCount":0,"nodes":[]}}}}}` {
			t.Error(r.raw)
		}
	})
	t.Run("another organization's number cannot be called from", func(t *testing.T) {
		t.Parallel()
		say := func(number string) string {
			r := b.ask(t, `mutation ($from: ID!) { createBatchJob(input: {fromPhoneNumberId: $from, name: "x", contacts: {list: [{phone: "+12025550101"}]}})
				{ batchJob { id } userErrors { code message path } } }`, vars{"from": number}, as(b.otherKey))
			return strings.ReplaceAll(r.raw, number, "NUMBER")
		}
		want := `{"data":{"createBatchJob":{"batchJob":null,"userErrors":[{"code":"NOT_FOUND","message":"Phone number NUMBER not found","path":["input","fromPhoneNumberId"]}]}}}`
		if got, unknown := say("phone_abc123"), say("phone_unknown"); got != want || unknown != want {
			t.Errorf("%s\n%s", got, unknown)
		}
	})
}

// restrict leaves the demo key only some scopes.
func (b *bundle) restrict(tb testing.TB, scopes ...string) {
	tb.Helper()
	ctx := auth.WithSystem(tb.Context())
	err := b.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.ApiKey.Update().Where(apikey.Hash(auth.HashKey(b.key))).SetScopes(scopes).Exec(ctx)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	const create = `mutation { createBatchJob(input: {fromPhoneNumberId: "phone_abc123", name: "x", contacts: {list: [{phone: "+12025550101"}]}})
		{ totalContacts batchJob { id } userErrors { code } } }`
	t.Run("a key that may only read creates nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.restrict(t, "READ")
		if r := b.post(t, create, nil); r.status != http.StatusOK || !cmp.Equal(r.codes(), []string{"FORBIDDEN"}) || r.Data != nil {
			t.Errorf("%d %s", r.status, r.raw)
		}
		b.ask(t, `{ viewer { organization { name } } }`, nil)
	})
	t.Run("a key that may only write reads nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.restrict(t, "WRITE")
		for _, query := range []string{
			`{ viewer { organization { name } } }`, `{ viewer { apiKey { name } } }`, `{ node(id: "phone_abc123") { id } }`,
			`{ batchJob(id: "x") { id } }`,
		} {
			if r := b.post(t, query, nil); !cmp.Equal(r.codes(), []string{"FORBIDDEN"}) {
				t.Errorf("%s: %s", query, r.raw)
			}
		}
		if got := b.ask(t, `{ viewer { scopes } }`, nil).at("viewer.scopes"); !cmp.Equal(got, []any{"WRITE"}) {
			t.Errorf("scopes %v", got)
		}
		r := b.post(t, create, nil)
		if r.at("createBatchJob.totalContacts") != 1.0 || r.at("createBatchJob.batchJob") != nil || !cmp.Equal(r.codes(), []string{"FORBIDDEN"}) {
			t.Errorf("what was created is not to be read: %s", r.raw)
		}
	})
}

func TestDefectsSayNothingOfTheInside(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	_, err := b.store.Writer().ExecContext(t.Context(), "ALTER TABLE contacts RENAME TO gone")
	if err != nil {
		t.Fatal(err)
	}
	r := b.post(t, `query ($id: ID!) { batchJob(id: $id) { name contacts { nodes { id } } } }`, vars{"id": id})
	if r.status != http.StatusOK || len(r.Errors) != 1 || r.Errors[0].code() != "INTERNAL_SERVER_ERROR" {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	requestID, _ := r.Errors[0].Extensions["requestId"].(string)
	if requestID == "" || requestID != r.header.Get("X-Request-Id") {
		t.Errorf("requestId %q, header %q", requestID, r.header.Get("X-Request-Id"))
	}
	if strings.Contains(r.raw, "contacts\"") && strings.Contains(r.raw, "no such table") {
		t.Errorf("the answer tells of the inside: %s", r.raw)
	}
	if n := strings.Count(b.log.String(), "no such table"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, b.log.String())
	}
}
