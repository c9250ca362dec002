package jobs_test

import (
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// TestANodeCarriesNoMoreThanItMay has more slots than the node has places: those of
// its own turns and those it is poked for come to no more together, and everybody
// gets a turn.
func TestANodeCarriesNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		const places = 3
		b := setup(t, s, testkit.Options{Calls: places, TimeScale: 200}) // calls long enough to meet
		limit := 10
		p := b.finished(t, b.create(t, 30, func(r *dialer.CreateRequest) { r.ConcurrentCallLimit = &limit }))
		if p.Completed+p.Failed != 30 {
			t.Errorf("ended as %+v", p)
		}
		if peak := b.Simulator.Peak(b.viewer.OrganizationID); peak > places {
			t.Errorf("%d calls were carried at once, not %d at most", peak, places)
		}
		testkit.Audit(t, s)
	})
}

// TestTurnsClaimForTheirNode looks for what makes a turn quick: where there is a
// place, nobody is poked.
func TestTurnsClaimForTheirNode(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		b.finished(t, b.create(t, 10))
		for _, j := range jobRows(t, s) {
			if j.Kind == "place_call" {
				t.Errorf("there was a poke: %+v", j)
			}
		}
		if n := s.Read().Attempt.Query().Where(attempt.Claims(1), attempt.StatusEQ(calling.AttemptEnded)).CountX(b.context(t)); n < 10 {
			t.Errorf("%d attempts were claimed once", n)
		}
	})
}

// TestWhoStopsTakesOnNoCalls has a node, whose places are taken, take on no more: those
// who wait for a place are refused it when it is free, and called by the next node.
func TestWhoStopsTakesOnNoCalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		const places, contacts = 2, 6
		carrier := newDesk()
		b := setup(t, s, testkit.Options{Carrier: carrier, Calls: places})
		limit := contacts
		batch := b.create(t, contacts, func(r *dialer.CreateRequest) { r.ConcurrentCallLimit = &limit })
		carrier.calls(t, places)
		b.Dialer.TakeOnNoMore()
		stopped := time.Now()
		close(carrier.end)
		refused(t, s, contacts-places, stopped)
		if asks := carrier.asks(); len(asks) != places {
			t.Errorf("%d calls were asked for by a node that takes on no more than %d", len(asks), places)
		}
		b.Stop()

		next := newDesk()
		close(next.end)
		after := &bundle{Engine: testkit.Start(t, s, testkit.Options{Carrier: next}), viewer: b.viewer}
		if p := after.finished(t, batch); p.Completed != contacts || p.Attempts != contacts {
			t.Errorf("ended as %+v", p)
		}
		if asks := next.asks(); len(asks) != contacts-places {
			t.Errorf("the next node called %d", len(asks))
		}
		testkit.Audit(t, s)
	})
}

// refused waits until so many pokes rest that found no place after the moment given.
func refused(tb testing.TB, s *store.Store, want int, since time.Time) {
	tb.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		resting := 0
		for _, j := range jobRows(tb, s) {
			if j.Kind == "place_call" && j.State != "completed" && j.ScheduledAt.After(since) {
				resting++
			}
		}
		if resting == want {
			return
		}
		if time.Now().After(end) {
			tb.Fatalf("%d of %d pokes rest", resting, want)
		}
	}
}
