package graph_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/graph"
)

func TestEveryRequestNeedsAKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, changes := range map[string][]change{
		"no key":            {header("Authorization", "")},
		"an unknown key":    {as("outdial_unknown_unknown_unknown")},
		"another scheme":    {header("Authorization", "Basic x")},
		"two keys":          {header("X-Api-Key", "outdial_unknown_unknown_unknown")},
		"a key in a cookie": {header("Authorization", ""), header("Cookie", "key="+b.key)},
	} {
		for _, query := range []string{`{ __typename }`, `{ __schema { types { name } } }`, `{ viewr }`, `{`} {
			r := b.post(t, query, nil, changes...)
			if r.status != http.StatusUnauthorized || !cmp.Equal(r.codes(), []string{"UNAUTHENTICATED"}) || r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s, %s: %d %s", name, query, r.status, r.raw)
			}
		}
	}
	b.ask(t, `{ __typename }`, nil, header("Authorization", ""), header("X-Api-Key", b.key))
}

// broken is an Authenticator whose database is gone.
type broken struct{ graph.Accounts }

func (broken) Identify(context.Context, auth.Credentials) (auth.Viewer, error) {
	return auth.Viewer{}, errors.New("secret detail")
}

func (broken) Watch(auth.Viewer, func()) (stop func()) { return func() {} }

func TestSigningInThatFailsIsADefect(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *graph.Config) { c.Accounts = broken{} })
	r := b.post(t, `{ __typename }`, nil)
	if r.status != http.StatusInternalServerError || !cmp.Equal(r.codes(), []string{"INTERNAL_SERVER_ERROR"}) || strings.Contains(r.raw, "secret") {
		t.Errorf("%d %s", r.status, r.raw)
	}
	if strings.Count(b.log.String(), "secret detail") != 1 {
		t.Errorf("not logged once:\n%s", b.log.String())
	}
}

