package chaos

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Plan is what a run does to a world.
type Plan struct {
	Seed     uint64
	Batches  int           // at least; more come until all faults have happened
	Fewest   int           // contacts of a batch job
	Most     int           // contacts of a batch job
	AtOnce   int           // batch jobs at a time
	Kills    int           // faults in all
	Faults   []string      // the kinds, of Faults; without any nothing breaks
	Controls bool          // clients pause, resume and cancel at random
	Calm     time.Duration // longest pause between faults
	Deadline time.Duration // for everything to end, once nothing breaks any more
}

// Run carries out a plan in a world, waits until everything has ended or the
// deadline has passed, stops the nodes and checks what happened.
func Run(ctx context.Context, w *World, plan Plan) (*Report, error) {
	for i := range w.accounts {
		w.accounts[i].patience = patience
	}
	t := &traffic{world: w, plan: plan}
	s := &storms{world: w, plan: plan, dice: plan.dice(3)}
	background, end := context.WithCancel(ctx)
	defer end()
	var looking, creating sync.WaitGroup
	looking.Go(func() { t.watch(background) })
	if plan.Controls {
		looking.Go(func() { t.control(background) })
	}
	creating.Go(func() { t.create(ctx) })
	if len(plan.Faults) > 0 {
		s.run(ctx)
	}
	t.enough.Store(true)
	creating.Wait()
	end()
	looking.Wait()

	return w.finish(ctx, t)
}

// Finish waits until everything has ended or the deadline has passed, stops the
// nodes and checks what happened.
func (w *World) Finish(ctx context.Context, deadline time.Duration) (*Report, error) {
	return w.finish(ctx, &traffic{world: w, plan: Plan{Deadline: deadline}})
}

func (w *World) finish(ctx context.Context, t *traffic) (*Report, error) {
	w.heal(ctx)
	t.discover(ctx)
	deadline, done := context.WithTimeout(ctx, t.plan.Deadline)
	defer done()
	began := time.Now()
	for t.unfinished() > 0 && deadline.Err() == nil {
		t.lookAtAll(deadline, true)
		pause(deadline, 200*time.Millisecond)
	}
	settled := time.Since(began)
	shown := t.shown(ctx)
	w.stopAll()
	return w.report(ctx, t.plan, shown, settled)
}

// heal starts every node that is not running.
func (w *World) heal(ctx context.Context) {
	for _, n := range w.Nodes {
		if n.fell() {
			w.note(n.life() + " ended by itself")
		}
		if n.address() == "" {
			if err := n.surely(ctx); err != nil {
				w.note(fmt.Sprintf("%s does not start: %v", n.name, err))
			}
		}
	}
}

// stopAll stops every node as a deploy does.
func (w *World) stopAll() {
	var stopping sync.WaitGroup
	for _, n := range w.Nodes {
		stopping.Go(func() {
			if n.fell() {
				w.note(n.life() + " ended by itself")
			}
			if err := n.Stop(); err != nil {
				w.note(err.Error())
			}
		})
	}
	stopping.Wait()
}

// report checks the history.
func (w *World) report(ctx context.Context, plan Plan, shown []Shown, settled time.Duration) (*Report, error) {
	h, err := w.History(ctx)
	if err != nil {
		return nil, err
	}
	h.Shown = shown
	r := &Report{
		Plan: plan, History: h, Folder: w.Setup.Folder, Took: time.Since(w.began), Settled: settled, Violations: Check(h),
	}
	w.mu.Lock()
	broken := slices.Clone(w.broken)
	w.mu.Unlock()
	for _, text := range append(broken, w.complaints()...) {
		r.Violations = append(r.Violations, Violation{Broke, text})
	}
	r.count(h)
	return r, nil
}

// complaints returns what the logs of the nodes say that no node may say.
func (w *World) complaints() []string {
	logs, _ := filepath.Glob(filepath.Join(w.Setup.Folder, "n*", "*.log")) // only a malformed pattern is an error
	var found []string
	for _, path := range logs {
		text, err := os.ReadFile(path) //nolint:gosec // our own file
		if err != nil {
			found = append(found, err.Error())
		}
		for _, sign := range []string{"WARNING: DATA RACE", "panic:", "fatal error:", "panicked"} {
			if bytes.Contains(text, []byte(sign)) {
				found = append(found, fmt.Sprintf("%s says %q", path, sign))
			}
		}
	}
	return found
}
