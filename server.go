// Outdial calls every contact of a list with a voice agent: on time, within
// limits, once an attempt, while you watch.
//
// This file is the program: it reads the configuration, builds the parts and
// introduces them to each other, serves, drains and stops. Start reading at
// serve; docs/architecture.md has the picture.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/simulator"
	"github.com/outdial/outdial/carrier/webhook"
	"github.com/outdial/outdial/config"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/graph"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/metrics"
	"github.com/outdial/outdial/playground"
	"github.com/outdial/outdial/progress"
	"github.com/outdial/outdial/rest"
	"github.com/outdial/outdial/signin"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/studio"
)

// shutdownTimeout bounds how long answers under way may take once the program
// stops: longer than a pause waits for calls that are being asked for.
const shutdownTimeout = 6 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once, as it would without us.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], config.Environment, os.Stdout, os.Stderr))
}

// parts are what a serving program is made of.
type parts struct {
	config   *config.Config
	log      *slog.Logger
	store    *store.Store
	accounts *accounts.Accounts
	hub      *progress.Hub
	relay    *progress.Relay
	carrier  dialer.Carrier
	dialer   *dialer.Dialer
	jobs     *jobs.Jobs
	hooks    *hooks.Hooks
	graph    *graph.Handler
	metrics  *metrics.Metrics
}

// serve runs the whole product until ctx ends, then drains and stops.
func serve(ctx context.Context, c *config.Config, stdout io.Writer, log *slog.Logger) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", c.Addr, err)
	}
	defer func() { _ = listener.Close() }()
	s, err := openStore(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Close(); err != nil {
			log.ErrorContext(ctx, "closing the database failed", "error", err)
		}
	}()
	p := build(ctx, c, s, log)
	if err := p.jobs.Connect(s, p.dialer, jobs.Config{
		CallsPerNode: c.CallsPerNode, ControlWorkers: c.ControlWorkers, WebhookWorkers: c.WebhookWorkers, Webhooks: p.hooks,
		LongestCall: c.MaxCallDuration + c.RingTimeout + 5*time.Minute, Log: log,
	}); err != nil {
		return err
	}
	var demo welcome
	if c.Demo {
		if demo, err = p.welcome(ctx, listener); err != nil {
			return err
		}
	}
	return p.serve(ctx, listener, stdout, demo)
}

// build makes the parts and introduces them to each other.
func build(ctx context.Context, c *config.Config, s *store.Store, log *slog.Logger) *parts {
	p := &parts{config: c, log: log, store: s, metrics: metrics.New()}
	clock := func() time.Time { return p.dialer.Time() }
	p.accounts, p.jobs = accounts.New(s, clock), jobs.Open(clock, log)
	p.hooks = hooks.New(hooks.Config{Store: s, Queue: p.jobs, Meter: p.metrics, Log: log, Now: clock, AllowPrivate: c.WebhookAllowPrivate})
	p.hub = progress.NewHub(ctx, func(ctx context.Context, ids ...string) ([]calling.Progress, error) {
		return p.dialer.Progress(auth.WithSystem(ctx), ids...)
	}, func(ctx context.Context, organizationID, after string) ([]calling.Progress, error) {
		return p.dialer.Active(auth.WithSystem(ctx), organizationID, after)
	}, log)
	p.relay = progress.NewRelay(p.hub, bus(s, p.hub, log), log)
	var timeScale float64
	p.carrier, timeScale = newCarrier(c, clock, log)
	p.dialer = dialer.New(dialer.Config{
		Store: s, Queue: p.jobs, Publisher: p.relay, Webhooks: p.jobs, Meter: p.metrics, Log: log, Carrier: p.carrier, CarrierName: c.Carrier,
		RetryDelay:    time.Duration(float64(c.RetryDelay) / timeScale),
		MaxRetryDelay: time.Duration(float64(4*time.Hour) / timeScale),
		FullDelay:     time.Duration(float64(time.Second) / timeScale),
		RingTimeout:   c.RingTimeout, MaxCall: c.MaxCallDuration, Lease: fault.Lease(),
		Breaker: calling.Breaker{Window: c.BreakerWindow, Failures: c.BreakerFailures},
	})
	return p
}

// newCarrier returns who places the calls and how fast their time passes.
// Simulated time passes faster for the whole of a call's life, the wait before a
// retry included.
func newCarrier(c *config.Config, clock func() time.Time, log *slog.Logger) (carrier dialer.Carrier, timeScale float64) {
	if c.Carrier == "webhook" {
		return webhook.New(webhook.Config{URL: c.CarrierURL, Token: c.CarrierToken, Calls: c.CallsPerNode, Now: clock, Log: log}), 1
	}
	return simulator.New(simulator.Config{Seed: c.SimulatorSeed, TimeScale: c.SimulatorTimeScale, Now: clock}), c.SimulatorTimeScale
}

// bus chooses how nodes hear of each other's changes: where there is no
// PostgreSQL to tell them, they look.
func bus(s *store.Store, hub *progress.Hub, log *slog.Logger) progress.Bus {
	if s.Alone() || s.Notifies() {
		return s
	}
	return progress.NewPolling(hub, log)
}

