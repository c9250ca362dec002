package dialer

import (
	"context"
	"fmt"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/ent/predicate"
)

// Progress reads how batch jobs of the context's organization stand. Every
// count of a snapshot comes from one row, so it adds up at every read. Batch
// jobs that are not there are left out.
func (d *Dialer) Progress(ctx context.Context, ids ...string) ([]calling.Progress, error) {
	rows, err := d.Store.Read().BatchJob.Query().Where(batchjob.IDIn(ids...)).Select(batchFields()...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return d.snapshots(ctx, rows)
}

// maxActive is how many batch jobs Active reads.
const maxActive = 1000

// Active reads how the batch jobs of an organization stand that are not over,
// and those that were created after the one named, over or not; unless none is
// named. Of very many it reads the newest 1,000.
func (d *Dialer) Active(ctx context.Context, organizationID, after string) ([]calling.Progress, error) {
	which := []predicate.BatchJob{notOver}
	if after != "" {
		which = append(which, batchjob.IDGT(after))
	}
	var rows []*ent.BatchJob
	read := map[string]bool{}
	for _, some := range which { // each has an index of its own
		found, err := d.Store.Read().BatchJob.Query().Where(batchjob.OrganizationID(organizationID), some).
			Order(ent.Desc(batchjob.FieldID)).Limit(maxActive).Select(batchFields()...).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read what is not over: %w", err)
		}
		for _, row := range found {
			if !read[row.ID] {
				rows = append(rows, row)
			}
			read[row.ID] = true
		}
	}
	return d.snapshots(ctx, rows)
}

// snapshots turns rows into snapshots, reading each organization's limit once.
func (d *Dialer) snapshots(ctx context.Context, rows []*ent.BatchJob) ([]calling.Progress, error) {
	limits := map[string]int{}
	found := make([]calling.Progress, 0, len(rows))
	for _, row := range rows {
		limit, ok := limits[row.OrganizationID]
		if !ok {
			org, err := d.Store.Read().Organization.Query().Where(organization.ID(row.OrganizationID)).Only(ctx)
			if err != nil {
				return nil, fmt.Errorf("read the organization's limit: %w", err)
			}
			limit = org.ConcurrentCallLimit
			limits[row.OrganizationID] = limit
		}
		found = append(found, ProgressOf(row, limit, d.now()))
	}
	return found, nil
}

// ProgressOf turns a batch job's row into its snapshot at the moment now, given
// its organization's limit.
func ProgressOf(row *ent.BatchJob, organizationLimit int, now time.Time) calling.Progress {
	p := calling.Progress{
		BatchJobID: row.ID, OrganizationID: row.OrganizationID, Version: row.Version, Status: row.Status,
		Total: row.TotalContacts, Pending: row.ContactsPending, Dialing: row.ContactsDialing,
		Completed: row.ContactsCompleted, Failed: row.ContactsFailed, Cancelled: row.ContactsCancelled,
		Outcomes: finalOutcomes(row), CallsInFlight: row.ContactsDialing,
		Limit: min(row.ConcurrentCallLimit, organizationLimit), Carrier: row.Carrier, Attempts: row.AttemptsEnded,
		SpentMicros: row.SpentMicros, HeldMicros: row.HeldMicros, CallWindow: row.CallWindow, OccurredAt: now,
	}
	if row.PauseReason != nil {
		p.PauseReason = *row.PauseReason
	}
	for from, to := range map[*time.Time]*time.Time{
		row.ScheduledStartAt: &p.StartsAt, row.StartedAt: &p.StartedAt, row.EndedAt: &p.EndedAt,
		row.CarrierFullUntil: &p.CarrierFullUntil,
	} {
		if from != nil {
			*to = *from
		}
	}
	return p
}
