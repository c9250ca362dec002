package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// open is a batch job that clients look after.
type open struct {
	account account
	batch   string
	over    atomic.Bool
}

// traffic is what clients do to a world: a number of batch jobs at a time, and
// more until somebody says that it is enough.
type traffic struct {
	world *World
	plan  Plan

	enough  atomic.Bool
	numbers int // how many were given out

	mu   sync.Mutex
	jobs []*open // guarded by mu
}

// dice is a source of chance of its own for one purpose.
func (p Plan) dice(purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(p.Seed, purpose)) //nolint:gosec // repeatable on purpose
}

// create keeps batch jobs coming and returns once there have been enough.
func (t *traffic) create(ctx context.Context) {
	dice := t.plan.dice(1)
	for i := 0; ctx.Err() == nil && (i < t.plan.Batches || !t.enough.Load()); i++ {
		for t.unfinished() >= t.plan.AtOnce && ctx.Err() == nil {
			pause(ctx, 50*time.Millisecond)
		}
		account := t.world.accounts[i%len(t.world.accounts)]
		c := t.draw(dice, i, account)
		t.settle(ctx, dice, account, c)
	}
}

// draw decides on a batch job: every third is scheduled, every third allows many
// attempts.
func (t *traffic) draw(dice *rand.Rand, i int, account account) Create {
	c := Create{
		Key: fmt.Sprintf("create-%d-%d", t.plan.Seed, i), Org: account.id,
		Limit: 1 + dice.IntN(8), MaxAttempts: 1 + dice.IntN(3),
	}
	if i%3 == 1 {
		c.StartAt = time.Now().Add(time.Duration(2000+dice.IntN(6000)) * time.Millisecond).UTC().Truncate(time.Second)
	}
	if i%3 == 2 {
		c.MaxAttempts = 5
	}
	for range t.plan.Fewest + dice.IntN(t.plan.Most-t.plan.Fewest+1) {
		c.Numbers = append(c.Numbers, number(t.numbers))
		t.numbers++
	}
	return c
}

// number returns the nth of the numbers that are called: no two batch jobs share
// one.
func number(n int) string { return fmt.Sprintf("+1202%07d", n) }

