// Package jobs is River, and the only place that knows it. Jobs are pokes: each
// says "look now" at something whose rows are the truth, holds ids and instants
// but no personal data, and may run twice or never without harm. Start reading
// at args.go, then Open.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"riverqueue.com/riverui"
	"riverqueue.com/riverui/uiendpoints"

	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// The queues. Calls are long and many, control jobs short and few, and webhooks
// as slow as other people's servers; none may keep the others waiting.
const (
	controlQueue  = "control"
	callsQueue    = "calls"
	webhooksQueue = "webhooks"
)

// River's timing, as measured: the default cooldown of 100 ms caps a queue at
// ten times its workers a second, and makes a second insert within it wait for
// the next poll, which by default is a second away. A client says at most once a
// cooldown that it has inserted something, so the shortest is right for those
// that insert.
const (
	fetchCooldown = time.Millisecond
	fetchPoll     = 100 * time.Millisecond
	// slowPoll is for queues whose jobs River is told of nearly always, and where a
	// second does no harm otherwise: webhooks, and calls that turns leave to others.
	slowPoll = time.Second

	// keepCompleted bounds the table: ended pokes are of no use.
	keepCompleted = time.Hour

	// earlyBy is how long before a start its poke is due, so that River's poll
	// cannot make it late; the dialer waits for the exact instant.
	earlyBy = 1500 * time.Millisecond
	// schedulable is the nearest start that is scheduled at all: River moves
	// scheduled jobs every five seconds, so nearer ones are inserted as due.
	schedulable = 7 * time.Second

	// pokeTimeout bounds how long a transaction that is committed waits for its
	// pokes where the queue lives in another database.
	pokeTimeout = 2 * time.Second
)

// Config bounds what this node works on. Zero values take the defaults named.
type Config struct {
	CallsPerNode   int           // calls this node carries at once; default 500
	ControlWorkers int           // short jobs at once; default 10
	WebhookWorkers int           // webhook endpoints that are sent events at once; default 10
	Webhooks       Webhooks      // who sends them; nil = other nodes
	LongestCall    time.Duration // a call job running longer than this is given up; default 35 minutes
	Log            *slog.Logger  // default slog.Default()
}

// Webhooks sends events to webhook endpoints.
type Webhooks interface {
	// Deliver sends an endpoint what is due to it; more says that it is to be called
	// again once other endpoints had their turn.
	Deliver(ctx context.Context, organizationID, endpointID string) (more bool, err error)
}

// Jobs is the queue. It implements dialer.Queue and dialer.WebhookQueue.
type Jobs struct {
	log    *slog.Logger
	now    func() time.Time
	client client
	dialer *dialer.Dialer
	apart  bool // the queue lives in another database than the rows
	lost   atomic.Int64
}

var (
	_ dialer.Queue        = (*Jobs)(nil)
	_ dialer.WebhookQueue = (*Jobs)(nil)
)

// client is what is used of River's client, whichever driver it has.
type client interface {
	insert(ctx context.Context, params []river.InsertManyParams) error
	insertTx(ctx context.Context, tx *store.Tx, params []river.InsertManyParams) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
	stopAndCancel(ctx context.Context) error
	endpoints() uiendpoints.Bundle
}

// errNoDriver says that the queue was put where River cannot live.
var errNoDriver = errors.New("the queue cannot live in MySQL: name a postgres:// or sqlite:// database for it")

// Timing returns how soon and how often clients look for jobs, so that others can be
// measured with the same.
func Timing() (cooldown, poll time.Duration) { return fetchCooldown, fetchPoll }

// Open returns a queue. Connect must be called before Start.
func Open(now func() time.Time, log *slog.Logger) *Jobs {
	return &Jobs{now: now, log: log}
}

// Migrate brings River's tables up to date in the database the queue lives in.
func Migrate(ctx context.Context, s *store.Store) error {
	s = s.Queue()
	switch {
	case s.Pool() != nil:
		return migrate(ctx, riverpgxv5.New(s.Pool()))
	case s.Alone():
		return migrate(ctx, riversqlite.New(s.Writer()))
	}
	return errNoDriver
}

