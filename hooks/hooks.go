// Package hooks tells other people's programs what happened: it keeps the webhook
// endpoints of organizations, sends the events that are due to them by HTTP,
// signed as Standard Webhooks says, and keeps the log of deliveries. The rows of
// deliveries are the truth: the dialer writes them in the transaction in which
// the event happens, a poke only says that there are some.
//
// It sends nothing to addresses of private networks, and decides nothing about
// batch jobs. Start reading at deliver.go.
package hooks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// Queue carries pokes to look for deliveries that are due. A poke that is lost
// costs seconds.
type Queue interface {
	// DeliverWebhooks has Deliver called for each endpoint, on any node, at once. It
	// is part of tx where the queue lives in the same database.
	DeliverWebhooks(ctx context.Context, tx *store.Tx, organizationID string, endpointIDs []string) error
}

// Meter counts tries. It must not block.
type Meter interface {
	// WebhookTried tells of a try to deliver an event: whether it was taken, and how
	// long that took.
	WebhookTried(delivered bool, took time.Duration)
}

// unmetered counts nothing.
type unmetered struct{}

// WebhookTried does nothing.
func (unmetered) WebhookTried(bool, time.Duration) {}

// Config is what Hooks are made of. Store and Queue must be set; other zero
// values take the defaults named.
type Config struct {
	Store *store.Store
	Queue Queue
	Meter Meter            // default counts nothing
	Log   *slog.Logger     // default slog.Default()
	Now   func() time.Time // default time.Now
	Roll  func() float64   // from 0 up to 1, for the jitter of waits; default random

	// AllowPrivate lets endpoints be on private networks and be asked by http.
	AllowPrivate bool
	Resolver     *net.Resolver // finds the addresses of hosts; default the system's

	Timeout    time.Duration // of one try, from connecting to the end of the answer; default 10 seconds
	SweepEvery time.Duration // default 3 seconds
	TidyEvery  time.Duration // default 1 minute
	KeepFor    time.Duration // how long deliveries are kept; default 30 days
	KeepMost   int           // how many deliveries of an endpoint are kept; default 100,000
}

// Hooks keeps endpoints and delivers events. It is safe for concurrent use.
type Hooks struct {
	Config

	client *http.Client
	busy   busy

	mu    sync.Mutex
	poked map[string]spacing // by endpoint, see sweep.go
}

// New returns Hooks. Run keeps them alive.
func New(config Config) *Hooks {
	config = config.withDefaults()
	return &Hooks{
		Config: config, client: newClient(config), poked: map[string]spacing{},
		busy: busy{endpoints: map[string]bool{}},
	}
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Meter == nil {
		c.Meter = unmetered{}
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the one default of the injected clock
	}
	if c.Roll == nil {
		c.Roll = rand.Float64
	}
	if c.KeepMost == 0 {
		c.KeepMost = 100_000
	}
	for _, d := range []struct {
		value     *time.Duration
		byDefault time.Duration
	}{
		{&c.Timeout, 10 * time.Second},
		{&c.SweepEvery, 3 * time.Second},
		{&c.TidyEvery, time.Minute},
		{&c.KeepFor, 30 * 24 * time.Hour},
	} {
		if *d.value == 0 {
			*d.value = d.byDefault
		}
	}
	return c
}

// now is the moment as it is stored.
func (h *Hooks) now() time.Time { return store.Instant(h.Now()) }

// may returns the viewer when it has the scope ADMIN, which everything about
// endpoints needs.
func may(ctx context.Context) (auth.Viewer, error) {
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return viewer, calling.Errorf(calling.CodeUnauthenticated, "Sign in with an API key.")
	}
	if !viewer.May(auth.Admin) {
		return viewer, calling.Errorf(calling.CodeForbidden, "This API key lacks the scope %s.", auth.Admin)
	}
	return viewer, nil
}

func newID(prefix string) string { return calling.PublicID(prefix, uuid.Must(uuid.NewV7())) }
