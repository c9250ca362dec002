package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/chaos"
)

// crashPoint is a place in the program where a process is stopped as by kill -9.
type crashPoint struct {
	name  string
	where string
	most  int // the passing it dies at is drawn from 1 to most
	on    []database
	again bool // the create may be unanswered, so its client sends it again
	poked bool // with so few places on the node that most calls are poked for
	// provoke does what leads to the point. check looks at the end, beside what
	// every world is checked for; died and back are when the node died and served
	// again.
	provoke func(*testing.T, *chaos.World)
	check   func(t *testing.T, r *chaos.Report, died, back time.Time)
}

func crashPoints() []crashPoint {
	both, one := []database{postgres, sqlite}, []database{postgres}
	return []crashPoint{
		{"C1", "inside the create transaction", 1, one, true, false, createTwenty, onceCreated},
		{"C2", "create committed, answer not sent", 1, both, true, false, createTwenty, onceCreated},
		{"C3a", "before the commit of the start", 1, one, false, false, createScheduled, startedSoon},
		{"C3b", "after the commit of the start", 1, one, false, false, createScheduled, startedSoon},
		{"C4", "attempts fetched, claims not committed", 4, one, true, true, createTwenty, firstAttempts},
		{"C5", "claim committed, request not sent", 15, both, true, false, createTwenty, nil},
		{"C6", "carrier accepted, answer not read", 15, one, true, false, createTwenty, nil},
		{"C7", "end of the call read, not committed", 15, one, true, false, createTwenty, nil},
		{"C8", "outcome committed, the job's end not written", 15, one, true, false, createTwenty, nil},
		{"C9", "outcome, slot and credits written, not committed", 4, both, true, false, createTwenty, nil},
		{"C10", "slots given, their jobs not enqueued", 4, one, true, true, createTwenty, nil},
		{"C11", "last contact ended, batch job not yet", 1, one, true, false, createTwenty, endedSoon},
		{"C13", "slots given and claimed, not committed", 4, both, true, false, createTwenty, firstAttempts},
		{"M1", "rows committed, jobs not inserted", 4, []database{mysql}, true, true, createTwenty, nil},
		{"C12", "cancel committed, not answered", 1, one, false, false, cancelUnanswered, silentAfter},
	}
}

func TestCrashPoints(t *testing.T) {
	t.Parallel()
	for _, p := range crashPoints() {
		for _, on := range p.on {
			for round := range rounds(t) {
				t.Run(fmt.Sprintf("%s, %s, on %s, round %d", p.name, p.where, on, round+1), func(t *testing.T) {
					t.Parallel()
					crash(t, p, on, uint64(round+1))
				})
			}
		}
	}
}

// crash runs a node into a crash point, starts it again, and looks whether
// everything came right.
func crash(t *testing.T, p crashPoint, on database, seed uint64) {
	t.Helper()
	nth := 1 + rand.New(rand.NewPCG(seed, uint64(len(p.where)))).IntN(p.most)
	w := world(t, on, func(s *chaos.Setup) {
		s.Observer.Seed = seed
		s.First = []string{fmt.Sprintf("OUTDIAL_CRASH_AT=%s:%d", p.name, nth)}
		if p.poked {
			s.First = append(s.First, "CALLS_PER_NODE=2")
		}
	})
	p.provoke(t, w)
	if !w.Nodes[0].Died(40 * time.Second) {
		t.Fatalf("the process did not die at passing %d of %s: is the point still in the program?", nth, p.name)
	}
	died := time.Now()
	if err := w.Nodes[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	if p.again {
		createTwenty(t, w)
	}
	r := finish(t, w)
	if len(r.History.State.Batches) != 1 {
		t.Errorf("there are %d batch jobs", len(r.History.State.Batches))
	}
	if p.check != nil {
		p.check(t, r, died, back)
	}
}

func onceCreated(t *testing.T, r *chaos.Report, _, _ time.Time) {
	t.Helper()
	creates := r.History.Creates
	if creates[0].Created() || !creates[1].Created() {
		t.Errorf("the create was answered %d, and after the crash %d", creates[0].Status, creates[1].Status)
	}
}

func createScheduled(t *testing.T, w *chaos.World) {
	t.Helper()
	c := w.Batch("the one", 0, 20)
	c.StartAt = time.Now().Add(8 * time.Second).UTC().Truncate(time.Second)
	created(t, w, c)
}

func startedSoon(t *testing.T, r *chaos.Report, _, back time.Time) {
	t.Helper()
	if late := r.History.State.Batches[0].StartedAt.Sub(back); late > 30*time.Second {
		t.Errorf("it started %s after the node was back", late)
	}
}

// createTwenty sends a create, whose answer may be lost.
func createTwenty(t *testing.T, w *chaos.World) {
	t.Helper()
	w.Create(t.Context(), w.Nodes[0], w.Batch("the one", 0, 20))
}

func firstAttempts(t *testing.T, r *chaos.Report, _, _ time.Time) {
	t.Helper()
	for _, a := range r.History.State.Attempts {
		if !a.Dialed {
			t.Errorf("attempt %d of contact %s was burnt", a.Number, a.Contact)
		}
	}
}

func endedSoon(t *testing.T, r *chaos.Report, _, _ time.Time) {
	t.Helper()
	if r.Settled > 30*time.Second {
		t.Errorf("it took %s until the batch job was closed", r.Settled)
	}
}

func cancelUnanswered(t *testing.T, w *chaos.World) {
	t.Helper()
	batch := created(t, w, w.Batch("the one", 0, 60))
	accepted(t, w, 5)
	if told := w.Control(t.Context(), w.Nodes[0], batch, chaos.Cancel); !told.AnsweredAt.IsZero() {
		t.Error("the cancel was answered")
	}
}

func silentAfter(t *testing.T, r *chaos.Report, died, _ time.Time) {
	t.Helper()
	for _, line := range r.History.Lines {
		if line.Event == "accepted" && line.At.After(died) {
			t.Errorf("call %s was started %s after the crash", line.Key, line.At.Sub(died))
		}
	}
	if status := r.History.State.Batches[0].Status; status != calling.BatchCancelled {
		t.Errorf("the batch job is %s", status)
	}
}
