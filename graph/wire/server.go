package wire

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Config is what a Server is made of. Every field but Origins must be set.
type Config struct {
	Exec graphql.GraphExecutor
	Log  *slog.Logger

	// SignIn returns a context for the work of whoever sent the request, or an
	// error that says why they may not. It is called once a request, on a
	// WebSocket also before each operation; its request then carries the key of
	// connection_init.
	SignIn func(ctx context.Context, r *http.Request) (context.Context, error)
	// Watch has gone called, in a goroutine of its own, when whoever SignIn
	// returned a context for may not stay connected any more. stop is called when
	// the connection has ended.
	Watch func(ctx context.Context, gone func()) (stop func())

	// Admit counts one operation of whoever SignIn found, or says why it is one too
	// many. It is called once a request, and on a WebSocket once an operation.
	Admit func(ctx context.Context) error

	Origins []string // origins, beside the server's own host, whose pages may open a WebSocket; "https://studio.example.com"

	BodyBytes    int64         // largest request body, uploads included
	BodyTimeout  time.Duration // how long a request body may take to arrive
	MessageBytes int64         // largest WebSocket message
	Operations   int           // operations in progress on one WebSocket
	InitTimeout  time.Duration // how long a new WebSocket may stay silent
	PingEvery    time.Duration // how often a silent connection is checked; it is cut after as long again without a sign of life
	WriteTimeout time.Duration // how long one write may wait for a client that does not read
}

// Server is an http.Handler for one GraphQL endpoint. It is safe for concurrent
// use.
type Server struct {
	Config

	mu       sync.Mutex
	draining bool               // guarded by mu
	open     map[*long]struct{} // guarded by mu; connections that stay open
	work     sync.WaitGroup     // their handlers
	pings    *pings

	last atomic.Pointer[encoded] // the response that was encoded last
}

// long is a connection that stays open: a WebSocket or an event stream.
type long struct {
	end func() // tells the client to come back, and ends the connection; may block
}

// New returns a Server.
func New(config Config) *Server {
	return &Server{Config: config, open: map[*long]struct{}{}, pings: &pings{every: config.PingEvery}}
}

// Drain ends every WebSocket with code 1012 and every event stream without a
// complete event, which has clients come back to another server, and refuses
// new ones. It returns when their handlers have ended.
func (s *Server) Drain() {
	s.mu.Lock()
	s.draining = true
	ending := make([]*long, 0, len(s.open))
	for l := range s.open {
		ending = append(ending, l)
	}
	s.mu.Unlock()
	for _, l := range ending {
		s.work.Go(l.end)
	}
	s.work.Wait()
}

// enter counts a connection that stays open; false while draining. leave must
// be called when its handler ends.
func (s *Server) enter(l *long) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return nil, false
	}
	s.open[l] = struct{}{}
	s.work.Add(1)
	return func() {
		s.mu.Lock()
		delete(s.open, l)
		s.mu.Unlock()
		s.work.Done()
	}, true
}

// ServeHTTP answers one request, or carries a WebSocket or an event stream
// until its end.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") { // other offers may be ignored, such as h2c
		s.serveSocket(w, r)
		return
	}
	s.serveRequest(w, r)
}
