package wire

import (
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// pingTurns is in how many turns all connections are pinged once. A turn for many of
// them costs little more than a timer of its own costs each.
const pingTurns = 64

// pings pings every connection once in so often, those that were opened at about
// the same time together.
type pings struct {
	every time.Duration

	mu    sync.Mutex
	turns [pingTurns]map[*frames]struct{} // guarded by mu
	next  int                             // guarded by mu; whose turn it is next
	open  int                             // guarded by mu; connections in all turns
	due   time.Time                       // guarded by mu; when next is due
	timer *time.Timer                     // guarded by mu; nil while there is none
}

// add has a connection pinged until stop is called; for the first time when it has
// been open for nearly as long as lies between two pings.
func (p *pings) add(f *frames) (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn := (p.next + pingTurns - 1) % pingTurns
	if p.turns[turn] == nil {
		p.turns[turn] = map[*frames]struct{}{}
	}
	p.turns[turn][f] = struct{}{}
	p.open++
	if p.timer == nil {
		p.due = time.Now().Add(p.every / pingTurns) //nolint:forbidigo // connections live by the clock on the wall
		p.timer = time.AfterFunc(p.every/pingTurns, p.turn)
	}
	return func() { p.remove(f, turn) }
}

func (p *pings) remove(f *frames, turn int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, in := p.turns[turn][f]; !in {
		return
	}
	delete(p.turns[turn], f)
	if len(p.turns[turn]) == 0 {
		p.turns[turn] = nil // a map does not shrink
	}
	if p.open--; p.open == 0 {
		p.timer.Stop() // a turn that has begun finds nobody
		p.timer = nil
	}
}

// turn pings those whose turn it is. What would have to wait does so elsewhere.
func (p *pings) turn() {
	p.mu.Lock()
	due := make([]*frames, 0, len(p.turns[p.next]))
	for f := range p.turns[p.next] {
		due = append(due, f)
	}
	p.next = (p.next + 1) % pingTurns
	now := time.Now() //nolint:forbidigo // connections live by the clock on the wall
	if now.Sub(p.due) > p.every {
		p.due = now.Add(-p.every) // the program stood still: everybody at once, and once only
	}
	p.due = p.due.Add(p.every / pingTurns) // of what was planned, so that lateness does not add up
	if p.timer != nil {
		p.timer.Reset(p.due.Sub(now))
	}
	p.mu.Unlock()
	for _, f := range due {
		if !f.attempt(ws.CompiledPing) {
			f.pingLater()
		}
	}
}
