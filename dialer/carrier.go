package dialer

import (
	"context"
	"fmt"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
)

// mayCall reports whether this node's carrier is the one that a batch job was
// made for. What was simulated must not begin to ring people because a node was
// started with another setting, and what rings people must not be made up.
func (d *Dialer) mayCall(b *ent.BatchJob) bool { return d.isFor(b.Carrier) }

// isFor is mayCall of a batch job's carrier.
func (d *Dialer) isFor(carrier string) bool { return carrier == "" || carrier == d.CarrierName }

// foreignVerdict decides what becomes of an attempt of another carrier, which this
// node may not ask. A node that may is given the time to look after it: until its
// call must be over and some more, or, where nobody was asked for a call yet, for a
// few leases. Then its slot is needed.
func (d *Dialer) foreignVerdict(row *ent.Attempt, now time.Time) claimVerdict {
	began := row.StartedAt // of the first claim; a later one may have begun the call
	if row.AcceptedAt != nil && (began == nil || row.AcceptedAt.After(*began)) {
		began = row.AcceptedAt
	}
	switch {
	case row.Status == calling.AttemptQueued && now.After(row.QueuedAt.Add(queuedLeases*d.Lease)):
		return claimWithdrawn
	case row.Status == calling.AttemptQueued, row.Node != "" && row.LeaseUntil.After(now):
		return claimRefused
	case began != nil && now.After(began.Add(d.overdueAfter()+overdueMargin)):
		return claimForeign
	}
	return claimRefused
}

// unasked is the report on a call of another carrier that must have ended long ago:
// it may have rung.
func unasked() calling.Report {
	return calling.Report{
		Outcome: calling.OutcomeUnknown,
		Reason:  "no server with the call's carrier was there to say how it ended",
	}
}

// ForOtherCarriers counts the open batch jobs that wait for a node with another
// carrier than this one's, by carrier.
func (d *Dialer) ForOtherCarriers(ctx context.Context) (map[string]int, error) {
	var rows []struct {
		Carrier string `json:"carrier"`
		Count   int    `json:"count"`
	}
	err := d.Store.Read().BatchJob.Query().
		Where(notOver, batchjob.CarrierNotIn("", d.CarrierName)).
		GroupBy(batchjob.FieldCarrier).Aggregate(ent.As(ent.Count(), "count")).Scan(auth.WithSystem(ctx), &rows)
	if err != nil {
		return nil, fmt.Errorf("count batch jobs of other carriers: %w", err)
	}
	found := map[string]int{}
	for _, row := range rows {
		found[row.Carrier] = row.Count
	}
	return found, nil
}