// serve answers requests and works jobs until ctx ends.
func (p *parts) serve(ctx context.Context, listener net.Listener, stdout io.Writer, demo welcome) error {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	routes, err := p.routes(background)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           routes,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
	if err := p.dialer.SetClock(ctx); err != nil {
		return err
	}
	others, err := p.dialer.ForOtherCarriers(ctx)
	if err != nil {
		return err
	}
	for carrier, count := range others {
		p.log.WarnContext(ctx, "batch jobs wait for another carrier: nobody is called for them by this one",
			"batch_jobs", count, "made_for", carrier, "carrier", p.config.Carrier)
	}
	if err := p.jobs.Start(ctx); err != nil {
		return err
	}
	var work sync.WaitGroup
	work.Go(func() { p.relay.Run(background) })
	work.Go(func() { p.hooks.Run(background) })
	work.Go(func() { p.dialer.Run(background) })
	work.Go(func() { p.accounts.Run(background, p.log) })
	failed := make(chan error, 1)
	work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	})
	p.greet(ctx, stdout, shownAddress(p.config.Addr, listener), demo)
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	return errors.Join(err, p.stop(server, cancel, &work)) //nolint:contextcheck // ctx has ended, and what is left takes its own time
}

// stop drains: no new calls from the first moment on, then no new requests and watchers
// sent elsewhere. Until clients have their answers the rest goes on, as a cancel may be
// among them that has calls hung up. Then calls are handed over, or waited for where
// their carrier does not keep them, and only then everything else ends.
func (p *parts) stop(server *http.Server, cancel context.CancelFunc, work *sync.WaitGroup) error {
	grace := p.config.DrainTimeout
	if p.carrier.Keeps() {
		grace = 0
	}
	p.log.Info("stopping", "drain_timeout", grace.String())
	p.dialer.TakeOnNoMore()
	ctx := context.Background()
	var draining sync.WaitGroup
	draining.Go(p.graph.Drain)
	closing, done := context.WithTimeout(ctx, shutdownTimeout)
	defer done()
	err := server.Shutdown(closing)
	if errors.Is(err, context.DeadlineExceeded) {
		p.log.Warn("requests that were not at their end are cut off", "waited", shutdownTimeout.String())
		err = server.Close()
	}
	draining.Wait()
	err = errors.Join(err, p.jobs.Stop(ctx, grace))
	cancel()
	p.dialer.Stop()
	work.Wait()
	p.hub.Close()
	p.log.Info("stopped")
	return err
}

// routes is every path the program answers.
func (p *parts) routes(ctx context.Context) (http.Handler, error) {
	guard := edge.NewGuard(p.accounts, p.dialer.Time)
	limiter := edge.NewLimiter(p.config.RequestsPerMinute, p.dialer.Time)
	console, err := p.jobs.Console(ctx, consolePath, sender(guard))
	if err != nil {
		return nil, err
	}
	p.graph = graph.New(graph.Config{
		Dialer: p.dialer, Store: p.store, Accounts: door{p.accounts, guard}, Webhooks: p.hooks, Progress: p.hub, Log: p.log, Rate: limiter,
		Carrier: model.CarrierInfo{Name: p.config.Carrier, Simulated: p.config.Carrier == "simulator"},
		Origins: p.config.Origins(), Now: p.dialer.Time, Limits: graph.Limits{BodyTimeout: p.config.UploadTimeout},
	})
	p.metrics.Watch(metrics.Now{
		CallsCarried: p.dialer.Carried, Subscriptions: p.graph.Subscriptions,
		LateStarts:    func() int64 { return p.dialer.Findings().LateStarts },
		ExpiredLeases: func() int64 { return p.dialer.Findings().ExpiredLeases },
		IdleSlots:     func() int64 { return p.dialer.Findings().IdleSlots },
	})
	mux := http.NewServeMux()
	mux.Handle("/graphql", p.graph)
	mux.Handle("/session", signin.New(p.accounts, guard, limiter, p.log))
	mux.Handle(consolePath+"/", console)
	mux.HandleFunc("GET /schema.graphqls", serveSchema)
	mux.Handle("/playground", playground.Handler())
	mux.Handle("/playground/", playground.Handler())
	mux.Handle("/", studio.Handler(rest.New(rest.Config{
		Dialer: p.dialer, Store: p.store, Accounts: guard, Log: p.log, Ready: p.ready(), Rate: limiter,
		UploadTimeout: p.config.UploadTimeout, Metrics: p.metrics.Handler(p.config.MetricsToken, edge.Refuse(p.log,
			calling.Errorf(calling.CodeForbidden, "Metrics are for this machine only, or for who sends METRICS_TOKEN as a bearer token."))),
	})))
	return edge.Wrap(mux, p.log, p.metrics.RequestAnswered), nil
}

// consolePath is where operators look at the queue.
const consolePath = "/ops/river"

// door is the accounts behind a guard against wrong keys.
type door struct {
	*accounts.Accounts
	guard *edge.Guard
}

