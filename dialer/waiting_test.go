package dialer_test

import (
	"context"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// waits returns what a batch job waits for.
func (k *desk) waits(t *testing.T, id string) calling.WaitingFor {
	t.Helper()
	p, err := k.Progress(k.ctx, id)
	if err != nil || len(p) != 1 {
		t.Fatalf("%d snapshots: %v", len(p), err)
	}
	waits, err := k.Waiting(k.ctx, p[0])
	if err != nil {
		t.Fatal(err)
	}
	return waits
}

func TestWhatABatchJobWaitsFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		want := func(when, id string, what calling.WaitingFor) {
			t.Helper()
			if got := k.waits(t, id); got != what {
				t.Errorf("%s it waits for %q, not %q", when, got, what)
			}
		}
		k.limit(t, 2)
		first := k.dial(t, 2, upload(t, 2))
		second := k.dial(t, 2, upload(t, 2))
		want("with every slot taken by another", second, calling.WaitingForSlots)
		want("with everybody dialed", first, calling.WaitingForCallsInFlight)
		k.end(t, first, calling.OutcomeNoAnswer, calling.OutcomeCompleted)
		want("with its slots taken and nobody due", first, calling.WaitingForRetry)
		want("with everybody dialed", second, calling.WaitingForCallsInFlight)
		k.pass(time.Hour)
		want("with its slots taken and somebody due", first, calling.WaitingForSlots)
		k.end(t, second, calling.OutcomeCompleted)
		want("with its slots free again", first, calling.WaitingForCallsInFlight)
	})
}

func TestABatchJobOfAnotherCarrierSaysSo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 1, upload(t, 2))
		k.madeFor(t, "another")
		if got := k.waits(t, id); got != calling.WaitingForOtherCarrier {
			t.Errorf("it waits for %q", got)
		}
		k.change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Attempt.Update().SetStatus(calling.AttemptDialing).SetNode("other").AddClaims(1).
				SetStartedAt(k.clock()).SetLeaseUntil(k.clock().Add(time.Minute)).Exec(ctx)
		})
		if got := k.waits(t, id); got != "" {
			t.Errorf("while another node carries its calls it waits for %q", got)
		}
		k.pass(time.Hour)
		if got := k.waits(t, id); got != calling.WaitingForOtherCarrier {
			t.Errorf("once the other node is gone it waits for %q", got)
		}
	})
}
