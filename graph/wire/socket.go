package wire

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/gobwas/ws"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// socket is one WebSocket.
type socket struct {
	server  *Server
	frames  *frames       // nil when it could not be opened
	ready   chan struct{} // closed once frames is set
	unwatch func()        // ends the watch over who is connected; of the goroutine that reads
	work    sync.WaitGroup

	mu          sync.Mutex
	request     *http.Request         // guarded by mu; what signs in of that which opened it, with the key of connection_init
	initialised bool                  // guarded by mu; connection_init came
	acked       bool                  // guarded by mu
	closed      bool                  // guarded by mu; nothing is sent any more
	operations  map[string]*operation // guarded by mu; those in progress, by the client's id
}

// message is what client and server send each other.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// The types of messages.
const (
	messageInit      = "connection_init"
	messageAck       = "connection_ack"
	messagePing      = "ping"
	messagePong      = "pong"
	messageSubscribe = "subscribe"
	messageNext      = "next"
	messageError     = "error"
	messageComplete  = "complete"
)

// newSocket returns a socket that is not open yet. Of the request it keeps what
// signs in.
func newSocket(s *Server, r *http.Request) *socket {
	request := &http.Request{Method: r.Method, Header: r.Header, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS}
	return &socket{server: s, request: request, operations: map[string]*operation{}, ready: make(chan struct{}), unwatch: func() {}}
}

// opened says how opening it went.
func (so *socket) opened(f *frames) {
	so.frames = f
	close(so.ready)
}

// read takes messages until the connection ends.
func (so *socket) read(ctx context.Context) {
	handled := make(chan struct{})
	for {
		kind, data, err := so.frames.read()
		if err != nil {
			return
		}
		// Elsewhere, so that the stack of who waits for messages stays small.
		go func() {
			so.receive(ctx, kind, data)
			handled <- struct{}{}
		}()
		<-handled
	}
}

// receive deals with what came. After close, that is nothing but the client's
// answer to it, of which frames takes care.
func (so *socket) receive(ctx context.Context, kind ws.OpCode, data []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			_ = so.server.rescued(ctx, cause) // there is no operation to tell
			so.close(closeInternalError, "Internal server error")
		}
	}()
	if so.isClosed() {
		return
	}
	var m message
	if kind != ws.OpText || json.Unmarshal(data, &m) != nil {
		so.close(closeBadMessage, "Invalid message")
		return
	}
	so.take(ctx, m)
}

func (so *socket) isClosed() bool {
	so.mu.Lock()
	defer so.mu.Unlock()
	return so.closed
}

// take deals with one message.
func (so *socket) take(ctx context.Context, m message) {
	switch m.Type {
	case messageInit:
		so.initialise(ctx, m)
	case messageSubscribe:
		so.subscribe(ctx, m)
	case messageComplete:
		so.cancel(m.ID)
	case messagePing:
		so.send(message{Type: messagePong, Payload: m.Payload})
	case messagePong:
	default:
		so.close(closeBadMessage, "Invalid message")
	}
}

// initialise signs the client in, with the key in the payload or else with what
// the request carried.
func (so *socket) initialise(ctx context.Context, m message) {
	so.mu.Lock()
	again := so.initialised
	so.initialised = true
	so.mu.Unlock()
	if again {
		so.close(closeTooManyInits, "Too many initialisation requests")
		return
	}
	var payload map[string]any
	if len(m.Payload) > 0 && json.Unmarshal(m.Payload, &payload) != nil {
		so.close(closeBadMessage, "Invalid message")
		return
	}
	so.mu.Lock()
	so.request = withKey(so.request, payload)
	so.mu.Unlock()
	signedIn, err := so.signIn(ctx)
	if err != nil {
		so.refuse(ctx, err)
		return
	}
	so.unwatch = so.server.Watch(signedIn, func() { so.close(closeForbidden, "Forbidden") })
	so.mu.Lock()
	so.acked = true
	so.mu.Unlock()
	so.send(message{Type: messageAck})
}

// signIn returns a context for the work of whoever the connection is for.
func (so *socket) signIn(ctx context.Context) (context.Context, error) {
	so.mu.Lock()
	request := so.request
	so.mu.Unlock()
	return so.server.SignIn(ctx, request)
}

// withKey returns the request with the key that the payload of connection_init
// holds, under the names "Authorization", "x-api-key" or "apiKey" in any case.
func withKey(r *http.Request, payload map[string]any) *http.Request {
	given := http.Header{}
	for name, value := range payload {
		text, ok := value.(string)
		if !ok {
			continue
		}
		switch strings.ToLower(name) {
		case "authorization":
			given.Add("Authorization", text)
		case "x-api-key", "apikey":
			given.Add("X-Api-Key", text)
		}
	}
	if len(given) == 0 {
		return r
	}
	merged := *r
	merged.Header = r.Header.Clone()
	merged.Header.Del("Authorization")
	merged.Header.Del("X-Api-Key")
	maps.Copy(merged.Header, given)
	return &merged
}

// refuse ends the connection because the client may not use it, or, for now,
// cannot.
func (so *socket) refuse(ctx context.Context, err error) {
	known := edge.Public(err)
	if known.Code == calling.CodeUnauthenticated || known.Code == calling.CodeForbidden {
		so.close(closeForbidden, "Forbidden")
		return
	}
	logFault(ctx, so.server.Log, known, err)
	so.close(closeTryAgainLater, "Try again later")
}

func (so *socket) initTimeout() {
	so.mu.Lock()
	initialised := so.initialised
	so.mu.Unlock()
	if !initialised {
		so.close(closeInitTimeout, "Connection initialisation timeout")
	}
}

// restart has the client connect again, to another server.
func (so *socket) restart() {
	<-so.ready
	if so.frames != nil {
		so.close(closeServiceRestart, "Service restart")
	}
}

// close ends the connection with a code. Operations end without a message of
// their own.
func (so *socket) close(code ws.StatusCode, reason string) {
	so.mu.Lock()
	first := !so.closed
	so.closed = true
	so.mu.Unlock()
	if first {
		so.frames.close(code, reason)
	}
}

// stop ends the operations of a connection that is gone.
func (so *socket) stop() {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.closed = true
	for _, op := range so.operations {
		so.remove(op)
		op.cancel()
	}
}
