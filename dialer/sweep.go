package dialer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/idempotencyrecord"
	"github.com/outdial/outdial/store"
)

// overdue is how long the ordinary ways get before the sweep steps in.
const overdue = 2 * time.Second

// turnsAtOnce bounds the turns that a sweep waits for at a time.
const turnsAtOnce = 4

// queuedLeases is how many leases pass between pokes of an attempt that no node
// has claimed.
const queuedLeases = 4

// findings counts what the sweep had to repair. Beside crashes it counts attempts
// that waited long for a worker, and batch jobs that wait for credits.
type findings struct {
	starts, leases, idle atomic.Int64
}

// Findings says what the sweep of this process had to repair so far.
type Findings struct {
	LateStarts    int64 // batch jobs whose start nobody had taken
	ExpiredLeases int64 // attempts nobody looked after
	IdleSlots     int64 // organizations with free slots and due contacts, or with batch jobs to close
}

// Findings returns what the sweep had to repair so far.
func (d *Dialer) Findings() Findings {
	return Findings{LateStarts: d.found.starts.Load(), ExpiredLeases: d.found.leases.Load(), IdleSlots: d.found.idle.Load()}
}

// Run keeps leases alive and sweeps until ctx ends.
func (d *Dialer) Run(ctx context.Context) {
	var work sync.WaitGroup
	// Apart from the sweep: leases must not run out while somebody's turn is slow.
	work.Go(func() { d.every(ctx, d.Lease/3, "heartbeat", d.heartbeat) })
	work.Go(func() { d.mark(ctx) })
	work.Go(func() { d.every(ctx, d.Lease, "clock", d.SetClock) })
	work.Go(func() {
		if d.Store.Alone() {
			d.report(ctx, "inherit", d.inherit(ctx))
		}
		d.report(ctx, "sweep", d.Sweep(ctx))
		d.report(ctx, "resume", d.resume(ctx))
		d.every(ctx, d.SweepEvery, "sweep", d.Sweep)
	})
	work.Wait()
}

func (d *Dialer) every(ctx context.Context, period time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.report(ctx, what, do(ctx))
		}
	}
}

// inherit frees every attempt in flight of earlier lives of this process at once:
// where no other process can be, nobody else looks after them.
func (d *Dialer) inherit(ctx context.Context) error {
	err := d.Store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.Attempt.Update().Where(inFlight, attempt.NodeNEQ(d.node), attempt.QueuedAtLT(d.born)).
			SetNode("").SetLeaseUntil(d.born).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("inherit attempts: %w", err)
	}
	return nil
}

// resume lets every organization with open batch jobs take a turn, which sets
// this process's alarms for retries and starts to come.
func (d *Dialer) resume(ctx context.Context) error {
	ids, err := d.Store.Read().BatchJob.Query().Where(notOver).Unique(true).
		Select(batchjob.FieldOrganizationID).Strings(auth.WithSystem(ctx))
	if err != nil {
		return fmt.Errorf("find open batch jobs: %w", err)
	}
	return d.dispatchEach(ctx, ids)
}

// dispatchEach lets each organization take a turn; one that fails keeps none of
// the others from theirs.
func (d *Dialer) dispatchEach(ctx context.Context, organizationIDs []string) error {
	errs := make([]error, len(organizationIDs))
	var work sync.WaitGroup
	places := make(chan struct{}, turnsAtOnce)
	for i, id := range organizationIDs {
		places <- struct{}{}
		work.Go(func() {
			errs[i] = d.Dispatch(ctx, id)
			<-places
		})
	}
	work.Wait()
	return errors.Join(errs...)
}

func (d *Dialer) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		d.Log.ErrorContext(ctx, "a repair failed, the next one will try again", "what", what, "error", err)
	}
}

