package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/graph"
	"github.com/outdial/outdial/store"
)

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		acked bool
		say   string
		want  websocket.StatusCode
	}{
		{"no key", false, `{"type": "connection_init"}`, 4403},
		{"a bad key", false, `{"type": "connection_init", "payload": {"Authorization": "Bearer outdial_unknown_unknown"}}`, 4403},
		{"a key that is no text", false, `{"type": "connection_init", "payload": {"apiKey": 1}}`, 4403},
		{"subscribe before connection_init", false, `{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}`, 4401},
		{"connection_init twice", true, `{"type": "connection_init"}`, 4429},
		{"a payload of connection_init that is no object", false, `{"type": "connection_init", "payload": []}`, 4400},
		{"not JSON", true, `hello`, 4400},
		{"not an object", true, `[]`, 4400},
		{"no type", true, `{}`, 4400},
		{"an unknown type", true, `{"type": "start"}`, 4400},
		{"subscribe without an id", true, `{"type": "subscribe", "payload": {"query": "{ __typename }"}}`, 4400},
		{"subscribe with an id that is a number", true, `{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}`, 4400},
		{"subscribe without a payload", true, `{"type": "subscribe", "id": "1"}`, 4400},
		{"subscribe without a query", true, `{"type": "subscribe", "id": "1", "payload": {}}`, 4400},
		{"subscribe with variables that are a list", true, `{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}}`, 4400},
		{"a message that is too long", true, `{"type": "ping", "payload": {"x": "` + strings.Repeat("x", 1<<20) + `"}}`, websocket.StatusMessageTooBig},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			c := b.dial(t, websocket.DialOptions{})
			if test.acked {
				c = b.connect(t)
			}
			c.say(test.say)
			if got := c.closed(); got != test.want {
				t.Errorf("closed with %d, want %d", got, test.want)
			}
		})
	}
	t.Run("an id that is in use", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "x", 1)
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		c.subscribe("1", watch, vars{"id": id})
		if got := c.closed(); got != 4409 {
			t.Errorf("closed with %d", got)
		}
	})
	t.Run("no subprotocol, or an old one", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, protocols := range [][]string{{}, {"graphql-ws"}} {
			if got := b.dial(t, websocket.DialOptions{Subprotocols: protocols}).closed(); got != 4406 {
				t.Errorf("%v: closed with %d", protocols, got)
			}
		}
	})
	t.Run("binary messages", func(t *testing.T) {
		t.Parallel()
		c := setup(t).connect(t)
		if err := c.conn.Write(t.Context(), websocket.MessageBinary, []byte(`{"type": "ping"}`)); err != nil {
			t.Fatal(err)
		}
		if got := c.closed(); got != 4400 {
			t.Errorf("closed with %d", got)
		}
	})
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.InitTimeout = 20 * time.Millisecond })
		if got := b.dial(t, websocket.DialOptions{}).closed(); got != 4408 {
			t.Errorf("closed with %d", got)
		}
	})
	t.Run("a database that is gone is no reason to give up", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Accounts = broken{} })
		c := b.dial(t, websocket.DialOptions{})
		c.say(`{"type": "connection_init", "payload": {"apiKey": "outdial_unknown_unknown"}}`)
		if got := c.closed(); got != websocket.StatusTryAgainLater {
			t.Errorf("closed with %d", got)
		}
	})
	t.Run("a key that is revoked, at the next operation", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c := b.connect(t)
		b.revoke(t)
		c.subscribe("1", `{ __typename }`, nil)
		if got := c.closed(); got != 4403 {
			t.Errorf("closed with %d", got)
		}
	})
}

// revoke revokes the demo key.
func (b *bundle) revoke(tb testing.TB) {
	tb.Helper()
	err := b.store.InTx(auth.WithSystem(tb.Context()), func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.ApiKey.Update().Where(apikey.Hash(auth.HashKey(b.key))).SetRevokedAt(moment()).Exec(ctx)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestSocketKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, payload := range map[string]vars{
		"Authorization": {"Authorization": "Bearer " + b.key}, "authorization": {"authorization": "bearer " + b.key},
		"x-api-key": {"x-api-key": b.key}, "apiKey": {"apiKey": b.key, "other": 1},
	} {
		body, err := json.Marshal(vars{"type": "connection_init", "payload": payload})
		if err != nil {
			t.Fatal(err)
		}
		// The key of connection_init counts, whatever came before.
		c := b.dial(t, websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + b.otherKey}}})
		c.say(string(body))
		c.expect("", "connection_ack")
		c.subscribe("1", `{ viewer { organization { name } } }`, nil)
		if got := c.expect("1", "next").data(t).at("viewer.organization.name"); got != "Demo organization" {
			t.Errorf("%s: %v", name, got)
		}
	}
	c := b.dial(t, websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {b.key}}})
	c.say(`{"type": "connection_init"}`)
	c.expect("", "connection_ack")
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *graph.Config) { c.Origins = []string{"https://studio.example.com"} })
	for origin, want := range map[string]int{
		b.server.URL: 101, "https://studio.example.com": 101, "http://studio.example.com": 403, "https://evil.example.com": 403, "null": 403,
	} {
		conn, response, err := websocket.Dial(t.Context(), b.server.URL, &websocket.DialOptions{
			HTTPClient: b.server.Client(), Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {origin}},
		})
		if response == nil || response.StatusCode != want {
			t.Errorf("%s: %v %v", origin, response, err)
		}
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}
