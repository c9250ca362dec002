// Package dialer holds the deeds of Outdial: creating batch jobs, giving due
// contacts slots, placing calls, settling how they ended, and repairing what a
// crash left behind. It decides with package calling, changes rows through
// package store, and asks three small interfaces, declared here, for the rest.
// It knows neither River nor HTTP.
//
// Start reading at create.go, then turn.go (the one transaction that moves an
// organization forward), place.go and sweep.go.
package dialer

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// Queue carries pokes: jobs that say "look now" and no more. A poke that is
// lost costs seconds, a poke that comes twice does nothing.
type Queue interface {
	// StartBatch has Start called shortly before at, or at once when that is
	// near. It is part of tx where the queue lives in the same database.
	StartBatch(ctx context.Context, tx *store.Tx, organizationID, batchJobID string, at time.Time) error
	// PlaceCalls has Place called for each attempt, on any node, at once. It is
	// part of tx as StartBatch.
	PlaceCalls(ctx context.Context, tx *store.Tx, organizationID string, attempts []uuid.UUID) error
	// HangUpCalls has HangUp called for each attempt, on any node, at once. It is part
	// of tx as StartBatch.
	HangUpCalls(ctx context.Context, tx *store.Tx, organizationID string, attempts []uuid.UUID) error
}

// Carrier places calls. It is safe for concurrent use.
type Carrier interface {
	// Start asks for the call, once per Call.ID however often it is called and on
	// however many nodes, and returns as soon as the carrier has taken it, which
	// is nil, or refused it, which is how the attempt ends. It must not ask after
	// Call.StartBefore or the end of ctx: by then a cancel may have answered. An
	// error means that it is not known whether the carrier has the call; whoever
	// may have asked before looks with Wait before asking again.
	Start(ctx context.Context, call calling.Call) (refusal *calling.Report, err error)
	// Wait blocks until a call that was asked for before has ended, on this node
	// or another, and never starts one: known is false when the carrier never
	// accepted the call, so that nothing has rung and nothing will. An error means
	// that it is not known how the call stands, as after ctx ended. found, unless
	// it is nil, is called as soon as the carrier says that it has the call.
	Wait(ctx context.Context, call calling.Call, found func()) (report calling.Report, known bool, err error)
	// HangUp asks for the end of a call; Wait then reports it. A call that has
	// ended already, or that the carrier does not know, is no error.
	HangUp(ctx context.Context, call calling.Call) error
	// Keeps reports whether calls outlive the process that started them, so that
	// another one can wait for their end. If not, a stop waits for them.
	Keeps() bool
}

// Publisher is told of every committed change of a batch job, and of an
// organization's credits where no batch job shows it. It must not block.
type Publisher interface {
	Changed(id string)
}

// Config is what a Dialer is made of. Store, Queue, Carrier and Publisher must
// be set; other zero values take the defaults named.
type Config struct {
	Store   *store.Store
	Queue   Queue
	Carrier Carrier
	// CarrierName is what batch jobs remember of the carrier they were made for: no
	// other one places their calls. Empty = any.
	CarrierName string
	Publisher   Publisher
	Webhooks    WebhookQueue     // pokes that there are events for webhooks; nil = they are found without
	Meter       Meter            // default counts nothing
	Log         *slog.Logger     // default slog.Default()
	Now         func() time.Time // default time.Now

	Rates         calling.Rates // default calling.DefaultRates()
	RetryDelay    time.Duration // before a first retry, doubling; default 5 minutes
	MaxRetryDelay time.Duration // bound of the doubling; default 4 hours
	RingTimeout   time.Duration // default 45 seconds
	MaxCall       time.Duration // longest call; default 30 minutes
	StartWithin   time.Duration // how old a claim may grow before the carrier was asked; default 5 seconds
	Lease         time.Duration // how long a silent node keeps its calls; default 12 seconds
	Gather        time.Duration // how long reports are gathered into one turn; default 5 ms
	SweepEvery    time.Duration // default 3 seconds

	Breaker   calling.Breaker // zero = calling.DefaultBreaker(); Failures 0 with a Window = off
	FullDelay time.Duration   // first wait when the carrier is full, doubling; default 1 second
}