// Sweep finds once what a crash or a lost poke left behind and has it done:
// batch jobs due without a start, attempts nobody looks after, organizations
// with free slots and due contacts, batch jobs with nothing left to do. One
// node sweeps at a time; the others return at once.
func (d *Dialer) Sweep(ctx context.Context) error {
	ctx = auth.WithSystem(ctx)
	var stirred []string
	err := d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		stirred = nil
		mine, err := tx.TryLock(ctx, "sweep")
		if err != nil || !mine {
			return err
		}
		if err := d.sweepAttempts(ctx, tx); err != nil {
			return err
		}
		if stirred, err = d.sweepBatchJobs(ctx, tx); err != nil {
			return err
		}
		return d.forget(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return d.dispatchEach(ctx, stirred)
}

// sweepAttempts frees attempts whose lease ran out and pokes them, each at most
// once a lease.
func (d *Dialer) sweepAttempts(ctx context.Context, tx *store.Tx) error {
	now := d.now()
	rows, err := tx.Ent.Attempt.Query().Where(inFlight, attempt.LeaseUntilLT(now)).
		Select(attempt.FieldID, attempt.FieldOrganizationID).All(ctx)
	if err != nil {
		return fmt.Errorf("find expired leases: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	byOrg := map[string][]uuid.UUID{}
	for _, row := range rows {
		byOrg[row.OrganizationID] = append(byOrg[row.OrganizationID], row.ID)
	}
	tx.AfterCommit(func() {
		d.found.leases.Add(int64(len(rows)))
		d.Log.WarnContext(ctx, "attempts without a node were found, and are looked after again", "attempts", len(rows))
	})
	// The lease of an attempt without a node only spaces the pokes; the more so
	// while it is queued, as it may just be waiting for a worker.
	err = tx.Ent.Attempt.Update().Where(inFlight, attempt.LeaseUntilLT(now), attempt.StatusEQ(calling.AttemptDialing)).
		SetNode("").SetLeaseUntil(now.Add(d.Lease)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("free attempts: %w", err)
	}
	err = tx.Ent.Attempt.Update().Where(inFlight, attempt.LeaseUntilLT(now), attempt.StatusEQ(calling.AttemptQueued)).
		SetLeaseUntil(now.Add(queuedLeases * d.Lease)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("space the pokes: %w", err)
	}
	for organizationID, ids := range byOrg {
		if err := d.Queue.PlaceCalls(ctx, tx, organizationID, ids); err != nil {
			return err
		}
	}
	return nil
}

// sweepBatchJobs returns the organizations that should take a turn: with batch
// jobs whose start was missed, with due contacts and free slots, or with batch
// jobs that could be closed. Starts that come soon are armed.
func (d *Dialer) sweepBatchJobs(ctx context.Context, tx *store.Tx) ([]string, error) {
	now := d.now()
	soon := now.Add(2 * d.SweepEvery)
	waiting, err := tx.Ent.BatchJob.Query().Where(notOver,
		batchjob.StatusIn(calling.BatchPending, calling.BatchScheduled),
		batchjob.Or(batchjob.ScheduledStartAtIsNil(), batchjob.ScheduledStartAtLTE(soon)),
	).Select(batchjob.FieldID, batchjob.FieldOrganizationID, batchjob.FieldCreatedAt, batchjob.FieldScheduledStartAt).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find due starts: %w", err)
	}
	stirred := map[string]bool{}
	for _, b := range waiting {
		due := b.CreatedAt
		if b.ScheduledStartAt != nil {
			due = *b.ScheduledStartAt
		}
		switch {
		case due.After(now):
			d.waker.at(b.OrganizationID, due)
		case now.Sub(due) > overdue:
			tx.AfterCommit(func() { d.found.starts.Add(1) })
			stirred[b.OrganizationID] = true
		}
	}
	idle, err := tx.Ent.BatchJob.Query().Where(notOver, d.stuck(now)).
		Select(batchFields()...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find idle slots: %w", err)
	}
	for _, b := range idle {
		slowed := b.ContactsPending > 0 && (!d.mayCall(b) || b.ContactsDialing >= (&job{BatchJob: b}).pace().Room(b.ConcurrentCallLimit, now.Add(-overdue), d.FullDelay))
		if b.CallWindow.Contains(now) && (!slowed || b.Status != calling.BatchRunning) {
			tx.AfterCommit(func() { d.found.idle.Add(1) })
			stirred[b.OrganizationID] = true
		}
	}
	ids := make([]string, 0, len(stirred))
	for id := range stirred {
		d.Log.WarnContext(ctx, "an organization should have moved on, and does now", "organization", id)
		ids = append(ids, id)
	}
	return ids, nil
}

// stuck finds batch jobs that should have moved on: all contacts final, or
// contacts due for a while although batch job and organization have slots free
// and credits for one more call. Where an organization has no call in flight, a
// batch job without credits should have been paused.
func (d *Dialer) stuck(now time.Time) func(*sql.Selector) {
	const flying = `(
		SELECT count(*) FROM attempts a
		WHERE a.organization_id = batch_jobs.organization_id AND a.status <> 'ENDED' AND a.status IN ('QUEUED', 'DIALING')
	)`
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString(`(
				contacts_dialing = 0 AND (
					status = 'CANCELLING' OR (contacts_pending = 0 AND status IN ('RUNNING', 'PAUSED'))
				) OR
				status = 'RUNNING' AND contacts_dialing < concurrent_call_limit AND EXISTS (
					SELECT 1 FROM contacts c
					WHERE c.batch_job_id = batch_jobs.id AND c.status = 'PENDING' AND c.next_attempt_at < `).
				Arg(now.Add(-overdue)).WriteString(`
				) AND ` + flying + ` < (
					SELECT o.concurrent_call_limit FROM organizations o WHERE o.id = batch_jobs.organization_id
				) AND (` + flying + ` = 0 OR price_per_call_micros <= CASE
					WHEN held_micros > price_per_call_micros * contacts_dialing
					THEN held_micros - price_per_call_micros * contacts_dialing ELSE 0
				END + (
					SELECT o.balance_micros - o.held_micros FROM organizations o WHERE o.id = batch_jobs.organization_id
				))
			)`)
		}))
	}
}

// forget deletes idempotency records nobody may replay any more.
func (d *Dialer) forget(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Ent.IdempotencyRecord.Delete().
		Where(idempotencyrecord.CreatedAtLT(d.now().Add(-replayFor))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget old idempotency keys: %w", err)
	}
	return nil
}
