package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// client is a WebSocket of the test's.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

// message is a message of graphql-transport-ws.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func (m message) data(tb testing.TB) result {
	tb.Helper()
	r := result{raw: string(m.Payload)}
	if err := json.Unmarshal(m.Payload, &r); err != nil {
		tb.Fatalf("%s: %v", m.Payload, err)
	}
	return r
}

// dial opens a WebSocket without saying anything.
func (b *bundle) dial(tb testing.TB, options websocket.DialOptions) *client {
	tb.Helper()
	if options.Subprotocols == nil {
		options.Subprotocols = []string{"graphql-transport-ws"}
	}
	options.HTTPClient = b.server.Client()
	conn, response, err := websocket.Dial(tb.Context(), strings.Replace(b.server.URL, "http", "ws", 1), &options)
	if err != nil {
		tb.Fatal(err)
	}
	_ = response.Body // taken over by the connection
	tb.Cleanup(func() { _ = conn.CloseNow() })
	return &client{tb, conn}
}

// connect opens a WebSocket and signs in.
func (b *bundle) connect(tb testing.TB) *client {
	tb.Helper()
	return b.connectAs(tb, b.key)
}

// connectAs opens a WebSocket and signs in with a key.
func (b *bundle) connectAs(tb testing.TB, key string) *client {
	tb.Helper()
	c := b.dial(tb, websocket.DialOptions{})
	c.say(`{"type": "connection_init", "payload": {"Authorization": "Bearer ` + key + `"}}`)
	if m := c.hear(); m.Type != "connection_ack" {
		tb.Fatalf("%+v", m)
	}
	return c
}

func (c *client) say(text string) {
	c.t.Helper()
	if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) subscribe(id, query string, variables vars) {
	c.t.Helper()
	c.say(fmt.Sprintf(`{"type": "subscribe", "id": %q, "payload": %s}`, id, operation(c.t, query, variables)))
}

func (c *client) hear() message {
	c.t.Helper()
	m, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *client) read() (message, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, data, err := c.conn.Read(ctx)
	var m message
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	return m, err //nolint:wrapcheck // a test's
}

// expect hears a message of a kind for an id.
func (c *client) expect(id, kind string) message {
	c.t.Helper()
	m := c.hear()
	if m.ID != id || m.Type != kind {
		c.t.Fatalf("want %s for %q, got %s for %q: %s", kind, id, m.Type, m.ID, m.Payload)
	}
	return m
}

// closed waits for the end and returns its code.
func (c *client) closed() websocket.StatusCode {
	c.t.Helper()
	for {
		if _, err := c.read(); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}
