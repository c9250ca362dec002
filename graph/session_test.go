package graph_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/graph"
	"github.com/outdial/outdial/store"
)

// signIn begins a browser's session with a key and returns its cookie.
func (b *bundle) signIn(tb testing.TB, key string) (cookie string) {
	tb.Helper()
	begun, err := b.accounts.SignInWithKey(tb.Context(), key, "Test browser")
	if err != nil {
		tb.Fatal(err)
	}
	return "outdial_session=" + begun.Token
}

// browser is a request as a page of the server itself sends it.
func (b *bundle) browser(cookie string) change {
	return func(r *http.Request) {
		r.Header.Del("Authorization")
		r.Header.Set("Cookie", cookie)
		r.Header.Set("Origin", b.server.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
}

func TestACookieSignsIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cookie := b.signIn(t, b.key)

	t.Run("to operations", func(t *testing.T) {
		t.Parallel()
		self := b.ask(t, `{ viewer { apiKey { id } session { userAgent scopes current } operator } }`, nil, b.browser(cookie))
		want := `{"data":{"viewer":{"apiKey":null,"session":{"userAgent":"Test browser","scopes":["READ","WRITE","ADMIN"],"current":true},"operator":false}}}`
		if self.raw != want {
			t.Errorf("%s", self.raw)
		}
		if got := b.ask(t, `{ viewer { scopes organization { name } } }`, nil, b.browser(cookie)).at("viewer.organization.name"); got != "Demo organization" {
			t.Errorf("%v", got)
		}
	})
	t.Run("to uploads", func(t *testing.T) {
		t.Parallel()
		body, contentType := form(t, operations(t, fileInput()), part{name: "map", value: mapping}, part{name: "0", value: sample, file: "f"})
		r := b.send(t, http.MethodPost, "/", contentType, bytes.NewReader(body), b.browser(cookie), header("GraphQL-Require-Preflight", "1"))
		if r.status != http.StatusOK || len(r.Errors) > 0 {
			t.Errorf("%d %s", r.status, r.raw)
		}
		r = b.send(t, http.MethodPost, "/", contentType, bytes.NewReader(body), b.browser(cookie))
		if r.status != http.StatusForbidden {
			t.Errorf("without the header: %d %s", r.status, r.raw)
		}
	})
	t.Run("to sockets", func(t *testing.T) {
		t.Parallel()
		c := b.dial(t, websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {cookie}, "Origin": {b.server.URL}}})
		c.say(`{"type": "connection_init"}`)
		c.expect("", "connection_ack")
		c.subscribe("1", `{ viewer { scopes } }`, nil)
		c.expect("1", "next")
	})
	t.Run("to event streams", func(t *testing.T) {
		t.Parallel()
		e := b.stream(t, `{ viewer { scopes } }`, nil, b.browser(cookie))
		e.expect("next", `{"data":{"viewer":{"scopes":["READ","WRITE","ADMIN"]}}}`)
	})
	t.Run("but a key beside it wins", func(t *testing.T) {
		t.Parallel()
		got := b.ask(t, `{ viewer { organization { name } } }`, nil, header("Cookie", cookie), as(b.otherKey)).at("viewer.organization.name")
		if got != "Other" {
			t.Errorf("%v", got)
		}
		if r := b.post(t, `{ __typename }`, nil, header("Cookie", cookie), as("outdial_unknown_unknown_unknown")); r.status != http.StatusUnauthorized {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
}

func TestOtherSitesCannotUseTheCookie(t *testing.T) {
	t.Parallel()
	b := setup(t, withOrigin("https://studio.example.com"))
	cookie := b.signIn(t, b.key)
	for _, headers := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		r := b.post(t, `{ __typename }`, nil, header("Authorization", ""), header("Cookie", cookie), header(headers[0], headers[1]))
		if r.status != http.StatusForbidden || len(r.codes()) != 1 || r.codes()[0] != "FORBIDDEN" {
			t.Errorf("%v: %d %s", headers, r.status, r.raw)
		}
		b.ask(t, `{ __typename }`, nil, header("Cookie", cookie), header(headers[0], headers[1])) // a key no other site can send
	}
	t.Run("to open a socket", func(t *testing.T) {
		t.Parallel()
		_, response, err := websocket.Dial(t.Context(), strings.Replace(b.server.URL, "http", "ws", 1), &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: b.server.Client(),
			HTTPHeader: http.Header{"Cookie": {cookie}, "Origin": {"https://evil.example"}},
		})
		if err == nil || response == nil || response.StatusCode != http.StatusForbidden {
			t.Fatalf("%v, %v", response, err)
		}
		_ = response.Body.Close()
	})
	t.Run("nor can a page that may open sockets with a key", func(t *testing.T) {
		t.Parallel()
		from := http.Header{"Cookie": {cookie}, "Origin": {"https://studio.example.com"}}
		c := b.dial(t, websocket.DialOptions{HTTPHeader: from})
		c.say(`{"type": "connection_init"}`)
		if code := c.closed(); code != 4403 {
			t.Errorf("closed with %d", code)
		}
		c = b.dial(t, websocket.DialOptions{HTTPHeader: from})
		c.say(`{"type": "connection_init", "payload": {"x-api-key": "` + b.key + `"}}`)
		c.expect("", "connection_ack")
	})
}

func TestRevocationEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header func(t *testing.T, b *bundle) http.Header
		revoke func(t *testing.T, b *bundle)
	}{
		"of a key": {
			func(_ *testing.T, b *bundle) http.Header { return http.Header{"X-Api-Key": {b.key}} },
			func(t *testing.T, b *bundle) { t.Helper(); b.revoke(t) },
		},
		"of a session's key": {
			func(t *testing.T, b *bundle) http.Header {
				t.Helper()
				return http.Header{"Cookie": {b.signIn(t, b.key)}}
			},
			func(t *testing.T, b *bundle) { t.Helper(); b.revoke(t) },
		},
		"of a session": {
			func(t *testing.T, b *bundle) http.Header {
				t.Helper()
				return http.Header{"Cookie": {b.signIn(t, b.key)}}
			},
			func(t *testing.T, b *bundle) {
				t.Helper()
				err := b.store.InTx(auth.WithSystem(t.Context()), func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.Ent.Session.Delete().Exec(ctx)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := b.create(t, "x", 1)
			b.feed.tell(b.snapshot(id, 1, calling.BatchRunning))
			headers := c.header(t, b)
			socket := b.dial(t, websocket.DialOptions{HTTPHeader: headers})
			socket.say(`{"type": "connection_init"}`)
			socket.expect("", "connection_ack")
			socket.subscribe("1", watch, vars{"id": id})
			socket.expect("1", "next")
			stream := b.stream(t, watch, vars{"id": id}, header("Authorization", ""), func(r *http.Request) {
				for name := range headers {
					r.Header.Set(name, headers.Get(name))
				}
			})
			stream.expect("next", `"version":1`)
			other := b.dial(t, websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {b.otherKey}}})
			other.say(`{"type": "connection_init"}`)
			other.expect("", "connection_ack")

			c.revoke(t, b)
			if err := b.accounts.Tend(t.Context()); err != nil {
				t.Fatal(err)
			}
			if code := socket.closed(); code != 4403 {
				t.Errorf("the socket is closed with %d", code)
			}
			stream.expect("", "") // broken off, not completed
			other.say(`{"type": "ping"}`)
			other.expect("", "pong")
		})
	}
}

func withOrigin(origin string) func(*graph.Config) {
	return func(c *graph.Config) { c.Origins = []string{origin} }
}