// Identify asks the guard first.
func (d door) Identify(ctx context.Context, c auth.Credentials) (auth.Viewer, error) {
	return d.guard.Identify(ctx, c)
}

// sender says who sent a request.
func sender(guard *edge.Guard) func(*http.Request) (auth.Viewer, error) {
	return func(r *http.Request) (auth.Viewer, error) {
		credentials, err := edge.Credentials(r)
		if err != nil {
			return auth.Viewer{}, err
		}
		return guard.Identify(r.Context(), credentials)
	}
}

// ready is what has to be so before this node can do its work.
func (p *parts) ready() []rest.Check {
	return []rest.Check{
		{Name: "database", Is: "cannot be reached", Run: p.store.Ping},
		{Name: "queue", Is: "cannot be reached", Run: p.store.Queue().Ping},
		{Name: "schema", Is: "is not this program's: migrations are pending", Run: p.migrated},
	}
}

// migrated says whether the tables, the queue's among them, are this program's.
func (p *parts) migrated(ctx context.Context) error {
	pending, err := p.store.Pending(ctx)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		return fmt.Errorf("migrations are pending: %v", pending)
	}
	return jobs.Pending(ctx, p.store)
}

// welcome is what lets whoever started the demo in.
type welcome struct {
	key  string // of the demo organization; empty unless it was made just now
	link string // token of a sign-in link to it; empty = none
}

// welcome makes the demo organization where there is none, and a link that signs
// whoever started the program in to it, as an operator. For an organization that
// was there before, that is so only where nobody else can have started the
// program or open the link: on a database file of this machine, served to this
// machine alone.
func (p *parts) welcome(ctx context.Context, listener net.Listener) (welcome, error) {
	key, err := p.accounts.SeedDemo(ctx, p.config.DemoAPIKey)
	at, ok := listener.Addr().(*net.TCPAddr)
	alone := p.store.Alone() && ok && at.IP.IsLoopback()
	if err != nil || (key == "" && !alone) {
		return welcome{}, err
	}
	link, err := p.accounts.CreateSignInLink(ctx, "", true)
	if code := calling.CodeOf(err); code == calling.CodeNotFound || code == calling.CodeInvalidRequest {
		return welcome{key: key}, nil // none, or several to choose from
	}
	return welcome{key: key, link: link}, err
}

// greet prints where to go; the first line is for programs too.
func (p *parts) greet(ctx context.Context, stdout io.Writer, addr string, demo welcome) {
	base := "http://" + addr
	_, _ = fmt.Fprintf(stdout, "outdial: listening on %s\n", base)
	dashboard := base + "/"
	if demo.link != "" {
		dashboard += signInFragment(demo.link)
	}
	if demo.key == "" {
		_, _ = fmt.Fprintf(stdout, "  dashboard   %s\n  playground  %s/playground\n", dashboard, base)
		_, _ = fmt.Fprintln(stdout, p.hint(ctx))
		return
	}
	who := "the demo organization calls nobody: the carrier is simulated."
	if p.config.Carrier == "webhook" {
		who = "calls go to your runtime at " + p.config.CarrierURL + "."
	}
	_, _ = fmt.Fprintf(stdout, "  dashboard   %s\n  playground  %s/playground#key=%s\n  API key     %s\n"+
		"The key is shown this once, and the dashboard's link works once; %s\n", dashboard, base, demo.key, demo.key, who)
}

// signInFragment is what a link to the dashboard ends with to sign a browser in.
// Browsers send no fragment, so it is in nobody's log.
func signInFragment(token string) string { return "#signin=" + token }

// shownAddress is the host that was asked for with the port that was got.
func shownAddress(asked string, listener net.Listener) string {
	host, _, err := net.SplitHostPort(asked)
	_, port, err2 := net.SplitHostPort(listener.Addr().String())
	if err != nil || err2 != nil || host == "" {
		return listener.Addr().String()
	}
	return net.JoinHostPort(host, port)
}

// hint says where a key comes from when none is shown.
func (p *parts) hint(ctx context.Context) string {
	empty, err := p.accounts.Empty(ctx)
	switch {
	case err == nil && empty:
		return "There is no organization yet: start with --demo, or make one with organization create --name NAME --phone-number NUMBER."
	case p.store.Alone():
		return "API keys are shown when they are made; stop the program, and key create makes another."
	}
	return "API keys are shown when they are made; key create makes another."
}

// openStore opens the database and its queue's and brings both up to date.
func openStore(ctx context.Context, c *config.Config, log *slog.Logger) (*store.Store, error) {
	if c.QueueDatabaseURL == config.DefaultQueueURL {
		log.InfoContext(ctx, "MySQL cannot hold the queue, which lives in a SQLite file of this node; "+
			"QUEUE_DATABASE_URL names another place", "queue_database_url", c.QueueDatabaseURL)
	}
	s, err := store.Open(ctx, c.DatabaseURL, store.Options{MaxConnections: c.DatabaseConnections, QueueURL: c.QueueDatabaseURL, Log: log})
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx, jobs.Migrate); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}
