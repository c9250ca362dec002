package dialer

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
)

// ending is a carrier's report on one attempt.
type ending struct {
	attempt uuid.UUID
	report  calling.Report
	claim   int // holds only while this is the number of the attempt's newest claim; anyClaim = always
}

// anyClaim marks an ending that the carrier reported: it is true whoever heard it.
const anyClaim = -1

// unclaimed marks an ending that holds only while no node has claimed the attempt.
const unclaimed = 0

// How many of a node's turns are taken at the same time: more of them do not do more,
// but get in each other's way in the database. Those that only look, as those that
// start batch jobs, do not wait for those that record other organizations' calls.
// Nobody waits longer than longestQueue: turns may hold a place because they wait for
// somebody's lock.
const (
	recordAtOnce = 6
	lookAtOnce   = 6 // more than a sweep asks for at once
	longestQueue = 250 * time.Millisecond
)

// longestGather times Gather is how long reports are gathered at most.
const longestGather = 20

// turns gathers what happens to an organization for a few milliseconds and then
// lets it take one turn, so that many calls that end together are recorded,
// and their slots given on, in one transaction. It gathers for as long as the turn
// before took: where turns take long, because there are many, fewer and larger ones
// do more.
type turns struct {
	dialer *Dialer

	mu     sync.Mutex
	byOrg  map[string]*gathering // guarded by mu; present while a turn is waiting or under way
	closed bool                  // guarded by mu

	recording chan struct{} // holds a token for each turn that records calls
	looking   chan struct{} // and for each other one
}

// gathering is what waits for an organization's next turn.
type gathering struct {
	waiting []waiter
	hurry   chan struct{} // closed to begin without gathering further
	hurried bool
}

// waiter is one caller of join.
type waiter struct {
	ending *ending    // nil when only a look is wanted
	answer chan error // buffered
}

// join adds an ending (none when only a look is wanted) to the organization's
// next turn and waits until that turn is committed. With hurry the turn begins
// at once, and so it does when no other call of the organization goes on here: it
// need not wait for more, as whoever ended before has joined before.
func (t *turns) join(ctx context.Context, organizationID string, e *ending, hurry bool) error {
	answer := make(chan error, 1)
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return context.Canceled
	}
	g := t.byOrg[organizationID]
	if g == nil {
		g = &gathering{hurry: make(chan struct{})}
		if t.byOrg == nil {
			t.byOrg = map[string]*gathering{}
		}
		t.byOrg[organizationID] = g
		t.dialer.work.Go(func() { t.run(organizationID, g) }) //nolint:contextcheck // a turn serves many requests and outlives each
	}
	g.waiting = append(g.waiting, waiter{ending: e, answer: answer})
	if e != nil {
		hurry = t.dialer.held.ended(e.attempt, t.dialer.Now()) || hurry // not before it has joined: the last one would overtake
	}
	if hurry && !g.hurried {
		g.hurried = true
		close(g.hurry)
	}
	t.mu.Unlock()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run takes turns for one organization until nothing waits any more.
func (t *turns) run(organizationID string, g *gathering) {
	d := t.dialer
	ctx := auth.WithOrganization(d.life, organizationID)
	wait := d.Gather
	for {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-g.hurry:
		case <-d.life.Done():
		}
		timer.Stop()
		leave := t.enter(g)
		t.mu.Lock()
		waiting := g.waiting
		if len(waiting) == 0 {
			delete(t.byOrg, organizationID)
			t.mu.Unlock()
			leave()
			return
		}
		g.waiting = nil
		g.hurry, g.hurried = make(chan struct{}), false
		t.mu.Unlock()
		began := d.Now()
		d.serve(ctx, organizationID, waiting)
		leave()
		wait = min(max(d.Now().Sub(began), d.Gather), longestGather*d.Gather)
	}
}

// enter waits until a turn may begin. leave lets the next one.
func (t *turns) enter(g *gathering) (leave func()) {
	busy := t.looking
	t.mu.Lock()
	idle := len(g.waiting) == 0
	if slices.ContainsFunc(g.waiting, func(w waiter) bool { return w.ending != nil }) {
		busy = t.recording
	}
	t.mu.Unlock()
	if idle {
		return func() {}
	}
	late := time.NewTimer(longestQueue)
	defer late.Stop()
	select {
	case busy <- struct{}{}:
		return func() { <-busy }
	case <-late.C:
		return func() {}
	}
}

// serve takes a turn for everybody who waits. When that fails although a turn
// without their endings does not, each ending gets a turn of its own, so that
// one that cannot be recorded keeps nobody else from moving on.
func (d *Dialer) serve(ctx context.Context, organizationID string, waiting []waiter) {
	endings := make([]ending, 0, len(waiting))
	for _, w := range waiting {
		if w.ending != nil {
			endings = append(endings, *w.ending)
		}
	}
	err := d.takeTurn(ctx, organizationID, endings)
	if err != nil && len(endings) > 1 && d.takeTurn(ctx, organizationID, nil) == nil {
		d.serveEach(ctx, organizationID, waiting)
		return
	}
	for _, w := range waiting {
		w.answer <- err
	}
}

// serveEach takes a turn for each ending. When turns fail without one too, it is
// not the endings' fault, and nobody waits for the rest to fail one by one.
func (d *Dialer) serveEach(ctx context.Context, organizationID string, waiting []waiter) {
	var failed error
	for _, w := range waiting {
		own := failed
		if own == nil && w.ending != nil {
			own = d.takeTurn(ctx, organizationID, []ending{*w.ending})
			if own != nil && d.takeTurn(ctx, organizationID, nil) != nil {
				failed = own
			}
		}
		w.answer <- own
	}
}

// close refuses what would wait for a turn from now on.
func (t *turns) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
}

// waker takes an organization's turn at a moment in the future: a batch job's
// start, a retry, a call window that opens. It lives in this process only; the
// sweep finds what a crash makes it forget.
type waker struct {
	dialer *Dialer

	mu     sync.Mutex
	timers map[string]*alarm // guarded by mu; by organization, the earliest only
	closed bool              // guarded by mu
}

type alarm struct {
	at    time.Time
	timer *time.Timer
}

// at has the organization take a turn at the moment given, or at an earlier
// one that was asked for before.
func (w *waker) at(organizationID string, at time.Time) {
	if at.IsZero() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	if old := w.timers[organizationID]; old != nil {
		if !at.Before(old.at) {
			return
		}
		old.timer.Stop()
	}
	if w.timers == nil {
		w.timers = map[string]*alarm{}
	}
	a := &alarm{at: at}
	a.timer = time.AfterFunc(at.Sub(w.dialer.Time()), func() { w.ring(organizationID, a) })
	w.timers[organizationID] = a
}

func (w *waker) ring(organizationID string, a *alarm) {
	w.mu.Lock()
	if w.closed || w.timers[organizationID] != a {
		w.mu.Unlock()
		return
	}
	delete(w.timers, organizationID)
	w.dialer.work.Add(1) // under mu, so that stop cannot have begun to wait
	w.mu.Unlock()
	defer w.dialer.work.Done()
	// The clock that fired and the clock of the rows may differ by a hair.
	if early := a.at.Sub(w.dialer.Time()); early > 0 {
		w.at(organizationID, a.at)
		return
	}
	d := w.dialer
	if err := d.turns.join(d.life, organizationID, nil, true); err != nil && d.life.Err() == nil {
		d.Log.WarnContext(d.life, "a turn failed, the sweep will take it again", "organization", organizationID, "error", err)
	}
}

func (w *waker) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, a := range w.timers {
		a.timer.Stop()
	}
	w.timers = nil
}
