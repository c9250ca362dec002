package dialer_test

import (
	"context"
	"testing"

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
