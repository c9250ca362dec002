package jobs_test

import (
	"testing"

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