func TestOtherSitesCannotSendForms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// A form on another site sends cookies, and no header of its own choice.
	body, contentType := form(t, operations(t, fileInput()), part{name: "map", value: mapping}, part{name: "0", value: sample, file: "f"})
	r := b.send(t, http.MethodPost, "/", contentType, bytes.NewReader(body), header("Authorization", ""), header("Cookie", "key="+b.key))
	if r.status != http.StatusUnauthorized {
		t.Errorf("%d %s", r.status, r.raw)
	}
	for _, contentType := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		r := b.send(t, http.MethodPost, "/", contentType, strings.NewReader(`{"query": "{ __typename }"}`))
		if r.status != http.StatusUnsupportedMediaType || !cmp.Equal(r.codes(), []string{"UNSUPPORTED_MEDIA_TYPE"}) {
			t.Errorf("%s: %d %s", contentType, r.status, r.raw)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	get := func(query string, changes ...change) result {
		return b.send(t, http.MethodGet, "/?"+query, "", nil, changes...)
	}
	query := url.Values{"query": {`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`}, "variables": {`{"ids": ["phone_abc123"]}`}}.Encode()
	if r := get(query); r.status != http.StatusOK || r.raw != `{"data":{"nodes":[{"id":"phone_abc123"}]}}` {
		t.Errorf("%d %s", r.status, r.raw)
	}
	mutation := url.Values{"query": {`mutation { createBatchJob(input: {fromPhoneNumberId: "phone_abc123", name: "x", contacts: {list: [{phone: "+12025550101"}]}}) { totalContacts } }`}}.Encode()
	if r := get(mutation); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "POST" {
		t.Errorf("%d %s", r.status, r.raw)
	}
	for _, bad := range []string{"", "query=%7B__typename%7D&variables=%5B%5D", "variables=%7B%7D"} {
		if r := get(bad); r.status != http.StatusBadRequest || !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
			t.Errorf("%s: %d %s", bad, r.status, r.raw)
		}
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("media types", func(t *testing.T) {
		t.Parallel()
		for accept, want := range map[string]string{
			"":                                  "application/json; charset=utf-8",
			"*/*":                               "application/json; charset=utf-8",
			"application/json":                  "application/json; charset=utf-8",
			"application/graphql-response+json": "application/graphql-response+json; charset=utf-8",
			"application/json;q=0.5, application/graphql-response+json":   "application/graphql-response+json; charset=utf-8",
			"application/graphql-response+json;q=0.1, application/*;q=.9": "application/json; charset=utf-8",
		} {
			if r := b.post(t, `{ __typename }`, nil, header("Accept", accept)); r.status != http.StatusOK || r.header.Get("Content-Type") != want {
				t.Errorf("%q: %d %s", accept, r.status, r.header.Get("Content-Type"))
			}
		}
		if r := b.post(t, `{ __typename }`, nil, header("Accept", "text/html")); r.status != http.StatusNotAcceptable {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
	t.Run("a request that is not executed has no data, and 200 for old clients", func(t *testing.T) {
		t.Parallel()
		for accept, want := range map[string]int{"application/json": 200, "application/graphql-response+json": 400} {
			r := b.post(t, `{ nothing }`, nil, header("Accept", accept))
			if r.status != want || strings.Contains(r.raw, `"data"`) || !cmp.Equal(r.codes(), []string{"GRAPHQL_VALIDATION_FAILED"}) {
				t.Errorf("%s: %d %s", accept, r.status, r.raw)
			}
			if r.Errors[0].Extensions["requestId"] != r.header.Get("X-Request-Id") {
				t.Errorf("no request id: %s", r.raw)
			}
		}
	})
	t.Run("bodies are never repeated", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{`{"query": "secret`, `["secret"]`, `{"query": 1, "secret": 2}`, `{"query": "{__typename}"} secret`, `{"variables": {"secret": 1}}`, ``} {
			r := b.send(t, http.MethodPost, "/", "application/json", strings.NewReader(body))
			if r.status != http.StatusBadRequest || strings.Contains(r.raw, "secret") || !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
				t.Errorf("%s: %d %s", body, r.status, r.raw)
			}
		}
		if strings.Contains(b.log.String(), "secret") {
			t.Error("the log holds a body")
		}
	})
	t.Run("methods", func(t *testing.T) {
		t.Parallel()
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
			if r := b.send(t, method, "/", "application/json", strings.NewReader(`{}`)); r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") != "GET, POST, OPTIONS" {
				t.Errorf("%s: %d %s", method, r.status, r.raw)
			}
		}
		if r := b.send(t, http.MethodOptions, "/", "", nil); r.status != http.StatusNoContent {
			t.Errorf("%d", r.status)
		}
	})
	t.Run("subscriptions are refused", func(t *testing.T) {
		t.Parallel()
		r := b.post(t, `subscription { batchProgress(batchJobId: "x") { version } }`, nil)
		if r.status != http.StatusBadRequest || !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	began := time.Now()
	doubling := `query { ...f0 } fragment f30 on Query { __typename }`
	for i := range 30 {
		doubling += fmt.Sprintf(" fragment f%d on Query { ...f%d a: viewer { scopes } ...f%d }", i, i+1, i+1)
	}
	deep := strings.Repeat(`batchJob { progress { `, 8) + `version` + strings.Repeat(` } }`, 8)
	for _, test := range []struct{ name, query, code string }{
		{"tokens", `{` + strings.Repeat(` __typename`, 11_000) + ` }`, "GRAPHQL_PARSE_FAILED"},
		{"fields", `{` + strings.Repeat(` __typename`, 9_900) + ` }`, "SELECTION_LIMIT_EXCEEDED"},
		{"fragments that double", doubling, "SELECTION_LIMIT_EXCEEDED"},
		{"fragments that are in each other", `{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }`, "GRAPHQL_VALIDATION_FAILED"},
		{"depth", `{ batchJob(id: "x") { progress { ` + deep + ` } } }`, "DEPTH_LIMIT_EXCEEDED"},
		{"pages in pages", `{ viewer { organization { batchJobs(first: 100) { nodes { contacts(first: 500) { nodes { id } } } } } } }`, "COMPLEXITY_LIMIT_EXCEEDED"},
		{"pages in pages from the end", `{ viewer { organization { batchJobs(last: 100) { nodes { contacts(last: 500) { nodes { id } } } } } } }`, "COMPLEXITY_LIMIT_EXCEEDED"},
		{"many pages", `{ nodes(ids: [` + strings.Repeat(`"a",`, 100) + `]) { ... on BatchJob { a: contacts { nodes { id } } b: contacts { nodes { id } } } } }`, "COMPLEXITY_LIMIT_EXCEEDED"},
		{"a page beyond reason", `{ viewer { organization { batchJobs(first: 2000000000) { nodes { contacts(first: 2000000000) { nodes { contacts: attempts { id } } } } } } } }`, "COMPLEXITY_LIMIT_EXCEEDED"},
		{"ids", `{ nodes(ids: [` + strings.Repeat(`"a",`, 101) + `]) { id } }`, "INVALID_REQUEST"},
	} {
		if r := b.post(t, test.query, nil); !cmp.Equal(r.codes(), []string{test.code}) {
			t.Errorf("%s: %d %.300s", test.name, r.status, r.raw)
		}
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("refusing took %s", took)
	}
	t.Run("a whole page of contacts with their attempts is allowed", func(t *testing.T) {
		t.Parallel()
		b.ask(t, `{ batchJob(id: "x") { contacts(first: 500) { totalCount pageInfo { hasNextPage endCursor } nodes {
			id row phone name customFields status lastOutcome attemptCount nextAttemptAt
			attempts { id number status outcome reason dialed startedAt answeredAt endedAt talkSeconds costMicros } } } } }`, nil)
	})
	t.Run("the standard introspection is allowed", func(t *testing.T) {
		t.Parallel()
		of := "name"
		for range 9 {
			of = "name ofType { " + of + " }"
		}
		b.ask(t, `{ __schema { queryType { name } types { kind name fields(includeDeprecated: true) { name args { name type { kind `+of+` } } } } } }`, nil)
	})
}

func TestSchemaCanBeHidden(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *graph.Config) { c.HideSchema = true })
	for _, query := range []string{`{ __schema { types { name } } }`, `{ ...f } fragment f on Query { x: __type(name: "Query") { name } }`} {
		if r := b.post(t, query, nil); !cmp.Equal(r.codes(), []string{"INTROSPECTION_DISABLED"}) {
			t.Errorf("%d %s", r.status, r.raw)
		}
	}
	b.ask(t, `{ __typename viewer { __typename } }`, nil)
}

