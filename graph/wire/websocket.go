package wire

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/outdial/outdial/calling"
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
	so := newSocket(s, r)
	leave, ok := s.enter(&long{end: so.restart})
	if !ok {
		a.refuse(calling.Errorf(calling.CodeUnavailable, "The server is stopping; try again."))
		return
	}
	upgrader := ws.HTTPUpgrader{Timeout: s.WriteTimeout, Protocol: func(name string) bool { return name == subprotocol }}
	conn, buffers, handshake, err := upgrader.Upgrade(r, w)
	if err != nil { // Upgrade has answered
		if conn != nil {
			_ = conn.Close()
		}
		so.opened(nil)
		leave()
		return
	}
	buffered, _ := buffers.Reader.Peek(buffers.Reader.Buffered()) // no more than there is
	so.opened(openFrames(conn, buffered, &s.Config))
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context())) // the connection outlives the request
	go func() {
		defer leave()
		defer cancel()
		if handshake.Protocol != subprotocol {
			so.close(closeNoSubprotocol, "Subprotocol not acceptable")
		}
		so.serve(ctx, cancel)
	}()
}

// serve carries the connection to its end.
func (so *socket) serve(ctx context.Context, cancel context.CancelFunc) {
	timer := time.AfterFunc(so.server.InitTimeout, so.initTimeout)
	so.read(ctx)
	timer.Stop()
	so.frames.end()
	so.stop()
	so.unwatch()
	cancel()
	so.work.Wait()
}

// mayConnect reports whether the page that a request comes from, if it comes from
// one, may open a WebSocket.
func (s *Server) mayConnect(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(s.Origins, origin) {
		return true
	}
	page, err := url.Parse(origin)
	return err == nil && page.Host != "" && strings.EqualFold(page.Host, r.Host)
}
