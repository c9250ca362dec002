// Package rest is the HTTP door for clients of POST /batch/create: it reads a
// multipart or JSON request as a stream, has the dialer do what it asks, and
// answers in the words of the public API. It reads batch jobs from the store and
// changes them only through the dialer.
//
// Start reading at routes, then create.go, multipart.go and json.go.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/store"
)

// Dialer makes and cancels batch jobs and says how they stand, as *dialer.Dialer
// does.
type Dialer interface {
	Cancel(ctx context.Context, batchJobID string, hangUp bool, reason string) (cancelled int, err error)
	Create(ctx context.Context, request dialer.CreateRequest) (*dialer.Created, error)
	Progress(ctx context.Context, ids ...string) ([]calling.Progress, error)
}

// Authenticator says whom credentials stand for, as *accounts.Accounts does.
// Those that are not valid are calling.CodeUnauthenticated.
type Authenticator interface {
	Identify(ctx context.Context, credentials auth.Credentials) (auth.Viewer, error)
}

// Limiter bounds how many requests may come, as *edge.Limiter does.
type Limiter interface {
	// Admit counts one request; one too many is CodeRateLimited.
	Admit(viewer auth.Viewer) error
}

// The defaults of Config.
const (
	DefaultMaxBody       = 10 << 20 // 10 MB
	DefaultUploadTimeout = time.Minute
	DefaultStallTimeout  = 10 * time.Second
)

// Config is what the door is made of. Everything up to Log must be set; other
// zero values take the defaults above.
type Config struct {
	Dialer   Dialer
	Store    *store.Store // read only
	Accounts Authenticator
	Ready    []Check // what /readyz asks; all have to pass
	Log      *slog.Logger

	Rate    Limiter      // bounds the requests of each key or session; default none
	Metrics http.Handler // answers /metrics; default nothing does

	MaxBody       int64         // bytes of a request body
	UploadTimeout time.Duration // for a whole request body
	StallTimeout  time.Duration // longest wait for the next bytes of a request body
}

// server answers the requests.
type server struct{ Config }

// New returns the handler of every route below. It wants to be inside
// edge.Wrap, and is safe for concurrent use.
func New(config Config) http.Handler {
	if config.MaxBody == 0 {
		config.MaxBody = DefaultMaxBody
	}
	if config.UploadTimeout == 0 {
		config.UploadTimeout = DefaultUploadTimeout
	}
	if config.StallTimeout == 0 {
		config.StallTimeout = DefaultStallTimeout
	}
	s := &server{config}
	return s.mux(s.routes())
}

// routes lists everything this door answers.
func (s *server) routes() []route {
	return []route{
		{method: http.MethodPost, path: "/batch/create", scope: auth.Write, twin: true, answer: s.create},
		{method: http.MethodGet, path: "/batch/jobs", scope: auth.Read, twin: true, answer: s.jobs},
		{method: http.MethodGet, path: "/batch/jobs/{id}", scope: auth.Read, twin: true, answer: s.job},
		{method: http.MethodPost, path: "/batch/jobs/{id}/cancel", scope: auth.Write, twin: true, answer: s.cancel},
		{method: http.MethodGet, path: "/batch/jobs/{id}/results.csv", scope: auth.Read, twin: true, answer: s.results},
		{method: http.MethodGet, path: "/batch/jobs/{id}/rejected.csv", scope: auth.Read, twin: true, answer: s.rejected},

		{method: http.MethodGet, path: "/openapi.json", twin: true, answer: s.openapi},
		{method: http.MethodGet, path: "/healthz", answer: s.alive},
		{method: http.MethodGet, path: "/readyz", answer: s.ready},
		{method: http.MethodGet, path: "/metrics", answer: s.metrics},
	}
}
