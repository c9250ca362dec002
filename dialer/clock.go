package dialer

import (
	"context"
	"fmt"
	"time"
)

// sameTime is how far a node's clock may be from the database's to count as
// right: what asking for the time may take is within it.
const sameTime = 100 * time.Millisecond

// Time is the time as all nodes agree on it: the database's, whatever this
// node's clock says. Whoever works with the dialer's instants reads this clock.
func (d *Dialer) Time() time.Time { return d.Now().Add(time.Duration(d.ahead.Load())) }

// SetClock compares this node's clock with the database's, by which leases run
// and batch jobs start: two nodes that differ by minutes would take each other's
// calls over, and one would dial too early.
func (d *Dialer) SetClock(ctx context.Context) error {
	before := d.Now()
	theirs, err := d.Store.Time(ctx, before)
	if err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	took := d.Now().Sub(before)
	ahead := theirs.Sub(before.Add(took / 2))
	if ahead.Abs() < sameTime+took/2 {
		ahead = 0
	}
	if old := time.Duration(d.ahead.Swap(int64(ahead))); (ahead - old).Abs() >= sameTime {
		d.Log.WarnContext(ctx, "this node's clock differs from the database's, whose time is used: have NTP set it", "behind", ahead.String())
	}
	return nil
}
