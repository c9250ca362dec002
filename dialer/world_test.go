package dialer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/store"
)

// world is a small universe for random runs: nodes that die and freeze, a queue
// that loses and repeats pokes, and a carrier that misbehaves and notes every
// breach of a promise. Everything in it is drawn from one seed; on SQLite its
// time is a bubble's, elsewhere the wall's with small units.
type world struct {
	store *store.Store
	unit  time.Duration // what stands for a second
	org   string

	mu       sync.Mutex
	dice     *rand.Rand
	calm     bool // nothing goes wrong any more
	nodes    []*node
	born     int
	calls    map[string]*phoneCall // by id
	attempts map[string]string     // call ids by contact and number
	talking  map[string]string     // call ids by contact
	flying   map[string]int        // by batch job and organization
	limits   map[string]int        // of the same
	stopped  map[string]bool       // batch jobs of which a pause or cancel has answered
	breaches []string
}

// phoneCall is what the carrier knows of a call.
type phoneCall struct {
	call  calling.Call
	ended chan struct{}
	over  bool
	how   calling.Report
}

var (
	errDead    = errors.New("this node is dead")
	errUnclear = errors.New("the line broke")
)

// chance is true n times in a hundred, never once it is calm.
func (w *world) chance(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.calm && w.dice.IntN(100) < n
}

// upTo draws a time of up to n units.
func (w *world) upTo(n float64) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.dice.Float64() * n * float64(w.unit))
}

func (w *world) below(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n)
}

// breach notes a broken promise; mu is held.
func (w *world) breach(format string, args ...any) {
	w.breaches = append(w.breaches, fmt.Sprintf(format, args...))
}

func (w *world) living() (alive []*node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.nodes {
		if n.alive() {
			alive = append(alive, n)
		}
	}
	return alive
}

// accept has the carrier take a call, once.
func (w *world) accept(c calling.Call) {
	length := w.upTo(20)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls[c.ID] != nil {
		return
	}
	place := fmt.Sprint(c.ContactID, "#", c.Attempt)
	if other := w.attempts[place]; other != "" {
		w.breach("attempt %s was dialed as %s and %s", place, other, c.ID)
	}
	if other := w.talking[c.ContactID]; other != "" {
		w.breach("contact %s is called by %s and %s at once", c.ContactID, other, c.ID)
	}
	if w.stopped[c.BatchJobID] {
		w.breach("call %s of %s started after a pause or cancel had answered", c.ID, c.BatchJobID)
	}
	w.attempts[place], w.talking[c.ContactID] = c.ID, c.ID
	for _, key := range []string{c.BatchJobID, c.OrganizationID} {
		w.flying[key]++
		if limit := w.limits[key]; limit > 0 && w.flying[key] > limit {
			w.breach("%d calls of %s at once, allowed are %d", w.flying[key], key, limit)
		}
	}
	outcomes := calling.Outcomes()
	call := &phoneCall{call: c, ended: make(chan struct{}), how: calling.Report{
		Outcome: outcomes[w.dice.IntN(len(outcomes))].Outcome, Talk: time.Duration(w.dice.IntN(200)) * time.Second,
	}}
	w.calls[c.ID] = call
	time.AfterFunc(length, func() { w.end(call) })
}

func (w *world) end(c *phoneCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.over {
		return
	}
	c.over = true
	delete(w.talking, c.call.ContactID)
	for _, key := range []string{c.call.BatchJobID, c.call.OrganizationID} {
		w.flying[key]--
	}
	close(c.ended)
}

func (w *world) find(id string) *phoneCall {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[id]
}

// node is one dialer with its own way to the database and the carrier.
type node struct {
	*dialer.Dialer

	world  *world
	name   int
	ctx    context.Context //nolint:containedctx // the life of the node
	cancel context.CancelFunc
	run    sync.WaitGroup

	mu     sync.Mutex
	dead   chan struct{}
	doomed int           // dies when it has asked the database that often; 0 = lives
	thaw   chan struct{} // nil unless frozen
}

// newNode starts a node.
func (w *world) newNode(t *testing.T) *node {
	t.Helper()
	w.mu.Lock()
	w.born++
	n := &node{world: w, name: w.born, dead: make(chan struct{})}
	w.mu.Unlock()
	n.ctx, n.cancel = context.WithCancel(context.WithoutCancel(t.Context()))
	n.Dialer = dialer.New(dialer.Config{
		Store: w.store.Guarded(n.guard), Queue: w, Carrier: n, Publisher: w, Log: slog.New(slog.DiscardHandler),
		RetryDelay: 3 * w.unit, MaxRetryDelay: 10 * w.unit, StartWithin: 5 * w.unit, Lease: 12 * w.unit,
		SweepEvery: 3 * w.unit, FullDelay: w.unit,
		RingTimeout: 30 * w.unit, MaxCall: 1800 * w.unit,
	})
	if places := w.below(8); places > 0 { // else every call is poked for
		n.Carry(places)
	}
	n.run.Go(func() { n.Run(n.ctx) })
	w.mu.Lock()
	w.nodes = append(w.nodes, n)
	w.mu.Unlock()
	return n
}