// Pending returns nil when River's tables are up to date in the database the queue
// lives in, and else says what they lack. It changes nothing.
func Pending(ctx context.Context, s *store.Store) error {
	s = s.Queue()
	switch {
	case s.Pool() != nil:
		return pending(ctx, riverpgxv5.New(s.Pool()))
	case s.Alone():
		return pending(ctx, riversqlite.New(s.Writer()))
	}
	return errNoDriver
}

func pending[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare the queue's migrations: %w", err)
	}
	found, err := migrator.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("look for the queue's migrations: %w", err)
	}
	if !found.OK {
		return fmt.Errorf("the queue's migrations are pending: %v", found.Messages)
	}
	return nil
}

func migrate[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare the queue's migrations: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	return nil
}

// Connect makes the client over the database the store's queue lives in, working
// jobs with d.
//
// Calls that the dialer's turns claim by themselves count against CallsPerNode too.
func (j *Jobs) Connect(s *store.Store, d *dialer.Dialer, config Config) error {
	j.apart = s.Queue() != s
	j.dialer = d
	atOnce := orDefault(config.CallsPerNode, 500)
	d.Carry(atOnce)
	s = s.Queue()
	workers := river.NewWorkers()
	timeout := orDefault(config.LongestCall, 35*time.Minute)
	river.AddWorker(workers, &placeCallWorker{dialer: d, timeout: timeout})
	river.AddWorker(workers, &startBatchWorker{dialer: d})
	river.AddWorker(workers, &hangUpWorker{dialer: d})
	river.AddWorker(workers, &deliverWebhookWorker{webhooks: config.Webhooks})
	settings := &river.Config{
		Logger:            quiet(j.log),
		Workers:           workers,
		FetchCooldown:     fetchCooldown,
		FetchPollInterval: fetchPoll,
		Queues: map[string]river.QueueConfig{
			controlQueue: {MaxWorkers: orDefault(config.ControlWorkers, 10)},
			callsQueue:   {MaxWorkers: atOnce, FetchPollInterval: slowPoll},
		},
		CompletedJobRetentionPeriod: keepCompleted,
		CancelledJobRetentionPeriod: keepCompleted,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
		RescueStuckJobsAfter:        timeout + 5*time.Minute,
	}
	if config.Webhooks != nil {
		settings.Queues[webhooksQueue] = river.QueueConfig{MaxWorkers: orDefault(config.WebhookWorkers, 10), FetchPollInterval: slowPoll}
	}
	if pool := s.Pool(); pool != nil {
		c, err := river.NewClient(riverpgxv5.New(pool), settings)
		if err != nil {
			return fmt.Errorf("make the queue's client: %w", err)
		}
		j.client = &joined[pgx.Tx]{client: c, tx: func(ctx context.Context, tx *store.Tx) (pgx.Tx, error) { return tx.PGX(ctx) }}
		return nil
	}
	if !s.Alone() {
		return errNoDriver
	}
	c, err := river.NewClient(riversqlite.New(s.Writer()), settings)
	if err != nil {
		return fmt.Errorf("make the queue's client: %w", err)
	}
	j.client = &joined[*sql.Tx]{client: c, tx: func(_ context.Context, tx *store.Tx) (*sql.Tx, error) { return tx.SQL(), nil }}
	return nil
}

// Start begins working jobs. They run until Stop, whatever becomes of ctx.
func (j *Jobs) Start(ctx context.Context) error {
	if err := j.client.start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start working jobs: %w", err)
	}
	return nil
}

// Stop takes no new jobs and has the dialer take on no calls, and waits for those under
// way until grace has passed; they are then told to hand their calls over.
func (j *Jobs) Stop(ctx context.Context, grace time.Duration) error {
	var draining sync.WaitGroup
	draining.Go(func() { j.dialer.Drain(ctx, grace) })
	defer draining.Wait()
	soft, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := j.client.stop(soft); err == nil {
		return nil
	}
	if err := j.client.stopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop working jobs: %w", err)
	}
	return nil
}

