package dialer_test

import (
	"context"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// madeFor makes every batch job one that was made for a carrier.
func (k *desk) madeFor(t *testing.T, carrier string) {
	t.Helper()
	if pool := k.store.Pool(); pool != nil {
		if _, err := pool.Exec(t.Context(), "UPDATE batch_jobs SET carrier = $1", carrier); err != nil {
			t.Fatal(err)
		}
		return
	}
	k.change(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SQL().ExecContext(ctx, "UPDATE batch_jobs SET carrier = '"+carrier+"'")
		return err
	})
}

func TestNoOtherCarrierPlacesTheCalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 1, upload(t, 2))
		k.madeFor(t, "another")
		k.placeAll(t)
		if err := k.Dispatch(k.ctx, k.org); err != nil {
			t.Fatal(err)
		}
		if len(k.placed) > 0 || len(k.inFlight(t)) != 1 {
			t.Errorf("placed %d calls of a batch job for another carrier; %d have slots", len(k.placed), len(k.inFlight(t)))
		}
		if others, err := k.ForOtherCarriers(k.ctx); err != nil || others["another"] != 1 {
			t.Errorf("it counts %v: %v", others, err)
		}
		k.madeFor(t, "")
		for k.store.Read().BatchJob.Query().Where(batchjob.ID(id), batchjob.StatusEQ(calling.BatchRunning)).ExistX(k.ctx) {
			k.placeAll(t)
		}
		if len(k.placed) != 2 {
			t.Errorf("placed %d calls once it may", len(k.placed))
		}
		testkit.Audit(t, s)
	})
}

func TestCallsOfAnotherCarrierGiveTheirSlotsBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.limit(t, 1)
		old := k.dial(t, 1, upload(t, 1))
		k.abandon(t)
		k.madeFor(t, "another")
		id := k.dial(t, 1, upload(t, 1))
		if _, err := k.Cancel(k.ctx, old, true, ""); err != nil {
			t.Fatal(err)
		}
		theirs := k.inFlight(t)[0]
		if err := k.Dialer.HangUp(k.ctx, k.org, theirs); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			k.placeAll(t)
			if b := k.batch(old); b.ContactsDialing != 1 || len(k.inFlight(t)) != 1 {
				t.Fatalf("its call is given up while it may be on: %s", b.Status)
			}
			k.pass(40 * time.Minute)
		}
		k.placeAll(t)
		ended := k.store.Read().Attempt.GetX(k.ctx, theirs)
		if ended.Outcome == nil || *ended.Outcome != calling.OutcomeUnknown || !ended.Dialed {
			t.Errorf("its call ended as %v, dialed: %v", ended.Outcome, ended.Dialed)
		}
		if b := k.batch(old); b.Status != calling.BatchCancelled || b.OutcomeCounts[calling.OutcomeUnknown] != 1 {
			t.Errorf("its batch job is %s with %v", b.Status, b.OutcomeCounts)
		}
		if len(k.placed)+len(k.found)+len(k.hungUp) > 0 {
			t.Errorf("the wrong carrier was asked: %v, %v, %v", k.placed, k.found, k.hungUp)
		}
		if b := k.batch(id); b.ContactsDialing != 1 {
			t.Errorf("the slot is not given on: %d dialing", b.ContactsDialing)
		}
		testkit.Audit(t, s)
	})
}

// A node that took a call over late may have begun it then.
func TestCallsOfAnotherCarrierAreTimedFromTheirAcceptance(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.limit(t, 1)
		old := k.dial(t, 1, upload(t, 1))
		k.abandon(t)
		k.madeFor(t, "another")
		id := k.dial(t, 1, upload(t, 1))
		k.pass(42 * time.Minute)
		k.change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Attempt.Update().AddClaims(1).SetAcceptedAt(k.clock().Add(-5 * time.Minute)).Exec(ctx)
		})
		k.placeAll(t)
		if b := k.batch(old); b.ContactsDialing != 1 || len(k.inFlight(t)) != 1 {
			t.Errorf("its call is given up while it may be on: %v", b.OutcomeCounts)
		}
		if b := k.batch(id); b.ContactsDialing != 0 {
			t.Errorf("its slot is given on: %d dialing", b.ContactsDialing)
		}
		testkit.Audit(t, s)
	})
}

func TestSlotsThatAnotherCarrierNeverUsedAreGivenBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.limit(t, 1)
		old := k.dial(t, 1, upload(t, 1))
		k.madeFor(t, "another")
		id := k.dial(t, 1, upload(t, 1))
		k.pass(2 * time.Minute)
		k.placeAll(t)
		if b := k.batch(old); b.ContactsPending != 1 || b.AttemptsEnded != 0 || b.Status != calling.BatchRunning {
			t.Errorf("nobody was asked to call, and it is %s with %d pending, %d attempts ended", b.Status, b.ContactsPending, b.AttemptsEnded)
		}
		if b := k.batch(id); b.ContactsDialing != 1 {
			t.Errorf("the slot is not given on: %d dialing", b.ContactsDialing)
		}
		testkit.Audit(t, s)
	})
}
