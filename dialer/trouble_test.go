package dialer_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// placeAll has every attempt in flight placed, one after the other.
func (k *desk) placeAll(t *testing.T) {
	t.Helper()
	for _, id := range k.store.Read().Attempt.Query().Where(attempt.StatusNEQ(calling.AttemptEnded)).IDsX(k.ctx) {
		if err := k.Place(k.ctx, k.org, id); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPauseWaitsForCallsThatAreBeingAskedFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 1, upload(t, 1))
		asked, answer := make(chan struct{}), make(chan struct{})
		k.start = func(calling.Call) (*calling.Report, error) {
			close(asked)
			<-answer
			return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
		}
		var work sync.WaitGroup
		work.Go(func() {
			if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err != nil {
				t.Error(err)
			}
		})
		<-asked
		var paused time.Time
		work.Go(func() {
			if err := k.Pause(k.ctx, id, ""); err != nil {
				t.Error(err)
			}
			paused = time.Now()
		})
		for k.status(t) != calling.BatchPaused {
			time.Sleep(time.Millisecond)
		}
		taken := time.Now()
		close(answer)
		work.Wait()
		if paused.Before(taken) {
			t.Error("the pause answered before the call was taken")
		}
		testkit.Audit(t, s)
	})
}

func (k *desk) status(t *testing.T) calling.BatchStatus {
	t.Helper()
	return k.store.Read().BatchJob.Query().OnlyX(k.ctx).Status
}

func TestPauseDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	id := k.dial(t, 1, upload(t, 1))
	k.abandon(t) // claimed by a node that is dead, or frozen
	if err := k.Pause(k.ctx, id, ""); err != nil {
		t.Fatal(err)
	}
	if s := k.status(t); s != calling.BatchPaused {
		t.Errorf("the batch job is %s", s)
	}
}

func TestAnOldClaimStartsNoCall(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.dial(t, 1, upload(t, 1))
	k.abandon(t)
	k.find = func(calling.Call) (calling.Report, bool, error) {
		k.pass(time.Minute) // the node is frozen just when it has its claim
		return calling.Report{}, false, nil
	}
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err == nil {
		t.Error("the attempt was placed")
	}
	if x := k.attempt(t); len(k.placed) > 0 || x.Status != calling.AttemptDialing || x.Node != "" {
		t.Errorf("placed %d; the attempt is %s at %q", len(k.placed), x.Status, x.Node)
	}
	k.find = func(calling.Call) (calling.Report, bool, error) { return calling.Report{}, false, nil }
	k.placeAll(t)
	if len(k.placed) != 1 {
		t.Errorf("placed %d times with a new claim", len(k.placed))
	}
	testkit.Audit(t, k.store)
}

func TestACallTheCarrierForgotIsNotDialedAgain(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.dial(t, 1, upload(t, 1))
	k.abandon(t)
	k.change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.Attempt.Update().SetAcceptedAt(k.clock()).Exec(ctx)
	})
	k.placeAll(t)
	if x := k.attempt(t); len(k.placed) > 0 || x.Outcome == nil || *x.Outcome != calling.OutcomeUnknown {
		t.Errorf("placed %d; the attempt is %s, %v", len(k.placed), x.Status, x.Outcome)
	}
	testkit.Audit(t, k.store)
}

func TestARefusalThatCameTooLateCountsForNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.dial(t, 1, upload(t, 1))
		k.start = func(calling.Call) (*calling.Report, error) {
			k.change(t, func(ctx context.Context, tx *store.Tx) error { // another node takes over meanwhile
				return tx.Ent.Attempt.Update().AddClaims(1).SetNode("another").SetLeaseUntil(k.clock().Add(time.Minute)).Exec(ctx)
			})
			return &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true}, nil
		}
		k.placeAll(t)
		if x := k.attempt(t); x.Status != calling.AttemptDialing || x.Node != "another" {
			t.Errorf("the attempt is %s at %q", x.Status, x.Node)
		}
		testkit.Audit(t, s)
	})
}

