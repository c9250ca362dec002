package dialer_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// desk is a dialer whose pokes and clock are in the test's hands, with a carrier
// that notes what it is asked.
type desk struct {
	*dialer.Dialer

	store *store.Store
	ctx   context.Context //nolint:containedctx // the viewer of the whole test
	org   string
	pokes atomic.Int64

	mu     sync.Mutex
	now    time.Time
	start  func(calling.Call) (*calling.Report, error) // nil = every call is taken
	seen   func(calling.Call)                          // called once the carrier said that it has the call; nil = it never says
	placed []calling.Call
	found  []calling.Call
	hungUp []calling.Call

	changed []string // batch jobs and organizations that were told of
	place   func(calling.Call) (calling.Report, error)
	find    func(calling.Call) (calling.Report, bool, error)
}

func newDesk(t *testing.T, s *store.Store) *desk {
	t.Helper()
	k := &desk{
		store: s, now: time.Now(),
		place: func(calling.Call) (calling.Report, error) {
			return calling.Report{Outcome: calling.OutcomeCompleted, Talk: 2 * time.Minute}, nil
		},
		find: func(calling.Call) (calling.Report, bool, error) { return calling.Report{}, false, nil },
	}
	k.Dialer = dialer.New(dialer.Config{
		Store: s, Queue: k, Carrier: k, Publisher: k, Now: k.clock, Log: slog.New(slog.DiscardHandler),
		StartWithin: 200 * time.Millisecond,
	})
	t.Cleanup(k.Stop)
	a := accounts.New(s, k.clock)
	key, err := a.SeedDemo(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := a.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	k.ctx, k.org = auth.WithViewer(t.Context(), viewer), viewer.OrganizationID
	return k
}

func (k *desk) clock() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

func (k *desk) pass(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now = k.now.Add(d)
}

func (k *desk) Start(_ context.Context, c calling.Call) (*calling.Report, error) {
	if k.start != nil {
		if refusal, err := k.start(c); refusal != nil || err != nil {
			return refusal, err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.placed = append(k.placed, c)
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Wait answers for calls that were placed here with place, for others with find.
func (k *desk) Wait(_ context.Context, c calling.Call, found func()) (report calling.Report, known bool, err error) {
	k.mu.Lock()
	placed := slices.ContainsFunc(k.placed, func(p calling.Call) bool { return p.ID == c.ID })
	if !placed {
		k.found = append(k.found, c)
	}
	k.mu.Unlock()
	if k.seen != nil && found != nil {
		found()
		k.seen(c)
	}
	if placed {
		report, err = k.place(c)
		return report, true, err
	}
	return k.find(c)
}

func (k *desk) HangUp(_ context.Context, c calling.Call) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hungUp = append(k.hungUp, c)
	return nil
}

func (k *desk) Keeps() bool { return true }

func (k *desk) StartBatch(context.Context, *store.Tx, string, string, time.Time) error { return nil }

func (k *desk) PlaceCalls(_ context.Context, _ *store.Tx, _ string, attempts []uuid.UUID) error {
	k.pokes.Add(int64(len(attempts)))
	return nil
}

func (k *desk) Changed(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changed = append(k.changed, id)
}

// dial creates a batch job and gives its contacts their slots.
func (k *desk) dial(t *testing.T, limit int, u *contacts.Upload, change ...func(*dialer.CreateRequest)) string {
	t.Helper()
	r := request(u)
	r.ConcurrentCallLimit = &limit
	for _, c := range change {
		c(&r)
	}
	created, err := k.Create(k.ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Dispatch(k.ctx, k.org); err != nil {
		t.Fatal(err)
	}
	return created.BatchJobID
}

func (k *desk) attempt(t *testing.T) *ent.Attempt {
	t.Helper()
	return k.store.Read().Attempt.Query().Order(attempt.ByNumber()).FirstX(k.ctx)
}

// change writes rows behind the dialer's back.
func (k *desk) change(t *testing.T, do func(context.Context, *store.Tx) error) {
	t.Helper()
	if err := k.store.InTx(auth.WithSystem(k.ctx), do); err != nil {
		t.Fatal(err)
	}
}

// abandon makes every attempt one that a node claimed before it died.
func (k *desk) abandon(t *testing.T) {
	t.Helper()
	k.change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.Attempt.Update().SetStatus(calling.AttemptDialing).SetNode("dead").AddClaims(1).
			SetStartedAt(k.clock()).SetLeaseUntil(k.clock().Add(-time.Second)).Exec(ctx)
	})
}

func TestNobodyIsCalledOutsideTheWindow(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.now = time.Date(2027, 2, 1, 17, 59, 0, 0, time.UTC)
	k.dial(t, 1, upload(t, 1), func(r *dialer.CreateRequest) {
		r.CallWindow = &calling.CallWindow{Opens: "09:00", Closes: "18:00"}
	})
	k.pass(9 * time.Hour) // nothing ran until three in the morning
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil {
		t.Fatal(err)
	}
	person := k.store.Read().Contact.Query().OnlyX(k.ctx)
	if len(k.placed) > 0 || person.Status != calling.ContactPending || person.NextAttemptAt.Hour() != 9 {
		t.Errorf("called %d times; the contact is %s until %v", len(k.placed), person.Status, person.NextAttemptAt)
	}
	testkit.Audit(t, k.store)
}

func TestACallThatNeverWentOutDoesNotStartAfterCancel(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	id := k.dial(t, 1, upload(t, 1))
	k.abandon(t) // claimed, and the node died before it asked the carrier
	if _, err := k.Cancel(k.ctx, id, false, ""); err != nil {
		t.Fatal(err)
	}
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil { // the sweep's poke
		t.Fatal(err)
	}
	batch := k.store.Read().BatchJob.Query().OnlyX(k.ctx)
	if len(k.placed) > 0 || len(k.found) != 2 || batch.Status != calling.BatchCancelled || batch.ContactsCancelled != 1 {
		t.Errorf("placed %d, looked for %d; the batch job is %s", len(k.placed), len(k.found), batch.Status)
	}
	testkit.Audit(t, k.store)
}

func TestACallUnderWayIsFoundAfterCancel(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.find = func(calling.Call) (calling.Report, bool, error) {
		return calling.Report{Outcome: calling.OutcomeCompleted, Talk: time.Minute}, true, nil
	}
	id := k.dial(t, 1, upload(t, 1))
	k.abandon(t)
	if _, err := k.Cancel(k.ctx, id, false, ""); err != nil {
		t.Fatal(err)
	}
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil {
		t.Fatal(err)
	}
	if x := k.attempt(t); len(k.placed) > 0 || *x.Outcome != calling.OutcomeCompleted || x.CostMicros == 0 {
		t.Errorf("placed %d; ended as %s for %d", len(k.placed), *x.Outcome, x.CostMicros)
	}
	testkit.Audit(t, k.store)
}

func TestACallNobodyKnowsOfEndsAsUnknown(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.find = func(calling.Call) (calling.Report, bool, error) {
		return calling.Report{}, false, errors.New("no answer")
	}
	k.dial(t, 1, upload(t, 1))
	k.abandon(t)
	k.pass(time.Hour)
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil {
		t.Fatal(err)
	}
	x := k.attempt(t)
	batch := k.store.Read().BatchJob.Query().OnlyX(k.ctx)
	if len(k.placed) > 0 || *x.Outcome != calling.OutcomeUnknown || batch.Status != calling.BatchCompleted {
		t.Errorf("placed %d; ended as %s; the batch job is %s", len(k.placed), *x.Outcome, batch.Status)
	}
	testkit.Audit(t, k.store)
}

// TestALiveCallIsNeverWithdrawn has one node commit its claim while a pause
// waits for it and a second poke of the same attempt waits for the pause.
func TestALiveCallIsNeverWithdrawn(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.Postgres(t, nil))
	id := k.dial(t, 1, upload(t, 1))
	x := k.attempt(t)
	claimed, commit := make(chan struct{}), make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		err := k.store.InTx(k.ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.AllowStarts(ctx, id); err != nil {
				return err
			}
			err := tx.Ent.Attempt.Update().Where(attempt.ID(x.ID)).SetStatus(calling.AttemptDialing).SetNode("another").AddClaims(1).
				SetStartedAt(k.clock()).SetLeaseUntil(k.clock().Add(time.Minute)).Exec(ctx)
			close(claimed)
			<-commit
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-claimed
	work.Go(func() {
		if err := k.Pause(k.ctx, id, ""); err != nil {
			t.Error(err)
		}
	})
	waiting(t, k, 1)
	work.Go(func() {
		if err := k.Place(k.ctx, k.org, x.ID); err != nil {
			t.Error(err)
		}
	})
	waiting(t, k, 2)
	close(commit)
	work.Wait()
	if x := k.attempt(t); x.Status != calling.AttemptDialing || x.Node != "another" || len(k.placed) > 0 {
		t.Errorf("the call of another node is %s at %q, placed %d times more", x.Status, x.Node, len(k.placed))
	}
	testkit.Audit(t, k.store)
}

// waiting returns once n sessions of the database wait for a lock.
func waiting(t *testing.T, k *desk, n int) {
	t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var got int
		err := k.store.Pool().QueryRow(t.Context(),
			"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").Scan(&got)
		if err != nil {
			t.Fatal(err)
		}
		if got >= n {
			return
		}
	}
	t.Fatalf("%d sessions do not come to wait", n)
}

func TestCreditsAreGivenOnce(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	later := k.clock().Add(time.Hour).UTC().Format(time.RFC3339)
	for range 4 {
		k.dial(t, 5, upload(t, 5), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &later })
	}
	k.change(t, func(ctx context.Context, tx *store.Tx) error { // the holds are used up, five calls can be paid
		if err := tx.Ent.BatchJob.Update().SetHeldMicros(0).Exec(ctx); err != nil {
			return err
		}
		return tx.Ent.Organization.Update().SetHeldMicros(0).SetBalanceMicros(5 * 35_000).Exec(ctx)
	})
	k.pass(2 * time.Hour)
	if err := k.Dispatch(k.ctx, k.org); err != nil {
		t.Fatal(err)
	}
	if n := k.store.Read().Attempt.Query().CountX(k.ctx); n != 5 {
		t.Errorf("%d slots were given with credits for five", n)
	}
}

