package dialer_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func (k *desk) inFlight(t *testing.T) []uuid.UUID {
	t.Helper()
	return k.store.Read().Attempt.Query().Where(attempt.StatusNEQ(calling.AttemptEnded)).IDsX(k.ctx)
}

func TestALoweredLimitHoldsForCallsThatAreTakenOver(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	id := k.dial(t, 3, upload(t, 3))
	k.abandon(t)
	one := 1
	if _, err := k.Update(k.ctx, id, calling.BatchEdit{ConcurrentCallLimit: &one}, ""); err != nil {
		t.Fatal(err)
	}
	var on, most atomic.Int64
	k.place = func(calling.Call) (calling.Report, error) {
		most.Store(max(most.Load(), on.Add(1)))
		time.Sleep(300 * time.Millisecond)
		on.Add(-1)
		return calling.Report{Outcome: calling.OutcomeCompleted}, nil
	}
	var work sync.WaitGroup
	for _, a := range k.inFlight(t) {
		work.Go(func() { _ = k.Place(k.ctx, k.org, a) })
	}
	work.Wait()
	if most.Load() > 1 {
		t.Errorf("%d calls at once with a limit of 1 that has been answered", most.Load())
	}
	testkit.Audit(t, k.store)
}

func TestALoweredMaximumHoldsForWhomeverHasASlot(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	id := k.dial(t, 1, upload(t, 1))
	k.end(t, id, calling.OutcomeNoAnswer)
	k.later(t, time.Hour)
	one := 1
	if _, err := k.Update(k.ctx, id, calling.BatchEdit{MaxAttempts: &one}, ""); err != nil {
		t.Fatal(err)
	}
	full := calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true}
	if err := k.Settle(k.ctx, k.org, k.inFlight(t)[0], full); err != nil {
		t.Fatal(err)
	}
	k.later(t, time.Hour)
	if b := k.batch(id); b.ContactsFailed != 1 || b.OutcomeCounts[calling.OutcomeNoAnswer] != 1 || b.Status != calling.BatchCompleted {
		t.Errorf("the batch job is %s, with outcomes %v and %d dialing", b.Status, b.OutcomeCounts, b.ContactsDialing)
	}
	testkit.Audit(t, k.store)
}

func TestTheSweepFindsWhoIsCoveredByHoldAndCreditsTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 2, upload(t, 2))
		price := k.batch(id).PricePerCallMicros
		ids := k.inFlight(t)
		// One call costs one and a half holds; the other is not answered.
		for i, r := range []calling.Report{{Outcome: calling.OutcomeCompleted, Talk: 3 * time.Minute}, {Outcome: calling.OutcomeNoAnswer}} {
			if err := k.Settle(k.ctx, k.org, ids[i], r); err != nil {
				t.Fatal(err)
			}
		}
		k.spend(t, price*6/10)
		k.pass(time.Hour) // the node with the alarm is dead; this one sweeps
		if err := k.Sweep(k.ctx); err != nil {
			t.Fatal(err)
		}
		if b := k.batch(id); b.ContactsDialing != 1 {
			t.Errorf("the sweep leaves a batch job lying, %s, that the next turn would dial", b.Status)
		}
	})
}

func TestTheSweepHelpsWhenTheCarrierWasFull(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	id := k.dial(t, 1, upload(t, 1))
	full := calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, RetryAfter: 4 * time.Minute}
	if err := k.Settle(k.ctx, k.org, k.attempt(t).ID, full); err != nil {
		t.Fatal(err)
	}
	var waited time.Duration
	for ; k.batch(id).ContactsDialing == 0 && waited < time.Hour; waited += 3 * time.Second {
		if err := k.Sweep(k.ctx); err != nil {
			t.Fatal(err)
		}
		k.pass(3 * time.Second)
	}
	if waited < 4*time.Minute || waited > 4*time.Minute+12*time.Second {
		t.Errorf("dialed %s after a refusal that asked for four minutes", waited)
	}
}

