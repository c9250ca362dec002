package wire

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// subprotocol is the only one that is spoken.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
const subprotocol = "graphql-transport-ws"

// Close codes of graphql-transport-ws, and the two of RFC 6455 that have
// clients come back.
const (
	closeBadMessage     ws.StatusCode = 4400
	closeNotInitialised ws.StatusCode = 4401
	closeForbidden      ws.StatusCode = 4403
	closeNoSubprotocol  ws.StatusCode = 4406
	closeInitTimeout    ws.StatusCode = 4408
	closeDuplicateID    ws.StatusCode = 4409
	closeTooManyInits   ws.StatusCode = 4429
	closeServiceRestart ws.StatusCode = 1012
	closeTryAgainLater  ws.StatusCode = 1013
	closeInternalError  ws.StatusCode = ws.StatusInternalServerError
)

// serveSocket opens a WebSocket and leaves it to a goroutine, so that what
// net/http keeps for a request is not kept for the life of the connection. The
// browser's Origin must be the server's own host or a configured one.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	a := &answer{ResponseWriter: w, ctx: r.Context(), log: s.Log, mediaType: typeJSON}
	if !s.mayConnect(r) {
		a.refuse(calling.Errorf(calling.CodeForbidden, "Pages of %s may not open a WebSocket here; --allowed-origins says which may.", r.Header.Get("Origin")))
		return
	}
	if status, fault := handshakeFault(r); fault != "" {
		w.Header().Set("Sec-WebSocket-Version", "13")
		a.requestError(status, gqlerror.List{ErrorOf(r.Context(), calling.Errorf(calling.CodeInvalidRequest, "%s", fault))})
		return
	}
	so := newSocket(s, r)
	leave, ok := s.enter(&long{end: so.restart})
	if !ok {
		a.refuse(calling.Errorf(calling.CodeUnavailable, "The server is stopping; try again."))
		return
	}
	upgrader := ws.HTTPUpgrader{
		Timeout: s.WriteTimeout, Protocol: func(name string) bool { return name == subprotocol },
		Header: http.Header{edge.RequestIDHeader: {edge.RequestID(r.Context())}},
	}
	var conn net.Conn
	defer func() {
		if so.frames != nil {
			return // a goroutine has it
		}
		if conn != nil {
			_ = conn.Close()
		}
		so.opened(nil)
		leave()
	}()
	conn, buffers, handshake, err := upgrader.Upgrade(r, w)
	if err != nil { // Upgrade has answered
		return
	}
	buffered, _ := buffers.Peek(buffers.Reader.Buffered())                // no more than there is
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context())) // the connection outlives the request
	so.opened(s.openFrames(conn, buffered))
	go func() {
		defer leave()
		defer cancel()
		defer so.frames.end()
		defer func() {
			if cause := recover(); cause != nil { // here, net/http does not
				_ = s.rescued(ctx, cause)
			}
		}()
		if handshake.Protocol != subprotocol {
			so.close(closeNoSubprotocol, "Subprotocol not acceptable")
		}
		so.serve(ctx, cancel)
	}()
}

// serve carries the connection to its end.
func (so *socket) serve(ctx context.Context, cancel context.CancelFunc) {
	timer := time.AfterFunc(so.server.InitTimeout, so.initTimeout)
	defer func() {
		timer.Stop()
		so.frames.end()
		so.stop()
		so.unwatch()
		cancel()
		so.work.Wait()
	}()
	so.read(ctx)
}

// handshakeFault says what keeps a request from opening a WebSocket, as RFC 6455
// has it in section 4.2.1; nothing when it may.
func handshakeFault(r *http.Request) (status int, fault string) {
	switch {
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1):
		return http.StatusBadRequest, "A WebSocket is opened with GET, over HTTP/1.1."
	case !strings.Contains(strings.ToLower(r.Header.Get("Connection")), "upgrade"):
		return http.StatusBadRequest, "A WebSocket needs the header Connection: Upgrade; a proxy may have taken it away."
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return http.StatusUpgradeRequired, "Only version 13 of WebSockets is spoken."
	case len(r.Header.Get("Sec-Websocket-Key")) != 24:
		return http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64."
	}
	return 0, ""
}

// mayConnect reports whether the page that a request comes from, if it comes from
// one, may open a WebSocket.
func (s *Server) mayConnect(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	allowed := func(other string) bool { return strings.EqualFold(other, origin) }
	if origin == "" || slices.ContainsFunc(s.Origins, allowed) {
		return true
	}
	page, err := url.Parse(origin)
	return err == nil && page.Host != "" && strings.EqualFold(page.Host, r.Host)
}