func TestManySlotsTakeSeveralTurns(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.Organization.Update().SetConcurrentCallLimit(3000).Exec(ctx)
	})
	later := k.clock().Add(time.Hour).UTC().Format(time.RFC3339)
	for range 24 {
		k.dial(t, 50, upload(t, 50), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &later })
	}
	k.pass(2 * time.Hour)
	for range 3 {
		if err := k.Dispatch(k.ctx, k.org); err != nil {
			t.Fatal(err)
		}
	}
	if n := k.store.Read().Attempt.Query().CountX(k.ctx); n != 1200 {
		t.Errorf("%d of 1200 slots were given", n)
	}
	testkit.Audit(t, k.store)
}

func TestSweepPokesOncePerLease(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.dial(t, 5, upload(t, 5))
	k.abandon(t)
	before := k.pokes.Load()
	for range 10 {
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := k.pokes.Load() - before; n != 5 {
		t.Errorf("ten sweeps poked five attempts %d times", n)
	}
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil || len(k.placed) != 1 {
		t.Errorf("the poke placed %d calls: %v", len(k.placed), err)
	}
}

func TestLongNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	u, err := contacts.ReadJSON(json.NewDecoder(strings.NewReader(
		`[{"phone":"+12025550101","customerName":90071992547409931,"planType":1.10,"renewalDate":null}]`)))
	if err != nil {
		t.Fatal(err)
	}
	k.dial(t, 1, u)
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil {
		t.Fatal(err)
	}
	if p := k.placed[0].Prompt; !strings.Contains(p, "90071992547409931") || !strings.Contains(p, "1.10") {
		t.Errorf("the agent is told %q", p)
	}
}

// stubborn is a carrier with a defect: it panics once, and its words are not
// text.
type stubborn struct{ panics atomic.Bool }

func (c *stubborn) Start(context.Context, calling.Call) (refusal *calling.Report, err error) {
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

func (c *stubborn) Wait(context.Context, calling.Call, func()) (report calling.Report, known bool, err error) {
	if c.panics.CompareAndSwap(false, true) {
		panic("a defect in a carrier")
	}
	return calling.Report{Outcome: "MAYBE", Reason: "bad\x00word\xff", EndedAt: time.Unix(1<<60, 0), Talk: -1}, true, nil
}

func (c *stubborn) HangUp(context.Context, calling.Call) error { return nil }
func (c *stubborn) Keeps() bool                                { return true }

func TestADefectInACarrierKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{Carrier: &stubborn{}, Log: slog.New(slog.DiscardHandler), Lease: time.Second})
		id := b.create(t, 5, upload(t, 9)) // one fewer than the circuit breaker takes
		p := b.finished(t, id)
		if p.Status != calling.BatchCompleted || p.Outcomes[calling.OutcomeUnknown] != 9 {
			t.Errorf("ended as %+v", p)
		}
		testkit.Audit(t, s)
	})
}