func TestCreditsThatComeFreeAreUsed(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	a, b := k.dial(t, 1, upload(t, 2)), k.dial(t, 1, upload(t, 2))
	price := k.batch(a).PricePerCallMicros
	k.change(t, func(ctx context.Context, tx *store.Tx) error { // the holds are used up
		if err := tx.Ent.BatchJob.Update().SetHeldMicros(0).Exec(ctx); err != nil {
			return err
		}
		return tx.Ent.Organization.UpdateOneID(k.org).SetHeldMicros(0).Exec(ctx)
	})
	k.spend(t, price) // enough for one more call
	k.end(t, a, calling.OutcomeNoAnswer)
	k.end(t, b, calling.OutcomeNoAnswer)
	if _, err := k.Cancel(k.ctx, b, false, ""); err != nil {
		t.Fatal(err)
	}
	k.later(t, time.Hour)
	if x := k.batch(a); x.Status != calling.BatchRunning || x.ContactsDialing != 1 {
		t.Errorf("the batch job is %s with %d dialing, although credits are there: %v", x.Status, x.ContactsDialing, k.history(a))
	}
}

// once has the next transaction rolled back as a database does of two that wait
// for each other.
func once(armed *atomic.Bool) func(store.Moment) error {
	return func(m store.Moment) error {
		if m == store.BeforeCommit && armed.CompareAndSwap(true, false) {
			return &pgconn.PgError{Code: "40P01"}
		}
		return nil
	}
}

func TestCreditsAreAddedOnceWhenTheDatabaseTriesAgain(t *testing.T) {
	t.Parallel()
	var armed atomic.Bool
	k := newDesk(t, storetest.SQLite(t, nil).Guarded(once(&armed)))
	id := k.dial(t, 1, upload(t, 2))
	k.spend(t, 0)
	long := calling.Report{Outcome: calling.OutcomeCompleted, Talk: 20 * time.Minute} // eats the whole hold
	if err := k.Settle(k.ctx, k.org, k.attempt(t).ID, long); err != nil {
		t.Fatal(err)
	}
	if b := k.batch(id); b.Status != calling.BatchPaused {
		t.Fatalf("the batch job is %s", b.Status)
	}
	armed.Store(true)
	now, err := k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 10 * calling.USD})
	if err != nil || now.BatchJobsResumed != 1 || armed.Load() {
		t.Errorf("added: %+v, %v", now, err)
	}
	if lines := strings.Join(k.history(id), "\n"); strings.Count(lines, "RESUMED") != 1 {
		t.Errorf("the history says %s", lines)
	}
	testkit.Audit(t, k.store)
}

func TestACallThatWasSeenAtTheCarrierIsNotStartedAgain(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.dial(t, 1, upload(t, 1))
	k.abandon(t)
	run, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { k.Run(run) })
	k.seen = func(calling.Call) {
		for end := time.Now().Add(deadline); k.attempt(t).AcceptedAt == nil && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
	}
	k.find = func(calling.Call) (calling.Report, bool, error) {
		return calling.Report{}, true, errors.New("lost the line")
	}
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err == nil || k.attempt(t).AcceptedAt == nil {
		t.Errorf("that the carrier has the call was not written down: %v", err)
	}
	cancel()
	work.Wait()
	k.seen = nil
	k.find = func(calling.Call) (calling.Report, bool, error) { return calling.Report{}, false, nil } // it forgot
	k.placeAll(t)
	if x := k.attempt(t); len(k.placed) > 0 || x.Outcome == nil || *x.Outcome != calling.OutcomeUnknown {
		t.Errorf("placed %d times; the attempt is %s, %v", len(k.placed), x.Status, x.Outcome)
	}
	testkit.Audit(t, k.store)
}

// A call whose end cannot be recorded may have to be looked for by another node, which
// must not start it again when its carrier has forgotten it.
func TestACallWhoseEndIsNotRecordedIsKnownToBeAccepted(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.dial(t, 1, upload(t, 1))
	_, err := k.store.Writer().ExecContext(t.Context(), `CREATE TRIGGER ends_are_refused BEFORE UPDATE OF status ON attempts
		WHEN NEW.status = 'ENDED' BEGIN SELECT RAISE(ABORT, 'refused'); END`)
	if err != nil {
		t.Fatal(err)
	}
	run, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { k.Run(run) })
	place, give := context.WithCancel(k.ctx)
	work.Go(func() { _ = k.Place(place, k.org, k.attempt(t).ID) })
	for end := time.Now().Add(deadline); k.attempt(t).AcceptedAt == nil && time.Now().Before(end); {
		k.pass(10 * time.Millisecond) // 400 ms between two tries to record it, at most
		time.Sleep(5 * time.Millisecond)
	}
	if x := k.attempt(t); x.AcceptedAt == nil || x.Status != calling.AttemptDialing {
		t.Errorf("the attempt is %s, and was accepted at %v", x.Status, x.AcceptedAt)
	}
	give()
	cancel()
	work.Wait()
}

