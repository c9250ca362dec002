package chaos_test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/chaos"
	"github.com/outdial/outdial/internal/testdb"
)

// seed is a new one for each run, or CHAOS_SEED; it is logged.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("CHAOS_SEED"), 10, 64)
	if err != nil {
		n = rand.Uint64()
	}
	t.Logf("CHAOS_SEED=%d", n)
	return n
}

// TestChaos is a short run of what `make chaos` does at length.
func TestChaos(t *testing.T) {
	t.Parallel()
	plan := func(seed uint64) chaos.Plan {
		return chaos.Plan{
			Seed: seed, Batches: 5, Fewest: 15, Most: 40, AtOnce: 5, Kills: 10, Controls: true,
			Calm: 2 * time.Second, Deadline: 2 * time.Minute,
		}
	}
	carrier := func(seed uint64) chaos.ObserverOptions {
		return chaos.ObserverOptions{Seed: seed, Misbehaves: 0.05, Shortest: 50 * time.Millisecond, Longest: 500 * time.Millisecond}
	}
	t.Run("three nodes on one PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server, err := testdb.StartDurablePostgres(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		p := plan(seed(t))
		p.Faults = []string{"kill", "kill", "kill", "crash", "freeze", "cut", "stall", "slow", "reset"}
		w := world(t, sqlite, func(s *chaos.Setup) {
			s.URL, s.Server, s.Nodes, s.Accounts, s.Observer, s.Lease = server.URL, server, 3, 2, carrier(p.Seed), 4*time.Second
		})
		run(t, w, p)
	})
	t.Run("one node on SQLite", func(t *testing.T) {
		t.Parallel()
		p := plan(seed(t))
		p.Faults = []string{"kill", "kill", "stop", "freeze", "cut", "stall"}
		run(t, world(t, sqlite, func(s *chaos.Setup) { s.Accounts, s.Observer = 2, carrier(p.Seed) }), p)
	})
}

func run(t *testing.T, w *chaos.World, plan chaos.Plan) {
	t.Helper()
	report, err := chaos.Run(t.Context(), w, plan)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", report)
	if len(report.Violations) > 0 {
		t.Error("promises were broken")
	}
}

// TestForgetfulCarrier has the carrier lose everything it had accepted: what
// Outdial had written down is told as UNKNOWN and never dialed again.
func TestForgetfulCarrier(t *testing.T) {
	t.Parallel()
	w := world(t, postgres, func(s *chaos.Setup) {
		s.Observer.Shortest, s.Observer.Longest = time.Second, 2*time.Second
		s.Settings = []string{"BREAKER_FAILURES=0"}
	})
	created(t, w, w.Batch("the one", 0, 20))
	accepted(t, w, 4)
	time.Sleep(time.Second / 2) // the acceptances are written down meanwhile
	restart(t, w)
	if err := w.Observer.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := finish(t, w); r.Unknown == 0 {
		t.Errorf("no attempt ended as UNKNOWN:\n%s", r)
	}
}

func TestFrozenNode(t *testing.T) {
	t.Parallel()
	w := world(t, postgres, func(s *chaos.Setup) {
		s.Nodes = 2
		s.Observer.Shortest, s.Observer.Longest = time.Second, 2*time.Second
	})
	created(t, w, w.Batch("the one", 0, 40))
	for i := range 2 {
		accepted(t, w, 5+5*i)
		if err := w.Freeze(t.Context(), w.Nodes[i%2], w.Setup.Lease+2*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, w)
}

func TestScheduledStartWhileStopped(t *testing.T) {
	t.Parallel()
	w := world(t, postgres, nil)
	c := w.Batch("the one", 0, 5)
	c.StartAt = time.Now().Add(15 * time.Second).UTC().Truncate(time.Second)
	created(t, w, c)
	if err := w.Nodes[0].Stop(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(c.StartAt.Add(time.Second)))
	if err := w.Nodes[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	r := finish(t, w)
	if late := r.History.State.Batches[0].StartedAt.Sub(back); late > 5*time.Second {
		t.Errorf("it started %s after the node was back", late)
	}
	for _, line := range r.History.Lines {
		if line.At.Before(c.StartAt) {
			t.Errorf("%s %s before the start", line.Event, c.StartAt.Sub(line.At))
		}
	}
}

// TestCreditsRace has a hundred creates race for the credits of 37.
func TestCreditsRace(t *testing.T) {
	t.Parallel()
	for _, on := range []database{postgres, sqlite} {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			if made, refused := raceForCredits(t, on); made != 37 || refused != 63 {
				t.Errorf("%d batch jobs were created, %d refused for lack of credits", made, refused)
			}
		})
	}
	t.Run("a planted defect is found", func(t *testing.T) {
		t.Parallel()
		if made, _ := raceForCredits(t, postgres, "OUTDIAL_PLANTED=no-credit-check"); made <= 37 {
			t.Errorf("%d batch jobs were created without a look at the credits", made)
		}
	})
}

// raceForCredits returns how many of a hundred creates were made, and how many
// refused because there was no credit left.
func raceForCredits(t *testing.T, on database, settings ...string) (made, refused int) {
	t.Helper()
	const perCall = 0.035
	w := world(t, on, func(s *chaos.Setup) { s.Credits, s.Settings = 37*perCall, settings })
	in := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	for _, told := range atOnce(100, func(i int) chaos.Create {
		c := w.Batch(strconv.Itoa(i), i, 1)
		c.StartAt = in // or what the first ones do not spend is there for others
		return w.Create(t.Context(), w.Nodes[0], c)
	}) {
		switch told.Status {
		case http.StatusOK:
			made++
			w.Control(t.Context(), w.Nodes[0], told.Batch, chaos.Cancel)
		case http.StatusBadRequest, http.StatusPaymentRequired:
			refused++
		default:
			t.Errorf("a create was answered %d", told.Status)
		}
	}
	finish(t, w)
	return made, refused
}

// TestOneKey has a hundred creates with one idempotency key at once.
func TestOneKey(t *testing.T) {
	t.Parallel()
	for _, on := range []database{postgres, sqlite} {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			w := world(t, on, nil)
			batches := map[string]int{}
			for _, told := range atOnce(100, func(int) chaos.Create {
				return w.Create(t.Context(), w.Nodes[0], w.Batch("the one", 0, 10))
			}) {
				if !told.Created() && told.Status != http.StatusConflict {
					t.Errorf("a create was answered %d", told.Status)
				}
				if told.Created() {
					batches[told.Batch]++
				}
			}
			r := finish(t, w)
			if len(batches) != 1 || len(r.History.State.Batches) != 1 {
				t.Errorf("the answers name %v, there are %d batch jobs", batches, len(r.History.State.Batches))
			}
			if status := r.History.State.Batches[0].Status; status != calling.BatchCompleted {
				t.Errorf("it ended as %s", status)
			}
		})
	}
}

// atOnce does n things at once and returns what came of them.
func atOnce(n int, do func(i int) chaos.Create) []chaos.Create {
	results := make([]chaos.Create, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { results[i] = do(i) })
	}
	all.Wait()
	return results
}
