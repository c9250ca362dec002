package dialer_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// The seeds to run: -first and as many as -seeds says.
var (
	firstSeed = flag.Uint64("first", 0, "first seed of the random runs; 0 = drawn by chance") //nolint:gochecknoglobals // a flag of the test
	seeds     = flag.Int("seeds", 12, "how many random runs")                                 //nolint:gochecknoglobals // a flag of the test
)

// TestRandom has nodes create, pause, resume and cancel batch jobs while they
// die, freeze and lose pokes, and calls are refused, unclear, late and reported
// twice, in an order drawn from a seed. Whatever happens, the promises hold. A
// failure names its seed: go test ./dialer -run TestRandom -first SEED -seeds 1.
func TestRandom(t *testing.T) {
	t.Parallel()
	first := *firstSeed
	if first == 0 {
		first = rand.Uint64() >> 1
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		for i := range *seeds {
			seed := first + uint64(i)
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := storetest.SQLite(t, nil)
					check(t, seed, random(t, s, time.Second, seed))
					testkit.Audit(t, s)
				})
			})
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		for i := range max(1, *seeds/6) {
			seed := first + uint64(i)
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				t.Parallel()
				s := storetest.Postgres(t, nil)
				check(t, seed, random(t, s, 30*time.Millisecond, seed))
				testkit.Audit(t, s)
			})
		}
	})
}

func check(t *testing.T, seed uint64, breaches []string) {
	t.Helper()
	for _, breach := range breaches {
		t.Errorf("seed %d: %s", seed, breach)
	}
}

// random makes one run and returns the promises that were broken.
func random(t *testing.T, s *store.Store, unit time.Duration, seed uint64) []string {
	t.Helper()
	w := &world{
		store: s, unit: unit, dice: rand.New(rand.NewPCG(seed, 1)),
		calls: map[string]*phoneCall{}, attempts: map[string]string{}, talking: map[string]string{},
		flying: map[string]int{}, limits: map[string]int{}, stopped: map[string]bool{},
	}
	a := accounts.New(s, time.Now)
	made, err := a.CreateOrganization(t.Context(), accounts.NewOrganization{
		Name: "Random", ConcurrentCallLimit: 6, CreditMicros: 1e9, PhoneNumber: "+12025550199", Prompt: "You call {{name}}.",
	})
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := a.Authenticate(t.Context(), made.Key)
	if err != nil {
		t.Fatal(err)
	}
	w.org, w.limits[made.ID] = made.ID, 6
	r := &run{world: w, t: t, ctx: auth.WithViewer(t.Context(), viewer), number: made.PhoneNumberID}
	for range 3 {
		w.newNode(t)
	}
	for range 60 {
		r.step()
		time.Sleep(w.upTo(3))
	}
	r.settleDown()
	for _, n := range w.nodes {
		n.cancel()
		n.run.Wait()
		n.Stop()
	}
	t.Logf("%d nodes, %d batch jobs, %d calls", w.born, len(r.ids), len(w.calls))
	return w.breaches
}

// run is one random run.
type run struct {
	*world

	t      *testing.T
	ctx    context.Context //nolint:containedctx // the viewer of the whole run
	number string
	ids    []string // batch jobs
}

// step does one thing drawn by chance.
func (r *run) step() {
	r.t.Helper()
	if alive := r.living(); len(alive) < 3 && r.below(2) == 0 || len(alive) == 0 {
		r.newNode(r.t)
		return
	}
	switch r.below(13) {
	case 0, 1, 2:
		if len(r.ids) < 6 {
			r.create()
		}
	case 3:
		r.control(func(n *node, id string) error { return n.Pause(r.ctx, id, "") }, stops)
	case 4, 5:
		r.control(func(n *node, id string) error { return n.Resume(r.ctx, id, "") }, starts)
	case 6:
		if r.below(3) == 0 {
			r.control(func(n *node, id string) error { _, err := n.Cancel(r.ctx, id, r.below(2) == 0, ""); return err }, stops)
		}
	case 7:
		n := r.anyone()
		n.mu.Lock()
		n.doomed = 1 + r.below(20)
		n.mu.Unlock()
	case 8:
		if n := r.anyone(); n.alive() {
			n.freeze(r.upTo(25))
		}
	case 9:
		r.lateReport()
	case 10:
		r.retry()
	case 11:
		r.newLimit()
	case 12:
		r.newOrganizationLimit()
	}
}