func TestCircuitBreaker(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.place = func(calling.Call) (calling.Report, error) {
			return calling.Report{Outcome: calling.OutcomeBlocked}, nil
		}
		id := k.dial(t, 20, upload(t, 40))
		k.placeAll(t)
		b := k.store.Read().BatchJob.Query().OnlyX(k.ctx)
		if b.Status != calling.BatchPaused || b.PauseReason == nil || *b.PauseReason != calling.PausedByCircuitBreaker ||
			!strings.HasPrefix(b.PauseNote, "10 of the last 10 calls failed (10 BLOCKED).") || b.ContactsFailed != 10 || b.ContactsPending != 30 {
			t.Fatalf("the batch job is %s with %d failed and %d pending: %s", b.Status, b.ContactsFailed, b.ContactsPending, b.PauseNote)
		}
		ended := k.store.Read().Attempt.Query().Where(attempt.Dialed(true), attempt.StatusEQ(calling.AttemptEnded)).IDsX(k.ctx)
		for _, a := range ended {
			if !strings.Contains(b.PauseNote, calling.PublicID(calling.AttemptPrefix, a)) {
				t.Errorf("the note does not name %s: %s", a, b.PauseNote)
			}
		}
		testkit.Audit(t, s)

		k.place = func(calling.Call) (calling.Report, error) {
			return calling.Report{Outcome: calling.OutcomeCompleted}, nil
		}
		if err := k.Resume(k.ctx, id, ""); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			k.pass(time.Minute)
			if err := k.Dispatch(k.ctx, k.org); err != nil {
				t.Fatal(err)
			}
			k.placeAll(t)
		}
		if b := k.store.Read().BatchJob.Query().OnlyX(k.ctx); b.Status != calling.BatchCompleted || b.PauseNote != "" || b.ContactsCompleted != 30 {
			t.Errorf("after the resume it is %s with %d completed: %s", b.Status, b.ContactsCompleted, b.PauseNote)
		}
		testkit.Audit(t, s)
	})
}

func TestAFullCarrierSlowsDownAndSpendsNothing(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.start = func(calling.Call) (*calling.Report, error) {
		return &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, Reason: "full"}, nil
	}
	k.dial(t, 8, upload(t, 8))
	k.placeAll(t)
	b := k.store.Read().BatchJob.Query().OnlyX(k.ctx)
	people := k.store.Read().Contact.Query().AllX(k.ctx)
	for _, c := range people {
		if c.AttemptsUsed != 0 || c.Status != calling.ContactPending {
			t.Errorf("contact %d is %s and used %d attempts", c.Row, c.Status, c.AttemptsUsed)
		}
	}
	if b.CarrierFullLevel != 1 || len(b.RecentCalls) > 0 {
		t.Errorf("level %d, %d calls for the breaker", b.CarrierFullLevel, len(b.RecentCalls))
	}
	p, err := k.Progress(k.ctx, b.ID)
	if err != nil || p[0].Waiting() != calling.WaitingForCarrier {
		t.Errorf("it waits for %q: %v", p[0].Waiting(), err)
	}
	for _, want := range []int{0, 4, 8} { // now, after a second, after two
		if err := k.Dispatch(k.ctx, k.org); err != nil {
			t.Fatal(err)
		}
		if n := k.store.Read().Attempt.Query().Where(attempt.StatusNEQ(calling.AttemptEnded)).CountX(k.ctx); n != want {
			t.Errorf("%d calls have slots, want %d", n, want)
		}
		k.pass(time.Second)
	}
	testkit.Audit(t, k.store)
}

func TestHeldCallsAreHungUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{TimeScale: 0.01, Lease: 300 * time.Millisecond})
		id := b.create(t, 3, upload(t, 9))
		b.until(t, id, func(p calling.Progress) bool { return p.CallsInFlight == 3 })
		if _, err := b.Dialer.Cancel(b.ctx, id, false, ""); err != nil {
			t.Fatal(err)
		}
		err := s.InTx(b.ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.BatchJob.Update().SetHangUp(true).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if p := b.finished(t, id); p.Status != calling.BatchCancelled || p.Cancelled != 9 {
			t.Errorf("ended as %+v", p)
		}
		testkit.Audit(t, s)
	})
}

func TestAnUnclearAskIsLookedFor(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	k.start = func(calling.Call) (*calling.Report, error) { return nil, errors.New("connection reset") }
	k.find = func(calling.Call) (calling.Report, bool, error) { // it had arrived all the same
		return calling.Report{Outcome: calling.OutcomeCompleted, Talk: time.Minute}, true, nil
	}
	k.dial(t, 1, upload(t, 1))
	if err := k.Place(k.ctx, k.org, k.attempt(t).ID); err == nil {
		t.Error("an unclear ask is no error")
	}
	k.placeAll(t)
	if x := k.attempt(t); x.Outcome == nil || *x.Outcome != calling.OutcomeCompleted || x.Claims != 2 || x.Number != 1 {
		t.Errorf("attempt %d is %s, %v, after %d claims", x.Number, x.Status, x.Outcome, x.Claims)
	}
	testkit.Audit(t, k.store)
}
