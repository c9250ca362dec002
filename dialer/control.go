package dialer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// Cancel ends a batch job: contacts that are not being called are cancelled at
// once, calls in flight finish. After it has returned no new call starts. It returns how many contacts were cancelled. Errors: CodeNotFound, and
// CodeActionNotAllowed for a batch job that is over.
func (d *Dialer) Cancel(ctx context.Context, batchJobID string) (cancelled int, err error) {
	err = d.control(ctx, batchJobID, "cancelled", func(ctx context.Context, t *turn, j *job) error {
		j.Status, j.PauseReason, j.PauseNote = calling.BatchCancelling, nil, ""
		if cancelled, err = t.cancelPending(ctx, j); err != nil {
			return err
		}
		withdrawn, err := t.withdraw(ctx, j)
		cancelled += withdrawn
		return err
	}, calling.BatchPending, calling.BatchScheduled, calling.BatchRunning, calling.BatchPaused)
	if err != nil {
		return 0, err
	}
	return cancelled, d.awaitAsks(ctx, batchJobID)
}

// Pause stops dialing: no new call starts after it has returned; calls in flight
// finish. Errors: CodeNotFound, and CodeActionNotAllowed for a batch job
// that is not running.
func (d *Dialer) Pause(ctx context.Context, batchJobID string) error {
	err := d.control(ctx, batchJobID, "paused", func(ctx context.Context, t *turn, j *job) error {
		reason := calling.PausedByPerson
		j.Status, j.PauseReason = calling.BatchPaused, &reason
		_, err := t.withdraw(ctx, j)
		return err
	}, calling.BatchRunning)
	if err != nil {
		return err
	}
	return d.awaitAsks(ctx, batchJobID)
}

// Resume goes on dialing. Errors: CodeNotFound, and CodeActionNotAllowed for a
// batch job that is not paused.
func (d *Dialer) Resume(ctx context.Context, batchJobID string) error {
	return d.control(ctx, batchJobID, "resumed", func(_ context.Context, _ *turn, j *job) error {
		j.Status, j.PauseReason, j.PauseNote, j.RecentCalls = calling.BatchRunning, nil, "", nil
		return nil
	}, calling.BatchPaused)
}

// control changes one batch job inside a turn of its organization, keeping new
// claims out until the change is committed.
func (d *Dialer) control(
	ctx context.Context, batchJobID, done string,
	change func(context.Context, *turn, *job) error, allowed ...calling.BatchStatus,
) error {
	viewer, err := may(ctx, auth.Write)
	if err != nil {
		return err
	}
	t := &turn{dialer: d}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockOrganization(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		if err := tx.ForbidStarts(ctx, batchJobID); err != nil {
			return err
		}
		status, err := statusOf(ctx, tx.Ent, batchJobID)
		if err != nil {
			return err
		}
		if err := permit(status, done, allowed); err != nil {
			return err
		}
		t.tx, t.now = tx, d.now()
		if err := t.load(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		j := t.byID[batchJobID]
		j.changed = true
		if err := change(ctx, t, j); err != nil {
			return err
		}
		return t.proceed(ctx)
	})
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	if err != nil {
		return fmt.Errorf("batch job %s was not %s: %w", batchJobID, done, err)
	}
	d.waker.at(viewer.OrganizationID, t.wakeAt)
	fault.Point("C12")
	return nil
}

func statusOf(ctx context.Context, client *ent.Client, batchJobID string) (calling.BatchStatus, error) {
	row, err := client.BatchJob.Query().Where(batchjob.ID(batchJobID)).Select(batchjob.FieldID, batchjob.FieldStatus).Only(ctx)
	if ent.IsNotFound(err) {
		return "", calling.Errorf(calling.CodeNotFound, "Batch job %s not found", batchJobID)
	}
	if err != nil {
		return "", fmt.Errorf("load the batch job: %w", err)
	}
	return row.Status, nil
}

func permit(status calling.BatchStatus, done string, allowed []calling.BatchStatus) error {
	words := make([]string, 0, len(allowed))
	for _, s := range allowed {
		if s == status {
			return nil
		}
		words = append(words, strings.ToLower(string(s)))
	}
	return calling.Errorf(calling.CodeActionNotAllowed, "A batch job that is %s cannot be %s; only one that is %s can.",
		strings.ToLower(string(status)), done, strings.Join(words, " or "))
}

// cancelPending cancels every contact that waits.
func (t *turn) cancelPending(ctx context.Context, j *job) (int, error) {
	n, err := t.tx.Ent.Contact.Update().Where(contact.BatchJobID(j.ID), pending).
		SetStatus(calling.ContactCancelled).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("cancel contacts: %w", err)
	}
	j.ContactsPending -= n
	j.ContactsCancelled += n
	return n, nil
}

// withdraw takes slots back from contacts whose attempt no node has claimed
// yet: nothing rang, so nothing is spent.
func (t *turn) withdraw(ctx context.Context, j *job) (int, error) {
	ids, err := t.tx.Ent.Attempt.Query().
		Where(attempt.OrganizationID(t.org.ID), attempt.BatchJobID(j.ID), inFlight, attempt.StatusEQ(calling.AttemptQueued)).
		IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("find unclaimed attempts: %w", err)
	}
	endings := make([]ending, 0, len(ids))
	for _, id := range ids {
		endings = append(endings, ending{attempt: id, report: withdrawn(), claim: unclaimed})
	}
	return len(ids), t.settle(ctx, endings)
}

// withdrawn is the report on an attempt that was never placed.
func withdrawn() calling.Report {
	return calling.Report{
		Outcome: calling.OutcomeCancelled, NotDialed: true, RetryAfter: 1,
		Reason: "the batch job stopped dialing before the call was placed",
	}
}