// Dialer does the deeds. It is safe for concurrent use.
type Dialer struct {
	Config

	node  string // this process, and no other before or after it
	born  time.Time
	turns turns
	waker waker
	held  heldCalls

	places    places
	prompts   prompts
	calls     context.Context //nolint:containedctx // the life of calls that turns have claimed
	dropCalls context.CancelCauseFunc

	claims    group[uuid.UUID, claimed]
	handOvers group[uuid.UUID, struct{}]

	found findings
	ahead atomic.Int64 // how far the database's clock is ahead of this node's, in nanoseconds

	stopOnce sync.Once
	life     context.Context //nolint:containedctx // the life of work that outlives its request: turns and timers
	end      context.CancelFunc
	work     sync.WaitGroup
}

// New returns a Dialer. Run keeps it alive; Stop ends it.
func New(config Config) *Dialer {
	d := &Dialer{Config: config.withDefaults(), node: nodeName()}
	d.born = d.now()
	d.life, d.end = context.WithCancel(context.Background()) //nolint:forbidigo // the root of the dialer's own work, ended by Stop
	d.calls, d.dropCalls = context.WithCancelCause(d.life)
	d.places.idle = make(chan struct{})
	d.turns.dialer, d.turns.recording, d.turns.looking = d, make(chan struct{}, recordAtOnce), make(chan struct{}, lookAtOnce)
	d.waker.dialer = d
	d.held.talking = map[string]int{}
	d.held.calls, d.held.unmarked = map[uuid.UUID]*heldCall{}, make(chan struct{}, 1)
	d.claims.dialer, d.claims.answer = d, d.claim
	d.handOvers.dialer, d.handOvers.answer = d, d.handOverAll
	return d
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // the one default of the injected clock
	}
	if c.Meter == nil {
		c.Meter = unmetered{}
	}
	if c.Rates == (calling.Rates{}) {
		c.Rates = calling.DefaultRates()
	}
	if c.Breaker == (calling.Breaker{}) {
		c.Breaker = calling.DefaultBreaker()
	}
	for _, d := range []struct {
		value     *time.Duration
		byDefault time.Duration
	}{
		{&c.RetryDelay, 5 * time.Minute},
		{&c.MaxRetryDelay, 4 * time.Hour},
		{&c.RingTimeout, 45 * time.Second},
		{&c.MaxCall, 30 * time.Minute},
		{&c.StartWithin, 5 * time.Second},
		{&c.FullDelay, time.Second},
		{&c.Lease, 12 * time.Second},
		{&c.Gather, 5 * time.Millisecond},
		{&c.SweepEvery, 3 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.byDefault
		}
	}
	return c
}

// nodeName tells processes apart, also two lives of one machine.
func nodeName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host[:min(len(host), 60)] + "-" + strings.ToLower(rand.Text()[:10])
}

// now is the moment as it is stored.
func (d *Dialer) now() time.Time { return store.Instant(d.Time()) }

// stopWithin is how long turns under way get to be committed.
const stopWithin = 5 * time.Second

// Stop hands the calls over that turns have claimed and Drain has left, refuses new
// turns, waits for those under way and ends the dialer's own work. Calls that
// somebody has Place carry must have been ended or handed over before.
func (d *Dialer) Stop() {
	d.stopOnce.Do(func() {
		d.Drain(d.life, 0)
		d.waker.stop()
		d.claims.close()
		d.handOvers.close()
		d.turns.close()
		late := time.AfterFunc(stopWithin, d.end)
		d.work.Wait()
		late.Stop()
		d.end()
	})
}

// newID makes a time-ordered public id.
func newID(prefix string) string { return calling.PublicID(prefix, newUUID()) }

func newUUID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