// Many clients that ask the same and something new each time must not disturb
// each other's parsed documents.
func TestQueriesAreCached(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *graph.Config) { c.Limits.CachedQueries = 4 })
	for i := range 50 {
		alias := fmt.Sprintf("a%d", i%7)
		r := b.ask(t, `query ($id: ID!) { `+alias+`: node(id: $id) { id } }`, vars{"id": "phone_abc123"})
		if r.at(alias+".id") != "phone_abc123" {
			t.Fatal(r.raw)
		}
	}
}

// Every element of the schema is described: it is the public manual.
func TestSchemaIsDescribed(t *testing.T) {
	t.Parallel()
	r := setup(t).ask(t, `{ __schema { directives { name } types { name kind description
		fields { name description args { name description } } inputFields { name description } enumValues { name description } } } }`, nil)
	var check func(where string, element any)
	check = func(where string, element any) {
		m, _ := element.(map[string]any)
		where += "." + fmt.Sprint(m["name"])
		if strings.Contains(where, "__") {
			return
		}
		if description, _ := m["description"].(string); description == "" {
			t.Errorf("%s has no description", where)
		}
		for _, list := range []string{"fields", "args", "inputFields", "enumValues"} {
			elements, _ := m[list].([]any)
			for _, e := range elements {
				check(where, e)
			}
		}
	}
	types, _ := r.at("__schema.types").([]any)
	for _, t := range types {
		check("", t)
	}
	if names := fmt.Sprint(r.at("__schema.directives")); strings.Contains(names, "defer") {
		t.Error("offers @defer, which nothing delivers")
	}
}
