package dialer

import (
	"context"
	"fmt"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/store"
)

// Rescheduled is the answer to Reschedule.
type Rescheduled struct {
	StartAt  time.Time // zero = at once
	Warnings []calling.Warning
}

// Reschedule gives a batch job that has not started another start, by the rules
// of Create; no start is one at once. Once it has returned the old start does
// nothing. Errors: CodeNotFound, CodeInvalidRequest, CodeInvalidTimezone and
// CodePastScheduledTime for the fields, and CodeActionNotAllowed for a batch job
// that has started.
func (d *Dialer) Reschedule(ctx context.Context, batchJobID string, start calling.NewStart, reason string) (*Rescheduled, error) {
	answer := &Rescheduled{}
	o := order{batchJobID: batchJobID, action: calling.ActionReschedule, reason: reason}
	o.change = func(ctx context.Context, t *turn, j *job) (details, error) {
		at, zone, warnings, problems := start.Plan(t.now, j.Timezone)
		if len(problems) > 0 {
			return nil, calling.Problems(problems)
		}
		*answer = Rescheduled{StartAt: at, Warnings: warnings}
		more := details{
			"scheduledStartTime": values(j.ScheduledStartAt, instantOrNil(at)),
			"timezone":           values(j.Timezone, zone),
		}
		return more, t.reschedule(ctx, j, at, zone)
	}
	if err := d.control(ctx, o); err != nil {
		return nil, err
	}
	return answer, nil
}

// reschedule moves the start. One at once is made by the rest of the turn; of
// one to come the queue is told, and whoever comes at the old start finds the
// new one in the row.
func (t *turn) reschedule(ctx context.Context, j *job, at time.Time, zone string) error {
	due := at
	if at.IsZero() {
		due = t.now
		j.Status, j.ScheduledStartAt = calling.BatchPending, nil
		j.edit(func(u *ent.BatchJobUpdate) { u.ClearScheduledStartAt() })
	} else {
		j.Status, j.ScheduledStartAt = calling.BatchScheduled, &at
		j.edit(func(u *ent.BatchJobUpdate) { u.SetScheduledStartAt(at) })
	}
	j.Timezone = zone
	j.edit(func(u *ent.BatchJobUpdate) { u.SetTimezone(zone) })
	// Contacts are due from the start: one that was moved to an earlier moment
	// would find nobody to dial.
	err := t.tx.Ent.Contact.Update().Where(contact.BatchJobID(j.ID), pending).SetNextAttemptAt(store.Instant(due)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move contacts to the new start: %w", err)
	}
	if at.IsZero() {
		return nil
	}
	return t.dialer.Queue.StartBatch(ctx, t.tx, t.org.ID, j.ID, at)
}

func instantOrNil(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
