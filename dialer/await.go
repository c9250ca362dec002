package dialer

import (
	"context"
	"fmt"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/fault"
)

const (
	// askMargin is added to the time a claim may be started in, for the answer
	// that is on its way when that time ends.
	askMargin = 100 * time.Millisecond
	// lookAgain is the pause between two looks at calls that are being asked for.
	lookAgain = 10 * time.Millisecond
)

// awaitAsks returns once no node can ask the carrier for a new call of batch jobs
// any more, given that claims are refused since a moment ago. Claims made
// before it are either accepted by the carrier, or ended, or too old to be started on:
// nobody's clock but this node's own decides on that. Those handed over are
// waited for too, as what the node asked before may still be on its way.
func (d *Dialer) awaitAsks(ctx context.Context, batchJobIDs ...string) error {
	if fault.Planted("no-start-lock") || len(batchJobIDs) == 0 {
		return nil
	}
	enough := time.NewTimer(d.StartWithin + askMargin)
	defer enough.Stop()
	for {
		asking, err := d.Store.Read().Attempt.Query().
			Where(attempt.BatchJobIDIn(batchJobIDs...), inFlight,
				attempt.StatusEQ(calling.AttemptDialing), attempt.AcceptedAtIsNil()).
			Exist(ctx)
		if err == nil && !asking {
			return nil
		}
		select {
		case <-enough.C:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("wait for calls being asked for: %w", context.Cause(ctx))
		case <-time.After(lookAgain):
		}
	}
}
