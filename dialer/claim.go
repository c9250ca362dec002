package dialer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// overdueMargin is how long after the longest possible call an attempt that is
// still in flight is given up.
const overdueMargin = 5 * time.Minute

// overdueAfter is from when on after its start an attempt is overdue.
func (d *Dialer) overdueAfter() time.Duration { return d.RingTimeout + d.MaxCall + overdueMargin }

// claimVerdict says what a node may do with an attempt.
type claimVerdict int

const (
	claimRefused   claimVerdict = iota // another node's, or ended: leave it
	claimStart                         // this node's, and nobody was ever asked: have the carrier start the call
	claimResume                        // this node's, after another: look for the call, and start it when it was never asked for
	claimFind                          // this node's, after another: look for the call; none may start
	claimOverdue                       // as claimFind, and given up when the carrier does not answer
	claimWithdrawn                     // never asked for, and none may start: give the slot back
	claimForeign                       // another carrier's, and nobody has looked after it for too long: give it up unasked
)

// claimed is the answer to a claim.
type claimed struct {
	verdict  claimVerdict
	number   int  // of the claim; only the newest of an attempt counts
	accepted bool // the carrier is known to have had the call
	call     calling.Call
	madeAt   time.Time // by this node's own clock, which no correction sets back
	err      error     // the attempt cannot be described to a carrier
}

// claim takes attempts of one organization for this node. Everything that
// decides is read under a lock that pause and cancel wait for, and nothing from
// before it is used but the batch jobs' ids, which never change.
func (d *Dialer) claim(ctx context.Context, organizationID string, ids []uuid.UUID) (claims []claimed, err error) {
	ctx = auth.WithOrganization(ctx, organizationID)
	err = d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		claims = make([]claimed, len(ids))
		return d.claimIn(ctx, tx, ids, claims)
	})
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", calling.Plural(len(ids), "attempt"), err)
	}
	return claims, nil
}

func (d *Dialer) claimIn(ctx context.Context, tx *store.Tx, ids []uuid.UUID, claims []claimed) error {
	madeAt, now := d.Now(), d.now() // before any wait, so that the time to start in is never too long
	batches, err := d.allowStarts(ctx, tx, ids)
	if err != nil || len(batches) == 0 {
		return err
	}
	rows, err := tx.Ent.Attempt.Query().Where(attempt.IDIn(ids...), inFlight, store.LockFreeRows).
		Order(attempt.ByID()).WithContact().All(ctx)
	if err != nil {
		return fmt.Errorf("load attempts: %w", err)
	}
	var fresh, taken []uuid.UUID
	for _, row := range rows {
		c := &claims[slices.Index(ids, row.ID)]
		c.verdict = d.verdict(row, batches[row.BatchJobID], now)
		if c.verdict, err = withinOrganization(ctx, tx, c.verdict); err != nil {
			return err
		}
		c.number, c.accepted, c.madeAt = row.Claims+1, row.AcceptedAt != nil, madeAt
		switch c.verdict {
		case claimRefused, claimWithdrawn:
			continue
		case claimForeign:
			c.number = row.Claims // holds as long as nobody claims it
			continue
		case claimStart, claimResume, claimFind, claimOverdue:
		}
		if c.call, c.err = d.call(row, batches[row.BatchJobID], now); c.err != nil {
			continue
		}
		if c.verdict == claimStart {
			fresh = append(fresh, row.ID)
		} else {
			taken = append(taken, row.ID)
		}
	}
	if err := d.take(ctx, tx, now, fresh, taken); err != nil {
		return err
	}
	fault.Point("C4")
	return nil
}

// allowStarts takes the right to start calls of the attempts' batch jobs, and
// loads these under it.
func (d *Dialer) allowStarts(ctx context.Context, tx *store.Tx, ids []uuid.UUID) (map[string]*ent.BatchJob, error) {
	named, err := tx.Ent.Attempt.Query().Where(attempt.IDIn(ids...), inFlight).
		Select(attempt.FieldID, attempt.FieldBatchJobID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the attempts: %w", err)
	}
	batches := map[string]*ent.BatchJob{}
	for _, row := range named {
		batches[row.BatchJobID] = nil
	}
	batchJobs := slices.Collect(maps.Keys(batches))
	if !fault.Planted("no-start-lock") {
		if err := tx.AllowStarts(ctx, batchJobs...); err != nil {
			return nil, err
		}
	}
	loaded, err := tx.Ent.BatchJob.Query().Where(batchjob.IDIn(batchJobs...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load batch jobs: %w", err)
	}
	for _, b := range loaded {
		batches[b.ID] = b
	}
	return batches, nil
}

// verdict decides what this node may do with an attempt in flight.
func (d *Dialer) verdict(row *ent.Attempt, batch *ent.BatchJob, now time.Time) claimVerdict {
	if !d.mayCall(batch) {
		return d.foreignVerdict(row, now)
	}
	mayStart := batch.Status == calling.BatchRunning && batch.CallWindow.Contains(now)
	if row.Status == calling.AttemptQueued {
		if mayStart {
			return claimStart
		}
		return claimWithdrawn
	}
	switch {
	case row.Node != "" && row.LeaseUntil.After(now):
		return claimRefused
	case row.StartedAt != nil && now.After(row.StartedAt.Add(d.overdueAfter())):
		return claimOverdue
	case mayStart && batch.ContactsDialing <= batch.ConcurrentCallLimit: // which may have been lowered since
		return claimResume
	}
	return claimFind
}

// take writes this node's claims on rows that this transaction has locked.
func (d *Dialer) take(ctx context.Context, tx *store.Tx, now time.Time, fresh, taken []uuid.UUID) error {
	write := func(ids []uuid.UUID, first bool) error {
		if len(ids) == 0 {
			return nil
		}
		update := tx.Ent.Attempt.Update().Where(attempt.IDIn(ids...), inFlight).
			SetStatus(calling.AttemptDialing).SetNode(d.node).SetLeaseUntil(now.Add(d.Lease)).AddClaims(1)
		if first {
			update.SetStartedAt(now)
		}
		n, err := update.Save(ctx)
		if err != nil {
			return fmt.Errorf("write claims: %w", err)
		}
		if n != len(ids) {
			return fmt.Errorf("claimed %d of %d attempts", n, len(ids))
		}
		return nil
	}
	if err := write(fresh, true); err != nil {
		return err
	}
	return write(taken, false)
}
