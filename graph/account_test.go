package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
)

// wrong returns "path code" of every user error of the mutation called r.
func wrong(tb testing.TB, r result) []string {
	tb.Helper()
	if len(r.Errors) > 0 {
		return []string{fmt.Sprint(r.codes())}
	}
	var all []string
	for _, e := range items(tb, r.at("r.userErrors")) {
		path := strings.Trim(fmt.Sprint(at(e, "path")), "[]")
		all = append(all, fmt.Sprint(strings.ReplaceAll(path, " ", "."), " ", at(e, "code")))
		if message, _ := at(e, "message").(string); !strings.HasSuffix(message, ".") && !strings.HasSuffix(message, "not found") {
			tb.Errorf("the message is %q", message)
		}
	}
	return all
}

// items returns the elements of a list.
func items(tb testing.TB, list any) []any {
	tb.Helper()
	elements, ok := list.([]any)
	if !ok {
		tb.Fatalf("%v is no list", list)
	}
	return elements
}

// change sends a mutation with one input; fields is what is selected beside the
// errors.
func (b *bundle) change(tb testing.TB, name, fields string, input vars, changes ...change) result {
	tb.Helper()
	kind := strings.ToUpper(name[:1]) + name[1:] + "Input!"
	return b.post(tb, "mutation($input: "+kind+") { r: "+name+"(input: $input) { "+fields+" userErrors { code message path } } }",
		vars{"input": input}, changes...)
}

func (b *bundle) changed(tb testing.TB, name, fields string, input vars, changes ...change) result {
	tb.Helper()
	r := b.change(tb, name, fields, input, changes...)
	if problems := wrong(tb, r); len(problems) > 0 {
		tb.Fatalf("%s: %s", name, r.raw)
	}
	return r
}

func text(tb testing.TB, r result, path string) string {
	tb.Helper()
	s, ok := r.at(path).(string)
	if !ok {
		tb.Fatalf("%s is no text in %s", path, r.raw)
	}
	return s
}

func TestAgentsAndNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const shape = `agent { id name architecture systemPrompt variables pricePerCallMicros createdAt updatedAt phoneNumbers { id } }`
	made := b.changed(t, "createAgent", shape, vars{"name": " Ada ", "architecture": "REALTIME", "systemPrompt": "Hello {{name}}, {{plan}}?"})
	agent := text(t, made, "r.agent.id")
	for path, want := range map[string]any{
		"r.agent.name": "Ada", "r.agent.pricePerCallMicros": 70_000.0, "r.agent.variables": []any{"name", "plan"},
		"r.agent.updatedAt": made.at("r.agent.createdAt"), "r.agent.phoneNumbers": []any{},
	} {
		if diff := cmp.Diff(want, made.at(path)); diff != "" {
			t.Error(path, diff)
		}
	}
	text2 := b.changed(t, "updateAgent", shape, vars{"agentId": agent, "architecture": "TEXT"})
	if text2.at("r.agent.pricePerCallMicros") != nil || text2.at("r.agent.name") != "Ada" {
		t.Errorf("%s", text2.raw)
	}
	number := text(t, b.changed(t, "createPhoneNumber", `phoneNumber { id number label openBatchJobs outboundAgent { name } }`,
		vars{"number": "+12025550101", "outboundAgentId": agent}), "r.phoneNumber.id")
	b.changed(t, "updatePhoneNumber", `phoneNumber { label }`, vars{"phoneNumberId": number, "label": "Desk"})
	got := b.ask(t, `query($id: ID!, $values: JSONObject!) { node(id: $id) { ... on Agent {
		phoneNumbers { id label } renderPrompt(variables: $values) { text missing } } } }`,
		vars{"id": agent, "values": vars{"name": "Zoë"}})
	want := `{"data":{"node":{"phoneNumbers":[{"id":"` + number + `","label":"Desk"}],"renderPrompt":{"text":"Hello Zoë, {{plan}}?","missing":["plan"]}}}}`
	if diff := cmp.Diff(want, got.raw); diff != "" {
		t.Error(diff)
	}
	if r := b.changed(t, "assignOutboundAgent", `phoneNumber { outboundAgent { id } }`, vars{"phoneNumberId": number}); r.at("r.phoneNumber.outboundAgent") != nil {
		t.Errorf("%s", r.raw)
	}
	b.create(t, "one", 1)
	b.create(t, "two", 1)
	counts := map[any]any{}
	list := b.ask(t, `{ viewer { organization { phoneNumbers { nodes { id openBatchJobs } } } } }`, nil)
	for _, n := range items(t, list.at("viewer.organization.phoneNumbers.nodes")) {
		counts[at(n, "id")] = at(n, "openBatchJobs")
	}
	if counts["phone_abc123"] != 2.0 || counts[number] != 0.0 || len(counts) != 5 {
		t.Errorf("%v", counts)
	}
}

func TestListsReadWhatBelongsToThemTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		b.create(t, fmt.Sprint(i), 1)
	}
	for name, query := range map[string]string{
		"agents":        `{ viewer { organization { agents { nodes { phoneNumbers { id } } } } } }`,
		"phone numbers": `{ viewer { organization { phoneNumbers { nodes { openBatchJobs outboundAgent { name } } } } } }`,
		"ledger":        `{ viewer { organization { creditLedger { nodes { note batchJob { name phoneNumber { label } } } } } } }`,
	} {
		// The key, the organization, the list, and at most three kinds of things that belong to it.
		if n := b.queries.during(func() { b.ask(t, query, nil) }); n > 6 {
			t.Errorf("%s: %d queries", name, n)
		}
	}
}

func TestMendableErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	theirs := text(t, b.changed(t, "createAgent", `agent { id }`, vars{"name": "x", "architecture": "TEXT", "systemPrompt": ""}, as(b.otherKey)), "r.agent.id")
	long := strings.Repeat("x", 201)
	for _, c := range []struct {
		name, fields string
		input        vars
		want         []string
	}{
		{"createAgent", "agent { id }", vars{"name": " ", "architecture": "TEXT", "systemPrompt": "\x00"}, []string{"input.name INVALID_REQUEST", "input.systemPrompt INVALID_REQUEST"}},
		{"updateAgent", "agent { id }", vars{"agentId": theirs, "name": long}, []string{"input.agentId NOT_FOUND", "input.name INVALID_REQUEST"}},
		{"updateAgent", "agent { id }", vars{"agentId": "agent_none", "name": "x"}, []string{"input.agentId NOT_FOUND"}},
		{
			"createPhoneNumber", "phoneNumber { id }",
			vars{"number": "+12025550199", "label": long, "outboundAgentId": theirs},
			[]string{"input.label INVALID_REQUEST", "input.number CONFLICT", "input.outboundAgentId NOT_FOUND"},
		},
		{"createPhoneNumber", "phoneNumber { id }", vars{"number": "(202) 555-0101"}, []string{"input.number INVALID_PHONE_FORMAT"}},
		{"updatePhoneNumber", "phoneNumber { id }", vars{"phoneNumberId": "phone_none", "label": "x"}, []string{"input.phoneNumberId NOT_FOUND"}},
		{"assignOutboundAgent", "phoneNumber { id }", vars{"phoneNumberId": "phone_abc123", "agentId": theirs}, []string{"input.agentId NOT_FOUND"}},
		{
			"createApiKey", "apiKey { id } secret",
			vars{"name": long, "scopes": []string{}, "expiresAt": "2020-01-01T00:00:00Z"},
			[]string{"input.name INVALID_REQUEST", "input.expiresAt INVALID_REQUEST", "input.scopes INVALID_REQUEST"},
		},
		{"revokeApiKey", "apiKey { id }", vars{"apiKeyId": "key_none"}, []string{"input.apiKeyId NOT_FOUND"}},
		{"revokeSession", "sessionId", vars{"sessionId": "session_none"}, []string{"input.sessionId NOT_FOUND"}},
		{"updateOrganization", "organization { id }", vars{"name": "", "concurrentCallLimit": 1001}, []string{"input.name INVALID_REQUEST", "input.concurrentCallLimit INVALID_REQUEST"}},
		{"updateOrganization", "organization { id }", vars{}, []string{"input INVALID_REQUEST"}},
		{
			"addCredits", "credits { balanceMicros }",
			vars{"amountMicros": 0, "idempotencyKey": strings.Repeat("x", 256)},
			[]string{"input.amountMicros INVALID_REQUEST", "input.idempotencyKey INVALID_REQUEST"},
		},
	} {
		r := b.change(t, c.name, c.fields, c.input)
		if diff := cmp.Diff(c.want, wrong(t, r)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if answer, _ := r.at("r").(map[string]any); answer[strings.Fields(c.fields)[0]] != nil {
			t.Errorf("%s: %s", c.name, r.raw)
		}
	}
}

