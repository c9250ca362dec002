package graph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/outdial/outdial/calling"
)

// raw is a WebSocket whose frames the test makes itself.
type raw struct {
	t    *testing.T
	conn net.Conn
}

func (b *bundle) raw(t *testing.T) *raw {
	t.Helper()
	dialer := ws.Dialer{Protocols: []string{"graphql-transport-ws"}}
	conn, buffered, _, err := dialer.Dial(t.Context(), strings.Replace(b.server.URL, "http", "ws", 1))
	if err != nil {
		t.Fatal(err)
	}
	if buffered != nil {
		t.Fatal("the server spoke first")
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	return &raw{t, conn}
}

func (r *raw) send(frames ...ws.Frame) {
	r.t.Helper()
	for _, f := range frames {
		if err := ws.WriteFrame(r.conn, ws.MaskFrame(f)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// hear returns the next frame.
func (r *raw) hear() ws.Frame {
	r.t.Helper()
	header, err := ws.ReadHeader(r.conn)
	if err != nil {
		r.t.Fatal(err)
	}
	content := make([]byte, header.Length)
	if _, err := io.ReadFull(r.conn, content); err != nil {
		r.t.Fatal(err)
	}
	return ws.Frame{Header: header, Payload: content}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hello := fmt.Sprintf(`{"type": "connection_init", "payload": {"apiKey": %q}}`, b.key)
	t.Run("messages in pieces, with a ping between them", func(t *testing.T) {
		t.Parallel()
		r := b.raw(t)
		r.send(
			ws.NewFrame(ws.OpText, false, []byte(hello[:10])), ws.NewPingFrame([]byte("still there?")),
			ws.NewFrame(ws.OpContinuation, false, []byte(hello[10:20])), ws.NewFrame(ws.OpContinuation, true, []byte(hello[20:])),
		)
		if f := r.hear(); f.Header.OpCode != ws.OpPong || string(f.Payload) != "still there?" {
			t.Errorf("%v %q", f.Header, f.Payload)
		}
		if f := r.hear(); f.Header.OpCode != ws.OpText || string(f.Payload) != `{"type":"connection_ack"}` {
			t.Errorf("%v %q", f.Header, f.Payload)
		}
	})
	t.Run("messages that came with the request", func(t *testing.T) {
		t.Parallel()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		request := "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
		early := ws.MustCompileFrame(ws.MaskFrame(ws.NewTextFrame([]byte(hello))))
		if _, err := conn.Write(append([]byte(request), early...)); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		var heard strings.Builder
		for !strings.Contains(heard.String(), "connection_ack") {
			buffer := make([]byte, 256)
			n, err := conn.Read(buffer)
			if err != nil {
				t.Fatalf("heard %q: %v", heard.String(), err)
			}
			heard.Write(buffer[:n])
		}
	})
	for name, test := range map[string]struct {
		frames []ws.Frame
		want   ws.StatusCode
	}{
		"text that is not UTF-8":                     {[]ws.Frame{ws.NewTextFrame([]byte{0xff, 0xfe})}, ws.StatusInvalidFramePayloadData},
		"a continuation of nothing":                  {[]ws.Frame{ws.NewFrame(ws.OpContinuation, true, []byte("x"))}, ws.StatusProtocolError},
		"two messages that overlap":                  {[]ws.Frame{ws.NewFrame(ws.OpText, false, []byte("x")), ws.NewTextFrame([]byte("y"))}, ws.StatusProtocolError},
		"pieces that are too long in all":            {[]ws.Frame{ws.NewFrame(ws.OpText, false, make([]byte, 700<<10)), ws.NewFrame(ws.OpContinuation, true, make([]byte, 700<<10))}, ws.StatusMessageTooBig},
		"a goodbye that later standards know":        {[]ws.Frame{ws.NewCloseFrame(ws.NewCloseFrameBody(1012, "again"))}, 1012},
		"a goodbye with a code that may not be sent": {[]ws.Frame{ws.NewCloseFrame(ws.NewCloseFrameBody(1005, ""))}, ws.StatusProtocolError},
		"a goodbye of one byte":                      {[]ws.Frame{ws.NewCloseFrame([]byte{3})}, ws.StatusProtocolError},
		"goodbye":                                    {[]ws.Frame{ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, ""))}, ws.StatusNormalClosure},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := b.raw(t)
			r.send(test.frames...)
			f := r.hear()
			if code, _ := ws.ParseCloseFrameData(f.Payload); f.Header.OpCode != ws.OpClose || code != test.want {
				t.Errorf("%v %d %q, want %d", f.Header, code, f.Payload, test.want)
			}
		})
	}
	t.Run("frames without a mask", func(t *testing.T) {
		t.Parallel()
		r := b.raw(t)
		if err := ws.WriteFrame(r.conn, ws.NewTextFrame([]byte(hello))); err != nil {
			t.Fatal(err)
		}
		if f := r.hear(); f.Header.OpCode != ws.OpClose {
			t.Errorf("%v %q", f.Header, f.Payload)
		}
	})
}

