package dialer

import (
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// Meter counts what this process's dialer does. It must not block, and is used
// from many goroutines at once.
type Meter interface {
	// CallStarted counts a call that the carrier has taken from this node.
	CallStarted()
	// CallSettled counts an attempt whose end is committed; dialed is false when
	// nothing had rung.
	CallSettled(outcome calling.Outcome, dialed bool)
	// TurnTaken counts an organization's turn, from its begin to its commit, and the
	// ends of attempts that it was to record.
	TurnTaken(took time.Duration, endings int)
}

// unmetered counts nothing.
type unmetered struct{}

func (unmetered) CallStarted()                      {}
func (unmetered) CallSettled(calling.Outcome, bool) {}
func (unmetered) TurnTaken(time.Duration, int)      {}

// meterSettled counts attempts once their end is committed.
func (t *turn) meterSettled(ended []store.EndedAttempt) {
	t.tx.AfterCommit(func() {
		for _, e := range ended {
			t.dialer.Meter.CallSettled(e.Outcome, e.Dialed)
		}
	})
}

// Carried returns how many calls this process is carrying.
func (d *Dialer) Carried() int {
	d.held.mu.Lock()
	defer d.held.mu.Unlock()
	return len(d.held.calls)
}