// StartBatch implements dialer.Queue.
func (j *Jobs) StartBatch(ctx context.Context, tx *store.Tx, organizationID, batchJobID string, at time.Time) error {
	options := &river.InsertOpts{}
	if at.Sub(j.now()) > schedulable {
		options.ScheduledAt = at.Add(-earlyBy)
	}
	return j.insert(ctx, tx, []river.InsertManyParams{{
		Args:       startBatchArgs{OrganizationID: organizationID, BatchJobID: batchJobID, StartsAt: at},
		InsertOpts: options,
	}})
}

// PlaceCalls implements dialer.Queue.
func (j *Jobs) PlaceCalls(ctx context.Context, tx *store.Tx, organizationID string, attempts []uuid.UUID) error {
	params := make([]river.InsertManyParams, 0, len(attempts))
	for _, id := range attempts {
		params = append(params, river.InsertManyParams{Args: placeCallArgs{OrganizationID: organizationID, AttemptID: id}})
	}
	return j.insert(ctx, tx, params)
}

// HangUpCalls implements dialer.Queue.
func (j *Jobs) HangUpCalls(ctx context.Context, tx *store.Tx, organizationID string, attempts []uuid.UUID) error {
	params := make([]river.InsertManyParams, 0, len(attempts))
	for _, id := range attempts {
		params = append(params, river.InsertManyParams{Args: hangUpArgs{OrganizationID: organizationID, AttemptID: id}})
	}
	return j.insert(ctx, tx, params)
}

// DeliverWebhooks implements dialer.WebhookQueue and hooks.Queue.
func (j *Jobs) DeliverWebhooks(ctx context.Context, tx *store.Tx, organizationID string, endpointIDs []string) error {
	params := make([]river.InsertManyParams, 0, len(endpointIDs))
	for _, id := range endpointIDs {
		params = append(params, river.InsertManyParams{Args: deliverWebhookArgs{OrganizationID: organizationID, EndpointID: id}})
	}
	return j.insert(ctx, tx, params)
}

// insert makes pokes part of the transaction. Where the queue lives in another
// database they are inserted once the transaction is committed; one that is then
// lost is no failure of the transaction, because the sweep finds the rows.
func (j *Jobs) insert(ctx context.Context, tx *store.Tx, params []river.InsertManyParams) error {
	if len(params) == 0 {
		return nil
	}
	if !j.apart {
		return j.client.insertTx(ctx, tx, params)
	}
	tx.AfterCommit(func() {
		fault.Point("M1")
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), pokeTimeout)
		defer cancel()
		if err := j.client.insert(within, params); err != nil {
			j.lost.Add(int64(len(params)))
			j.log.WarnContext(ctx, "jobs could not be queued, the sweep will find what they were for", "jobs", len(params), "error", err)
		}
	})
	return nil
}

// Lost returns how many jobs could not be queued after their transaction was
// committed. Always 0 where the queue lives in the same database as the rows.
func (j *Jobs) Lost() int64 { return j.lost.Load() }

// joined is a River client whose transactions are the store's.
type joined[T any] struct {
	client *river.Client[T]
	tx     func(context.Context, *store.Tx) (T, error)
}

func (c *joined[T]) insert(ctx context.Context, params []river.InsertManyParams) error {
	if _, err := c.client.InsertManyFast(ctx, params); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

func (c *joined[T]) insertTx(ctx context.Context, tx *store.Tx, params []river.InsertManyParams) error {
	joined, err := c.tx(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := c.client.InsertManyFastTx(ctx, joined, params); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

func (c *joined[T]) start(ctx context.Context) error { return c.client.Start(ctx) }
func (c *joined[T]) stop(ctx context.Context) error  { return c.client.Stop(ctx) }

func (c *joined[T]) endpoints() uiendpoints.Bundle { return riverui.NewEndpoints(c.client, nil) }

func (c *joined[T]) stopAndCancel(ctx context.Context) error { return c.client.StopAndCancel(ctx) }

func orDefault[T comparable](value, byDefault T) T {
	var zero T
	if value == zero {
		return byDefault
	}
	return value
}