func TestAccountChangesNeedTheScope(t *testing.T) {
	t.Parallel()
	b := setup(t)
	self := b.ask(t, `{ viewer { apiKey { id } organization { id } } }`, nil)
	cookie := b.signIn(t, b.key)
	b.restrict(t, "READ", "WRITE")
	for name, c := range map[string]struct {
		fields string
		input  vars
	}{
		"createAgent":         {"agent { id }", vars{"name": "x", "architecture": "TEXT", "systemPrompt": ""}},
		"updateAgent":         {"agent { id }", vars{"agentId": "x", "name": "x"}},
		"createPhoneNumber":   {"phoneNumber { id }", vars{"number": "+12025550101"}},
		"updatePhoneNumber":   {"phoneNumber { id }", vars{"phoneNumberId": "phone_abc123", "label": "x"}},
		"assignOutboundAgent": {"phoneNumber { id }", vars{"phoneNumberId": "phone_abc123"}},
		"createApiKey":        {"secret", vars{"name": "x", "scopes": []string{"READ"}}},
		"revokeApiKey":        {"apiKey { id }", vars{"apiKeyId": self.at("viewer.apiKey.id")}},
		"revokeSession":       {"sessionId", vars{"sessionId": "session_x"}},
		"updateOrganization":  {"organization { id }", vars{"name": "x"}},
	} {
		if got := b.change(t, name, c.fields, c.input).codes(); !cmp.Equal(got, []string{"FORBIDDEN"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, list := range []string{"apiKeys", "sessions"} {
		r := b.post(t, `{ viewer { organization { `+list+` { totalCount } } } }`, nil)
		if !cmp.Equal(r.codes(), []string{"FORBIDDEN"}) {
			t.Errorf("%s: %s", list, r.raw)
		}
	}
	// A key sees itself, and no session; the session was signed in before and keeps its scopes.
	session := text(t, b.ask(t, `{ viewer { session { id } } }`, nil, b.browser(cookie)), "viewer.session.id")
	got := b.ask(t, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": []any{self.at("viewer.apiKey.id"), session}})
	if got.at("nodes.0.id") != self.at("viewer.apiKey.id") || got.at("nodes.1") != nil {
		t.Errorf("%s", got.raw)
	}
}

func TestKeysAndSessions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	end := moment().Add(time.Hour).Format(time.RFC3339)
	made := b.changed(t, "createApiKey", `apiKey { id name prefix scopes expiresAt lastUsedAt revokedAt } secret`,
		vars{"name": "CI", "scopes": []string{"READ"}, "expiresAt": end})
	id, secret := text(t, made, "r.apiKey.id"), text(t, made, "r.secret")
	if made.at("r.apiKey.prefix") != auth.KeyPrefix(secret) || made.at("r.apiKey.expiresAt") != end || made.at("r.apiKey.lastUsedAt") != nil {
		t.Errorf("%s", made.raw)
	}
	if r := b.change(t, "createApiKey", "secret", vars{"name": "x", "scopes": []string{"READ"}}, as(secret)); !cmp.Equal(r.codes(), []string{"FORBIDDEN"}) {
		t.Errorf("%s", r.raw)
	}
	cookie := b.signIn(t, secret)
	b.signIn(t, b.otherKey)
	list := b.ask(t, `{ viewer { organization {
		apiKeys { totalCount nodes { id name revokedAt } }
		sessions { totalCount nodes { id userAgent scopes current lastUsedAt expiresAt createdAt } } } } }`, nil)
	session := text(t, list, "viewer.organization.sessions.nodes.0.id")
	for path, want := range map[string]any{
		"viewer.organization.apiKeys.totalCount": 2.0, "viewer.organization.apiKeys.nodes.0.id": id,
		"viewer.organization.sessions.totalCount": 1.0, "viewer.organization.sessions.nodes.0.current": false,
		"viewer.organization.sessions.nodes.0.scopes": []any{"READ"}, "viewer.organization.sessions.nodes.0.userAgent": "Test browser",
	} {
		if diff := cmp.Diff(want, list.at(path)); diff != "" {
			t.Error(path, diff)
		}
	}
	// Both are open on a socket while the key is revoked.
	sockets := []*client{
		b.dial(t, websocket.DialOptions{HTTPHeader: map[string][]string{"X-Api-Key": {secret}}}),
		b.dial(t, websocket.DialOptions{HTTPHeader: map[string][]string{"Cookie": {cookie}}}),
	}
	for _, c := range sockets {
		c.say(`{"type": "connection_init"}`)
		c.expect("", "connection_ack")
	}
	for range 2 {
		if r := b.changed(t, "revokeApiKey", `apiKey { revokedAt }`, vars{"apiKeyId": id}); r.at("r.apiKey.revokedAt") != "2027-02-01T12:00:00Z" {
			t.Errorf("%s", r.raw)
		}
	}
	for _, c := range sockets {
		if code := c.closed(); code != 4403 {
			t.Errorf("closed with %d", code)
		}
	}
	for name, changed := range map[string]change{"the key": as(secret), "its session": b.browser(cookie)} {
		if r := b.post(t, `{ __typename }`, nil, changed); !cmp.Equal(r.codes(), []string{"UNAUTHENTICATED"}) {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	after := b.ask(t, `query($ids: [ID!]!) { nodes(ids: $ids) { id ... on ApiKey { revokedAt } }
		viewer { organization { apiKeys { totalCount } sessions { totalCount } } } }`, vars{"ids": []string{id, session}})
	if after.at("nodes.0.revokedAt") == nil || after.at("nodes.1") != nil ||
		after.at("viewer.organization.apiKeys.totalCount") != 2.0 || after.at("viewer.organization.sessions.totalCount") != 0.0 {
		t.Errorf("%s", after.raw)
	}
}

func TestASessionEndsItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cookie := b.signIn(t, b.key)
	id := text(t, b.ask(t, `{ viewer { session { id current } } }`, nil, b.browser(cookie)), "viewer.session.id")
	r := b.changed(t, "revokeSession", "sessionId", vars{"sessionId": id}, b.browser(cookie))
	if r.at("r.sessionId") != id {
		t.Errorf("%s", r.raw)
	}
	if r := b.post(t, `{ __typename }`, nil, b.browser(cookie)); !cmp.Equal(r.codes(), []string{"UNAUTHENTICATED"}) {
		t.Errorf("%s", r.raw)
	}
}

func TestOtherOrganizationsThingsAreUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, "x", 1)
	b.signIn(t, b.key)
	mine := b.ask(t, `{ viewer { apiKey { id } organization { id
		sessions { nodes { id } } agents { nodes { id } } phoneNumbers { nodes { id } } creditLedger { nodes { id } } } } }`, nil)
	ids := []string{text(t, mine, "viewer.apiKey.id"), text(t, mine, "viewer.organization.id")}
	for _, list := range []string{"sessions", "agents", "phoneNumbers", "creditLedger"} {
		ids = append(ids, text(t, mine, "viewer.organization."+list+".nodes.0.id"))
	}
	query := `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`
	for i, node := range items(t, b.ask(t, query, vars{"ids": ids}).at("nodes")) {
		if at(node, "id") != ids[i] {
			t.Errorf("%s is not there for its own organization", ids[i])
		}
	}
	for i, node := range items(t, b.ask(t, query, vars{"ids": ids}, as(b.otherKey)).at("nodes")) {
		if node != nil {
			t.Errorf("%s is there for another organization", ids[i])
		}
	}
	for name, input := range map[string]vars{
		"revokeApiKey": {"apiKeyId": ids[0]}, "revokeSession": {"sessionId": ids[2]}, "updateAgent": {"agentId": ids[3], "name": "x"},
		"updatePhoneNumber": {"phoneNumberId": ids[4], "label": "x"},
	} {
		theirs := b.change(t, name, "__typename", input, as(b.otherKey))
		for field, value := range input {
			if id := fmt.Sprint(value); strings.HasSuffix(field, "Id") {
				none := strings.SplitAfter(id, "_")[0] + "unknown"
				input[field] = none
				unknown := b.change(t, name, "__typename", input, as(b.otherKey))
				if want := strings.ReplaceAll(unknown.raw, none, id); theirs.raw != want {
					t.Errorf("%s answers %s, and for what nobody has %s", name, theirs.raw, want)
				}
			}
		}
	}
}

func TestUpdateOrganizationShowsWhatChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.changed(t, "updateOrganization", "organization { name concurrentCallLimit }", vars{"name": strings.Repeat("ü", 200), "concurrentCallLimit": 7})
	if r.at("r.organization.name") != strings.Repeat("ü", 200) || r.at("r.organization.concurrentCallLimit") != 7.0 {
		t.Errorf("%s", r.raw)
	}
	if r := b.ask(t, `{ viewer { organization { name } } }`, nil, as(b.otherKey)); r.at("viewer.organization.name") != "Other" {
		t.Errorf("%s", r.raw)
	}
}
