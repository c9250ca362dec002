package dialer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// ErrNoPlace says that this node carries as many calls as it may and that none of
// them ended for a while, or that it takes none any more. Another node may have a
// place, or this one later.
var ErrNoPlace = errors.New("this node carries as many calls as it may")

// placeWait is how long a poke waits for a place before it is left to other nodes.
const placeWait = 2 * time.Second

// places bounds the calls that this node carries at once, whichever way they came
// to it. Its own turns take places for calls at once (takeOn); pokes wait for one
// (enter) and come first, so that whoever was poked does not wait for ever.
type places struct {
	mu      sync.Mutex
	most    int             // guarded by mu; 0 = no bound for pokes, and none for turns
	taken   int             // guarded by mu
	waiting []chan struct{} // guarded by mu; pokes, the oldest first; closed to give a place
	own     int             // guarded by mu; calls of turns whose end is not recorded yet
	closed  bool            // guarded by mu; nobody gets a place any more
	idle    chan struct{}   // closed when closed is true and own is 0
}

// open says how many calls there may be at once.
func (p *places) open(most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = most
}

// takeOn takes up to n places for calls of this node's own turn and returns how
// many it got. Each is left, and each of the calls is done, in the end.
func (p *places) takeOn(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.waiting) > 0 {
		return 0
	}
	n = max(0, min(n, p.most-p.taken))
	p.taken += n
	p.own += n
	return n
}

// enter takes a place for a poke, and waits for one if need be. ErrNoPlace says that
// there was none in time, or that there are none any more.
func (p *places) enter(ctx context.Context) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return ErrNoPlace
	}
	if p.most == 0 || (p.taken < p.most && len(p.waiting) == 0) {
		p.taken++
		p.mu.Unlock()
		return nil
	}
	given := make(chan struct{})
	p.waiting = append(p.waiting, given)
	p.mu.Unlock()
	late := time.NewTimer(placeWait)
	defer late.Stop()
	var err error
	select {
	case <-given:
		return p.keep()
	case <-late.C:
		err = ErrNoPlace
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if p.giveUp(given) {
		return err
	}
	return p.keep() // it was given one just now
}

// giveUp has a poke wait no more; false when it was given a place.
func (p *places) giveUp(given chan struct{}) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiting, given)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	return i >= 0
}

// keep gives a place back that was waited for until there are none any more.
func (p *places) keep() error {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		p.leave()
		return ErrNoPlace
	}
	return nil
}

// leave gives a place back: to the poke that has waited longest, if there is one.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
		return
	}
	p.taken--
}

// done says that n calls that a turn took on concern this node no more.
func (p *places) done(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.own -= n
	p.checkIdle()
}

// close gives nobody a place any more. Those who have one keep it.
func (p *places) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.checkIdle()
}

// checkIdle tells who waits for idle; mu is held.
func (p *places) checkIdle() {
	if !p.closed || p.own > 0 {
		return
	}
	select {
	case <-p.idle:
	default:
		close(p.idle)
	}
}