// settle creates a batch job, again with the same key while nobody answers; now
// and then a client gives up.
func (t *traffic) settle(ctx context.Context, dice *rand.Rand, account account, c Create) {
	givesUp := dice.IntN(8) == 0
	for ctx.Err() == nil {
		nodes := t.world.serving()
		if len(nodes) == 0 {
			pause(ctx, 50*time.Millisecond)
			continue
		}
		told := t.world.create(ctx, nodes[dice.IntN(len(nodes))], account, c)
		switch {
		case told.Created():
			t.look(account, told.Batch)
			return
		case !c.StartAt.IsZero() && told.Status == http.StatusBadRequest && time.Now().After(c.StartAt):
			return // its time passed before anybody answered
		case told.Status >= 400 && told.Status < 500 && told.Status != http.StatusConflict:
			t.world.note(fmt.Sprintf("create %s was answered with %d", c.Key, told.Status))
			return
		case givesUp:
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// create sends one create and writes down what came of it.
func (w *World) create(ctx context.Context, n *Node, account account, c Create) Create {
	contacts := make([]map[string]string, 0, len(c.Numbers))
	for i, number := range c.Numbers {
		contacts = append(contacts, map[string]string{"phone": number, "name": fmt.Sprintf("Person %d", i)})
	}
	body := map[string]any{
		"fromPhoneNumberId": account.number, "name": c.Key, "contacts": contacts,
		"concurrentCallLimit": c.Limit, "maxAttempts": c.MaxAttempts,
	}
	if !c.StartAt.IsZero() {
		body["scheduledStartTime"], body["timezone"] = c.StartAt.Format("2006-01-02T15:04:05"), "UTC"
	}
	c.SentAt = time.Now()
	told := account.ask(ctx, n.address(), http.MethodPost, "/batch/create", c.Key, body)
	c.Status, c.AnsweredAt = told.status, told.at
	c.Batch, _ = told.body["batchJobId"].(string) // missing in refusals
	w.note(c)
	return c
}

// Batch returns a batch job of n contacts of the first organization. first is
// the place of its numbers among all; no two batch jobs may share any.
func (w *World) Batch(key string, first, n int) Create {
	c := Create{Key: key, Org: w.accounts[0].id, Limit: 5, MaxAttempts: 3}
	for i := range n {
		c.Numbers = append(c.Numbers, number(first+i))
	}
	return c
}

// Create sends one create for the first organization to a node.
func (w *World) Create(ctx context.Context, n *Node, c Create) Create {
	return w.create(ctx, n, w.accounts[0], c)
}

// Control asks a node for an action on a batch job of the first organization.
func (w *World) Control(ctx context.Context, n *Node, batch string, action Action) Control {
	c := w.accounts[0].control(ctx, n.address(), batch, action)
	w.note(c)
	return c
}

func (t *traffic) look(account account, batch string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.jobs = append(t.jobs, &open{account: account, batch: batch})
}

func (t *traffic) all() []*open {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.jobs)
}

func (t *traffic) unfinished() int {
	n := 0
	for _, j := range t.all() {
		if !j.over.Load() {
			n++
		}
	}
	return n
}

// watch looks how batch jobs stand, until ctx ends.
func (t *traffic) watch(ctx context.Context) {
	for ctx.Err() == nil {
		t.lookAtAll(ctx, false)
		pause(ctx, 300*time.Millisecond)
	}
}

// lookAtAll looks once at every batch job that is not over, and resumes those
// that are paused when it is to.
func (t *traffic) lookAtAll(ctx context.Context, resume bool) {
	for i, j := range t.all() {
		nodes := t.world.serving()
		if j.over.Load() || len(nodes) == 0 {
			continue
		}
		base := nodes[i%len(nodes)].address()
		s := j.account.look(ctx, base, j.batch)
		if s.over() {
			j.over.Store(true)
		}
		if resume && s.status == "paused" {
			t.world.note(j.account.control(ctx, base, j.batch, Resume))
		}
	}
}

// control pauses, resumes and cancels at random, until ctx ends.
func (t *traffic) control(ctx context.Context) {
	dice := t.plan.dice(2)
	for ctx.Err() == nil {
		pause(ctx, time.Duration(100+dice.IntN(600))*time.Millisecond)
		nodes, jobs := t.world.serving(), t.all()
		jobs = slices.DeleteFunc(jobs, func(j *open) bool { return j.over.Load() })
		if len(nodes) == 0 || len(jobs) == 0 {
			continue
		}
		j, n := jobs[dice.IntN(len(jobs))], nodes[dice.IntN(len(nodes))]
		action := []Action{Pause, Pause, Pause, Pause, Resume, Resume, Resume, Resume, Cancel}[dice.IntN(9)]
		t.world.note(j.account.control(ctx, n.address(), j.batch, action))
	}
}

// discover finds the batch jobs that exist although no client was told.
func (t *traffic) discover(ctx context.Context) {
	known := map[string]bool{}
	for _, j := range t.all() {
		known[j.batch] = true
	}
	for _, account := range t.world.accounts {
		nodes := t.world.serving()
		for page := 1; page > 0 && len(nodes) > 0; page++ {
			told := account.ask(ctx, nodes[0].address(), http.MethodGet, fmt.Sprintf("/batch/jobs?pageSize=100&page=%d", page), "", nil)
			jobs, _ := told.body["batchJobs"].([]any) // none on any other answer
			for _, listed := range jobs {
				fields, _ := listed.(map[string]any)
				id, _ := fields["batchJobId"].(string)
				if !known[id] {
					t.look(account, id)
				}
			}
			if len(jobs) < 100 {
				break
			}
		}
	}
}

// shown returns how the API shows every batch job.
func (t *traffic) shown(ctx context.Context) []Shown {
	var all []Shown
	for i, j := range t.all() {
		nodes := t.world.serving()
		if len(nodes) == 0 {
			break
		}
		s := j.account.look(ctx, nodes[i%len(nodes)].address(), j.batch)
		all = append(all, Shown{Batch: j.batch, Completed: s.completed, Failed: s.failed, Cancelled: s.cancelled, SpentMicros: s.spent})
	}
	return all
}