// retry has everybody dialed again whom nobody spoke with.
func (r *run) retry() {
	outcomes := slices.DeleteFunc(calling.Outcome("").Values(), func(o string) bool { return o == string(calling.OutcomeCompleted) })
	r.control(func(n *node, id string) error {
		r.mu.Lock()
		stopped := r.stopped[id]
		r.mu.Unlock()
		if stopped || r.below(2) == 0 {
			return nil
		}
		all := make([]calling.Outcome, 0, len(outcomes))
		for _, o := range outcomes {
			all = append(all, calling.Outcome(o))
		}
		_, err := n.Retry(r.ctx, id, all, "")
		return err
	}, neither)
}

// newLimit changes how many calls at once a batch job may have; a lower limit
// holds for every call that starts after the answer.
func (r *run) newLimit() {
	r.control(func(n *node, id string) error {
		limit := 1 + r.below(5)
		r.mu.Lock()
		r.limits[id] = max(r.limits[id], limit)
		r.mu.Unlock()
		_, err := n.Update(r.ctx, id, calling.BatchEdit{ConcurrentCallLimit: &limit}, "")
		if err == nil {
			r.mu.Lock()
			r.limits[id] = limit
			r.mu.Unlock()
		}
		return err
	}, neither)
}

// newOrganizationLimit is newLimit for all batch jobs together.
func (r *run) newOrganizationLimit() {
	n, limit := r.anyone(), 1+r.below(6)
	if n.frozen() {
		return
	}
	r.mu.Lock()
	r.limits[r.org] = max(r.limits[r.org], limit)
	r.mu.Unlock()
	if n.UpdateOrganization(r.ctx, calling.OrganizationEdit{ConcurrentCallLimit: &limit}) == nil {
		r.mu.Lock()
		r.limits[r.org] = limit
		r.mu.Unlock()
	}
}

func (r *run) anyone() *node {
	alive := r.living()
	return alive[r.below(len(alive))]
}

// create makes a batch job, asking with the same key until it is answered.
func (r *run) create() {
	r.t.Helper()
	limit, attempts := 1+r.below(5), 1+r.below(3)
	request := dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{
			FromPhoneNumberID: r.number, Name: "Random", ConcurrentCallLimit: &limit, MaxAttempts: &attempts,
		},
		Upload: upload(r.t, 1+r.below(12)), IdempotencyKey: fmt.Sprint("key-", len(r.ids)),
	}
	for {
		if len(r.living()) == 0 {
			r.newNode(r.t)
		}
		created, err := r.anyone().Create(r.ctx, request)
		if err == nil {
			r.mu.Lock()
			r.limits[created.BatchJobID] = limit
			r.mu.Unlock()
			r.ids = append(r.ids, created.BatchJobID)
			return
		}
	}
}

// effect is what a control does to the right to start calls.
type effect int

const (
	neither effect = iota
	starts
	stops
)

// control has some node that is awake change a batch job.
func (r *run) control(change func(*node, string) error, what effect) {
	n := r.anyone()
	if len(r.ids) == 0 || n.frozen() {
		return
	}
	id := r.ids[r.below(len(r.ids))]
	r.mu.Lock()
	before := r.stopped[id]
	if what == starts {
		r.stopped[id] = false
	}
	r.mu.Unlock()
	err := change(n, id)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case what == stops && err == nil:
		r.stopped[id] = true
	case what == starts && calling.CodeOf(err) == calling.CodeActionNotAllowed:
		r.stopped[id] = before
	}
}

// lateReport repeats, or makes up, a report on an attempt that has ended.
func (r *run) lateReport() {
	r.t.Helper()
	ended, err := r.store.Read().Attempt.Query().Where(attempt.StatusEQ(calling.AttemptEnded)).IDs(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(ended) > 0 {
		_ = r.anyone().Settle(r.ctx, r.org, ended[r.below(len(ended))], calling.Report{Outcome: calling.OutcomeBusy})
	}
}

// settleDown lets everything come to its end without further mishaps.
func (r *run) settleDown() {
	r.t.Helper()
	r.mu.Lock()
	r.calm = true
	r.mu.Unlock()
	for _, n := range r.living() {
		n.mu.Lock()
		n.doomed = 0
		n.mu.Unlock()
	}
	if len(r.living()) == 0 {
		r.newNode(r.t)
	}
	for range 2000 {
		time.Sleep(r.unit)
		open, err := r.store.Read().BatchJob.Query().Where(batchjob.StatusNotIn(
			calling.BatchCompleted, calling.BatchFailed, calling.BatchCancelled)).All(r.ctx)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(open) == 0 {
			return
		}
		for _, b := range open {
			if b.Status == calling.BatchPaused {
				r.mu.Lock()
				r.stopped[b.ID] = false
				r.mu.Unlock()
				_ = r.anyone().Resume(r.ctx, b.ID, "") // a node may be dying still; the next round tries again
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breach("of %d batch jobs some are not over", len(r.ids))
}
