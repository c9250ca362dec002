package webhook

import (
	"sync"
	"time"
)

const (
	tripAfter    = 5 // failures one after another
	firstOpening = time.Second
	maxOpening   = 30 * time.Second
)

// circuit keeps Start from a runtime that is down. It opens after some failures
// one after another, for longer each time, and then lets one ask through to see.
type circuit struct {
	mu        sync.Mutex
	failures  int           // guarded by mu; one after another
	opening   time.Duration // guarded by mu; 0 = closed
	openUntil time.Time     // guarded by mu
	probing   bool          // guarded by mu; somebody was let through to see
}

// pass is the answer to whoever wants to ask the runtime.
type pass struct {
	granted bool
	probe   bool          // the one that is let through to see
	rest    time.Duration // how long to stay away, unless granted
}

// enter asks to be let through; who was must leave.
func (c *circuit) enter(now time.Time) pass {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.opening == 0:
		return pass{granted: true}
	case now.Before(c.openUntil):
		return pass{rest: c.openUntil.Sub(now)}
	case c.probing:
		return pass{rest: c.opening}
	}
	c.probing = true
	return pass{granted: true, probe: true}
}

// leave says how it went. Who cannot tell, because its own time was up, says
// nothing and is not counted.
func (c *circuit) leave(now time.Time, p pass, went verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.probe {
		c.probing = false
	}
	switch went {
	case wentWell:
		c.failures, c.opening = 0, 0
	case wentWrong:
		c.failures++
		if c.failures >= tripAfter && !now.Before(c.openUntil) {
			c.opening = min(max(2*c.opening, firstOpening), maxOpening)
			c.openUntil = now.Add(c.opening)
		}
	case wentUntold:
	}
}

// verdict is what an ask tells of the runtime's health.
type verdict int

const (
	wentUntold verdict = iota
	wentWell
	wentWrong
)