// Pages subscribe and think better of it, before the server has even found out who
// they are.
func TestUnsubscribingAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	c := b.connect(t)
	for n := range 50 {
		c.subscribe(fmt.Sprint("s", n), watch, vars{"id": id})
		c.say(fmt.Sprintf(`{"type": "complete", "id": "s%d"}`, n))
	}
	c.subscribe("last", `{ __typename }`, nil)
	for {
		m := c.hear()
		if m.ID == "last" && m.Type == "complete" {
			break
		}
	}
	eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := http.Header{
		"Upgrade": {"websocket"}, "Connection": {"keep-alive, Upgrade"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {"graphql-transport-ws"},
	}
	for name, test := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"good":            {func(*http.Request) {}, http.StatusSwitchingProtocols},
		"POST":            {func(r *http.Request) { r.Method = http.MethodPost }, http.StatusBadRequest},
		"an old version":  {func(r *http.Request) { r.Header.Set("Sec-Websocket-Version", "8") }, http.StatusUpgradeRequired},
		"no key":          {func(r *http.Request) { r.Header.Del("Sec-Websocket-Key") }, http.StatusBadRequest},
		"no Connection":   {func(r *http.Request) { r.Header.Del("Connection") }, http.StatusBadRequest},
		"another upgrade": {func(r *http.Request) { r.Header.Set("Upgrade", "h2c"); r.Header.Set("X-Api-Key", b.key) }, http.StatusBadRequest},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = good.Clone()
		test.change(r)
		response, err := b.server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s: %s", name, response.Status)
		}
	}
}

// Who reads late hears whole messages, the newest last, however much did not fit
// into the connection.
func TestLateReader(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, strings.Repeat("x", 200), 1)
	r := b.raw(t)
	r.send(ws.NewTextFrame(fmt.Appendf(nil, `{"type": "connection_init", "payload": {"apiKey": %q}}`, b.key)))
	r.hear()
	var names strings.Builder // makes each event 50 KB long
	for n := range 200 {
		fmt.Fprintf(&names, " n%d: name", n)
	}
	long := strings.Replace(watch, "name", names.String(), 1)
	r.send(ws.NewTextFrame(fmt.Appendf(nil, `{"id": "1", "type": "subscribe", "payload": %s}`, operation(t, long, vars{"id": id}))))
	eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
	const newest = 400
	for version := range int64(newest) {
		b.feed.tell(b.snapshot(id, version+1, calling.BatchRunning))
	}
	for version, heard := 0.0, 0; version < newest; heard++ {
		text, kind, err := wsutil.ReadServerData(r.conn)
		if err != nil || kind != ws.OpText {
			t.Fatalf("after %d messages: %v %v", heard, kind, err)
		}
		var m message
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatalf("after %d messages: %v", heard, err)
		}
		told, _ := m.data(t).at("batchProgress.version").(float64)
		if told <= version {
			t.Fatalf("version %v after %v", told, version)
		}
		version = told
	}
}