// guard is asked at every moment of the node's transactions.
func (n *node) guard(m store.Moment) error {
	if m != store.BeforeCommit { // frozen inside one, it would hold the database's only writer
		n.wait()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.doomed > 0 {
		if n.doomed--; n.doomed == 0 {
			n.die()
		}
	}
	select {
	case <-n.dead:
		return errDead
	default:
		return nil
	}
}

// die has nothing the node does take effect any more; mu is held.
func (n *node) die() {
	select {
	case <-n.dead:
	default:
		close(n.dead)
		n.cancel()
	}
}

func (n *node) kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.die()
}

func (n *node) alive() bool {
	select {
	case <-n.dead:
		return false
	default:
		return true
	}
}

// freeze stops the node for a while, as SIGSTOP does at the places where it
// matters.
func (n *node) freeze(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.thaw == nil {
		thaw := make(chan struct{})
		n.thaw = thaw
		time.AfterFunc(d, func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.thaw = nil
			close(thaw)
		})
	}
}

func (n *node) frozen() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.thaw != nil
}

// wait returns when the node is not frozen.
func (n *node) wait() {
	n.mu.Lock()
	thaw := n.thaw
	n.mu.Unlock()
	if thaw != nil {
		<-thaw
	}
}

// Start implements dialer.Carrier, with everything that can go wrong on the way.
func (n *node) Start(ctx context.Context, c calling.Call) (refusal *calling.Report, err error) {
	w := n.world
	if !w.chance(70) {
		select {
		case <-time.After(w.upTo(6)):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	switch {
	case !n.alive(), w.chance(4):
		return nil, errUnclear
	case w.chance(4):
		return &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, RetryAfter: w.upTo(4)}, nil
	case w.chance(4):
		return &calling.Report{Outcome: calling.OutcomeInvalidNumber}, nil
	}
	w.accept(c)
	if w.chance(5) {
		return nil, errUnclear
	}
	if w.chance(5) {
		n.kill()
	}
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Wait implements dialer.Carrier.
func (n *node) Wait(ctx context.Context, c calling.Call, _ func()) (report calling.Report, known bool, err error) {
	n.wait()
	w := n.world
	if w.chance(5) || !n.alive() {
		return calling.Report{}, false, errUnclear
	}
	call := w.find(c.ID)
	if call == nil {
		return calling.Report{}, false, nil
	}
	select {
	case <-call.ended:
	case <-ctx.Done():
		return calling.Report{}, true, context.Cause(ctx)
	}
	n.wait()
	if !n.alive() {
		return calling.Report{}, true, errDead
	}
	return call.how, true, nil
}

// HangUp implements dialer.Carrier.
func (n *node) HangUp(_ context.Context, c calling.Call) error {
	if call := n.world.find(c.ID); call != nil {
		n.world.end(call)
	}
	return nil
}

// Keeps implements dialer.Carrier.
func (n *node) Keeps() bool { return true }

// StartBatch implements dialer.Queue: the sweep and the nodes' own timers are
// enough.
func (w *world) StartBatch(_ context.Context, tx *store.Tx, organizationID, batchJobID string, at time.Time) error {
	tx.AfterCommit(func() {
		if !w.chance(30) {
			w.poke(func(n *node) { _ = n.Dialer.Start(n.ctx, organizationID, batchJobID, at) })
		}
	})
	return nil
}

// PlaceCalls implements dialer.Queue: pokes are late, lost and doubled.
func (w *world) PlaceCalls(_ context.Context, tx *store.Tx, organizationID string, attempts []uuid.UUID) error {
	tx.AfterCommit(func() {
		for _, id := range attempts {
			if w.chance(8) {
				continue
			}
			times := 1
			if w.chance(10) {
				times = 2
			}
			for range times {
				w.poke(func(n *node) { _ = n.Place(n.ctx, organizationID, id) })
			}
		}
	})
	return nil
}

// HangUpCalls implements dialer.Queue.
func (w *world) HangUpCalls(_ context.Context, tx *store.Tx, organizationID string, attempts []uuid.UUID) error {
	tx.AfterCommit(func() {
		for _, id := range attempts {
			if !w.chance(30) {
				w.poke(func(n *node) { _ = n.Dialer.HangUp(n.ctx, organizationID, id) })
			}
		}
	})
	return nil
}

// poke has some node do something soon, if it is alive then.
func (w *world) poke(do func(*node)) {
	delay := w.upTo(0.2)
	if w.chance(10) {
		delay = w.upTo(6)
	}
	time.AfterFunc(delay, func() {
		if alive := w.living(); len(alive) > 0 {
			n := alive[w.below(len(alive))]
			n.wait()
			do(n)
		}
	})
}

// Changed implements dialer.Publisher.
func (w *world) Changed(string) {}
