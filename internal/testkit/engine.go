// Package testkit puts the real parts together for tests: store, queue, dialer
// and a carrier, as the program does, without its HTTP doors. Start reading at
// Start.
package testkit

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/simulator"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/progress"
	"github.com/outdial/outdial/store"
)

// Options of an engine. Zero values take the defaults named.
type Options struct {
	Carrier    dialer.Carrier   // default a simulator at TimeScale
	TimeScale  float64          // default 2000
	Now        func() time.Time // default time.Now
	RetryDelay time.Duration    // default 50 ms
	Lease      time.Duration    // default 15 s
	SweepEvery time.Duration    // default 500 ms
	Breaker    calling.Breaker  // default the program's
	Calls      int              // calls at once; default 500
	Log        *slog.Logger     // default fails the test on errors
}

// Engine is a node without its HTTP doors.
type Engine struct {
	Store     *store.Store
	Dialer    *dialer.Dialer
	Jobs      *jobs.Jobs
	Hooks     *hooks.Hooks
	Hub       *progress.Hub
	Accounts  *accounts.Accounts
	Simulator *simulator.Simulator // nil when Options.Carrier was given

	stop func()
}

// Start runs an engine on a migrated store until Stop or the end of the test.
func Start(tb testing.TB, s *store.Store, options Options) *Engine {
	tb.Helper()
	o := withDefaults(tb, options)
	e := &Engine{Store: s, Accounts: accounts.New(s, o.Now)}
	if o.Carrier == nil {
		e.Simulator = simulator.New(simulator.Config{Seed: 1, TimeScale: o.TimeScale, Now: e.time})
		o.Carrier = e.Simulator
	}
	e.Jobs = jobs.Open(e.time, o.Log)
	e.Hooks = hooks.New(hooks.Config{
		Store: s, Queue: e.Jobs, Now: e.time, Log: o.Log, AllowPrivate: true, SweepEvery: o.SweepEvery,
	})
	e.Hub = progress.NewHub(tb.Context(), func(ctx context.Context, ids ...string) ([]calling.Progress, error) {
		return e.Dialer.Progress(auth.WithSystem(ctx), ids...)
	}, func(ctx context.Context, organizationID, after string) ([]calling.Progress, error) {
		return e.Dialer.Active(auth.WithSystem(ctx), organizationID, after)
	}, o.Log)
	relay := progress.NewRelay(e.Hub, bus(s, e.Hub, o.Log), o.Log)
	e.Dialer = dialer.New(dialer.Config{
		Store: s, Queue: e.Jobs, Carrier: o.Carrier, Publisher: relay, Webhooks: e.Jobs, Now: o.Now, Log: o.Log,
		RetryDelay: o.RetryDelay, Lease: o.Lease, SweepEvery: o.SweepEvery, Breaker: o.Breaker,
	})
	if err := e.Jobs.Connect(s, e.Dialer, jobs.Config{CallsPerNode: o.Calls, Log: o.Log, Webhooks: e.Hooks}); err != nil {
		tb.Fatal(err)
	}
	if err := e.Dialer.SetClock(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := e.Jobs.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	var work sync.WaitGroup
	work.Go(func() { relay.Run(ctx) })
	work.Go(func() { e.Dialer.Run(ctx) })
	work.Go(func() { e.Hooks.Run(ctx) })
	var once sync.Once
	e.stop = func() {
		once.Do(func() {
			if err := e.Jobs.Stop(context.WithoutCancel(ctx), 0); err != nil {
				tb.Errorf("stop the queue: %v", err)
			}
			cancel()
			e.Dialer.Stop()
			work.Wait()
			e.Hub.Close()
		})
	}
	tb.Cleanup(e.stop)
	return e
}

// Stop stops the engine as a clean stop of the program does, calls in flight
// handed over. It may be called again.
func (e *Engine) Stop() { e.stop() }

// time is the dialer's, which is made after those who ask for it.
func (e *Engine) time() time.Time { return e.Dialer.Time() }

// bus chooses how nodes hear of each other, as the program does.
func bus(s *store.Store, hub *progress.Hub, log *slog.Logger) progress.Bus {
	if s.Alone() || s.Notifies() {
		return s
	}
	return progress.NewPolling(hub, log)
}

func withDefaults(tb testing.TB, o Options) Options {
	tb.Helper()
	if o.TimeScale == 0 {
		o.TimeScale = 2000
	}
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // tests of the whole run on the clock on the wall
	}
	if o.RetryDelay == 0 {
		o.RetryDelay = 50 * time.Millisecond
	}
	if o.Lease == 0 {
		o.Lease = 15 * time.Second
	}
	if o.SweepEvery == 0 {
		o.SweepEvery = 500 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(failing{tb})
	}
	return o
}

// failing is a log that fails the test on every error: nothing in a test is
// meant to go wrong that the program itself calls an error.
type failing struct{ tb testing.TB }

// Enabled lets errors pass.
func (failing) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle fails the test.
func (f failing) Handle(_ context.Context, r slog.Record) error {
	f.tb.Helper()
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
	f.tb.Error(text)
	return nil
}

// WithAttrs keeps failing.
func (f failing) WithAttrs([]slog.Attr) slog.Handler { return f }

// WithGroup keeps failing.
func (f failing) WithGroup(string) slog.Handler { return f }
