package wire

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/outdial/outdial/calling"
)

// subprotocol is the only one that is spoken.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
const subprotocol = "graphql-transport-ws"

// Close codes of graphql-transport-ws, and the two of RFC 6455 that have
// clients come back.
const (
	closeBadMessage     websocket.StatusCode = 4400
	closeNotInitialised websocket.StatusCode = 4401
	closeForbidden      websocket.StatusCode = 4403
	closeNoSubprotocol  websocket.StatusCode = 4406
	closeInitTimeout    websocket.StatusCode = 4408
	closeDuplicateID    websocket.StatusCode = 4409
	closeTooManyInits   websocket.StatusCode = 4429
	closeServiceRestart websocket.StatusCode = websocket.StatusServiceRestart
	closeTryAgainLater  websocket.StatusCode = websocket.StatusTryAgainLater
	closeInternalError  websocket.StatusCode = websocket.StatusInternalError
)

// serveSocket carries a WebSocket until its end. The browser's Origin must be
// the server's own host or a configured one.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	a := &answer{ResponseWriter: w, ctx: r.Context(), log: s.Log, mediaType: typeJSON}
	// The life of the connection ends with its handler, not with the request.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	so := &socket{server: s, request: r, operations: map[string]*operation{}, accepted: make(chan struct{}), unwatch: func() {}}
	leave, ok := s.enter(&long{end: so.restart})
	if !ok {
		close(so.accepted)
		a.refuse(calling.Errorf(calling.CodeUnavailable, "The server is stopping; try again."))
		return
	}
	defer leave()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, OriginPatterns: s.Origins})
	so.conn = conn
	var late *time.Timer // one for all writes: a context with a timeout for each would cost as much as the write
	if err == nil {
		late = time.AfterFunc(s.WriteTimeout, func() { _ = conn.CloseNow() }) // read sees it
		late.Stop()
	}
	var writing sync.Mutex
	so.write = func(text []byte) error { // in the connection's context: an operation that ends must not cut a message
		writing.Lock()
		defer writing.Unlock()
		late.Reset(s.WriteTimeout)
		defer late.Stop()
		return conn.Write(ctx, websocket.MessageText, text) //nolint:wrapcheck // only ends the connection
	}
	close(so.accepted)
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }() // does nothing after Close
	if conn.Subprotocol() != subprotocol {
		_ = conn.Close(closeNoSubprotocol, "Subprotocol not acceptable")
		return
	}
	conn.SetReadLimit(s.MessageBytes)
	timer := time.AfterFunc(s.InitTimeout, so.initTimeout)
	defer timer.Stop()
	so.work.Go(func() { so.ping(ctx) })
	so.read(ctx)
	so.stop()
	so.unwatch()
	cancel()
	so.work.Wait()
}
