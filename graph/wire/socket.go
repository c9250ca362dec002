package wire

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// socket is one WebSocket.
type socket struct {
	server   *Server
	conn     *websocket.Conn    // nil when it could not be opened
	write    func([]byte) error // one message, within the write timeout
	accepted chan struct{}      // closed once conn and write are set
	unwatch  func()             // ends the watch over who is connected; of the goroutine that reads
	work     sync.WaitGroup

	mu          sync.Mutex
	request     *http.Request         // guarded by mu; that opened it, with the key of connection_init
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

// read takes messages until the connection ends.
func (so *socket) read(ctx context.Context) {
	defer func() {
		if cause := recover(); cause != nil {
			_ = so.server.rescued(ctx, cause) // there is no operation to tell
			so.close(closeInternalError, "Internal server error")
		}
	}()
	for {
		kind, data, err := so.conn.Read(ctx)
		if err != nil {
			return
		}
		var m message
		if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
			so.close(closeBadMessage, "Invalid message")
			return
		}
		if !so.take(ctx, m) {
			return
		}
	}
}

// take deals with one message; false when the connection has ended over it.
func (so *socket) take(ctx context.Context, m message) bool {
	switch m.Type {
	case messageInit:
		return so.initialise(ctx, m)
	case messageSubscribe:
		return so.subscribe(ctx, m)
	case messageComplete:
		so.cancel(m.ID)
	case messagePing:
		so.send(message{Type: messagePong, Payload: m.Payload})
	case messagePong:
	default:
		so.close(closeBadMessage, "Invalid message")
		return false
	}
	return true
}

// initialise signs the client in, with the key in the payload or else with what
// the request carried.
func (so *socket) initialise(ctx context.Context, m message) bool {
	so.mu.Lock()
	again := so.initialised
	so.initialised = true
	so.mu.Unlock()
	if again {
		so.close(closeTooManyInits, "Too many initialisation requests")
		return false
	}
	var payload map[string]any
	if len(m.Payload) > 0 && json.Unmarshal(m.Payload, &payload) != nil {
		so.close(closeBadMessage, "Invalid message")
		return false
	}
	so.mu.Lock()
	so.request = withKey(so.request, payload)
	so.mu.Unlock()
	signedIn, err := so.signIn(ctx)
	if err != nil {
		so.refuse(ctx, err)
		return false
	}
	so.unwatch = so.server.Watch(signedIn, func() { so.close(closeForbidden, "Forbidden") })
	so.mu.Lock()
	so.acked = true
	so.mu.Unlock()
	so.send(message{Type: messageAck})
	return true
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
	<-so.accepted
	if so.conn != nil {
		so.close(closeServiceRestart, "Service restart")
	}
}

// ping looks for a sign of life from time to time, without which the connection
// is cut.
func (so *socket) ping(ctx context.Context) {
	ticker := time.NewTicker(so.server.PingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		soon, cancel := context.WithTimeout(ctx, so.server.PingEvery)
		err := so.conn.Ping(soon)
		cancel()
		if err != nil {
			_ = so.conn.CloseNow() // read sees it
			return
		}
	}
}

// close ends the connection with a code. Operations end without a message of
// their own.
func (so *socket) close(code websocket.StatusCode, reason string) {
	so.mu.Lock()
	first := !so.closed
	so.closed = true
	so.mu.Unlock()
	if first {
		_ = so.conn.Close(code, reason) // the connection is gone either way
	}
}

// stop ends the operations of a connection that is gone.
func (so *socket) stop() {
	so.mu.Lock()
	defer so.mu.Unlock()
	so.closed = true
	for id, op := range so.operations {
		delete(so.operations, id)
		op.cancel()
	}
}