// worker is a node that can carry a few calls, of ten minutes each.
type worker struct {
	*dialer.Dialer

	pokes chan uuid.UUID

	mu      sync.Mutex
	started map[string]time.Time // when, by call
	waits   map[string]int       // how often each was waited for
}

func (w *worker) Start(_ context.Context, c calling.Call) (refusal *calling.Report, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.started[c.ID]; !known {
		w.started[c.ID] = time.Now()
	}
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

func (w *worker) Wait(ctx context.Context, c calling.Call, _ func()) (report calling.Report, known bool, err error) {
	w.mu.Lock()
	at, known := w.started[c.ID]
	w.waits[c.ID]++
	w.mu.Unlock()
	if !known {
		return calling.Report{}, false, nil
	}
	select {
	case <-time.After(time.Until(at.Add(10 * time.Minute))):
		return calling.Report{Outcome: calling.OutcomeCompleted}, true, nil
	case <-ctx.Done():
		return calling.Report{}, true, context.Cause(ctx)
	}
}

func (*worker) HangUp(context.Context, calling.Call) error { return nil }
func (*worker) Keeps() bool                                { return true }
func (*worker) Changed(string)                             {}

func (*worker) StartBatch(context.Context, *store.Tx, string, string, time.Time) error { return nil }

func (*worker) HangUpCalls(context.Context, *store.Tx, string, []uuid.UUID) error { return nil }

func (w *worker) PlaceCalls(_ context.Context, tx *store.Tx, _ string, ids []uuid.UUID) error {
	tx.AfterCommit(func() {
		for _, id := range ids {
			w.pokes <- id
		}
	})
	return nil
}

// TestAnOutageCostsNoWorkers has the database away for longer than a lease while
// every worker of the node carries a call. What the node carries it keeps, and
// pokes for it take no worker from new calls.
func TestAnOutageCostsNoWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const workers = 4
		s := storetest.SQLite(t, nil)
		var away atomic.Bool
		w := &worker{pokes: make(chan uuid.UUID, 1000), started: map[string]time.Time{}, waits: map[string]int{}}
		w.Dialer = dialer.New(dialer.Config{
			Queue: w, Carrier: w, Publisher: w, Log: slog.New(slog.DiscardHandler),
			Store: s.Guarded(func(store.Moment) error {
				if away.Load() {
					return errors.New("the database is away")
				}
				return nil
			}),
		})
		a := accounts.New(s, time.Now)
		key, err := a.SeedDemo(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		viewer, err := a.Authenticate(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(auth.WithViewer(t.Context(), viewer))
		var work sync.WaitGroup
		work.Go(func() { w.Run(ctx) })
		for range workers {
			work.Go(func() {
				for {
					select {
					case id := <-w.pokes:
						_ = w.Place(ctx, viewer.OrganizationID, id)
					case <-ctx.Done():
						return
					}
				}
			})
		}
		limit, began := 1, time.Now()
		for range workers { // calls that begin two minutes after each other
			r := request(upload(t, 2))
			r.ConcurrentCallLimit = &limit
			if _, err := w.Create(ctx, r); err != nil {
				t.Fatal(err)
			}
			_ = w.Dispatch(ctx, viewer.OrganizationID)
			time.Sleep(2 * time.Minute)
		}
		away.Store(true)
		time.Sleep(20 * time.Second)
		away.Store(false)
		time.Sleep(20 * time.Minute)
		cancel()
		work.Wait()
		w.Stop()
		for id, at := range w.started {
			if late := at.Sub(began) % (2 * time.Minute); late > 30*time.Second {
				t.Errorf("call %s began %s late", id, late)
			}
			if w.waits[id] > 2 { // the second time as it was handed over at the end
				t.Errorf("call %s was waited for %d times", id, w.waits[id])
			}
		}
		if len(w.started) != 2*workers {
			t.Errorf("%d calls were made", len(w.started))
		}
	})
}
