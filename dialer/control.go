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
// once, calls in flight finish, or are hung up when hangUp says so. After it has
// returned no new call starts. It returns how many contacts were cancelled. With
// hangUp it is allowed once more for a batch job that is being cancelled already. Errors: CodeNotFound, CodeInvalidRequest for the reason,
// and CodeActionNotAllowed for a batch job that is over.
func (d *Dialer) Cancel(ctx context.Context, batchJobID string, hangUp bool, reason string) (cancelled int, err error) {
	o := order{batchJobID: batchJobID, action: calling.ActionCancel, reason: reason}
	if hangUp {
		o.action = calling.ActionHangUp
	}
	o.change = func(ctx context.Context, t *turn, j *job) (details, error) {
		j.Status, j.PauseReason, j.PauseNote = calling.BatchCancelling, nil, ""
		waiting, err := t.cancelPending(ctx, j)
		if err != nil {
			return nil, err
		}
		withdrawn, err := t.withdraw(ctx, j)
		if err != nil {
			return nil, err
		}
		cancelled = waiting + withdrawn
		more := details{"contactsCancelled": cancelled, "hangUp": hangUp}
		if hangUp {
			j.HangUp = true
			more["callsHungUp"], err = t.hangUp(ctx, j)
		}
		return more, err
	}
	if err := d.control(ctx, o); err != nil {
		return 0, err
	}
	return cancelled, d.awaitAsks(ctx, batchJobID)
}

// Pause stops dialing: no new call starts after it has returned; calls in flight
// finish. Errors: CodeNotFound, CodeInvalidRequest for the reason, and
// CodeActionNotAllowed for a batch job that is not running.
func (d *Dialer) Pause(ctx context.Context, batchJobID, reason string) error {
	o := order{batchJobID: batchJobID, action: calling.ActionPause, reason: reason}
	o.change = func(ctx context.Context, t *turn, j *job) (details, error) {
		by := calling.PausedByPerson
		j.Status, j.PauseReason, j.PauseNote = calling.BatchPaused, &by, strings.TrimSpace(reason)
		_, err := t.withdraw(ctx, j)
		return details{"pauseReason": by}, err
	}
	if err := d.control(ctx, o); err != nil {
		return err
	}
	return d.awaitAsks(ctx, batchJobID)
}

// Resume goes on dialing. Errors: CodeNotFound, CodeInvalidRequest for the
// reason, and CodeActionNotAllowed for a batch job that is not paused.
func (d *Dialer) Resume(ctx context.Context, batchJobID, reason string) error {
	o := order{batchJobID: batchJobID, action: calling.ActionResume, reason: reason}
	o.change = func(_ context.Context, _ *turn, j *job) (details, error) {
		more := details{"pauseReason": j.PauseReason}
		j.goOn()
		return more, nil
	}
	return d.control(ctx, o)
}

// goOn has a batch job dial, with nothing held against it.
func (j *job) goOn() {
	j.Status, j.PauseReason, j.PauseNote, j.changed = calling.BatchRunning, nil, "", true
	j.RecentCalls = nil
}

// order is what somebody asks for with one batch job.
type order struct {
	batchJobID string
	action     calling.BatchAction
	reason     string
	change     func(context.Context, *turn, *job) (details, error) // what it does, and what the history tells of it
}

// control carries an order out inside a turn of the viewer's organization,
// keeping new claims out until the change is committed.
func (d *Dialer) control(ctx context.Context, o order) error {
	viewer, err := may(ctx, auth.Write)
	if err != nil {
		return err
	}
	var problems []calling.Problem
	if o.reason, problems = calling.CheckReason(o.reason); len(problems) > 0 {
		return calling.Problems(problems)
	}
	var t *turn
	err = d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t = &turn{dialer: d}
		if err := tx.LockOrganization(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		// Nobody may keep another organization's calls waiting.
		if exists, err := tx.Ent.BatchJob.Query().Where(batchjob.ID(o.batchJobID)).Exist(ctx); err != nil {
			return fmt.Errorf("find the batch job: %w", err)
		} else if !exists {
			return calling.Errorf(calling.CodeNotFound, "Batch job %s not found", o.batchJobID)
		}
		if err := tx.ForbidStarts(ctx, o.batchJobID); err != nil {
			return err
		}
		t.tx, t.now = tx, d.now()
		if _, err := t.load(ctx, viewer.OrganizationID, allTime()); err != nil {
			return err
		}
		j, err := t.permitted(ctx, o)
		if err != nil {
			return err
		}
		j.changed = true
		more, err := o.change(ctx, t, j)
		if err != nil {
			return err
		}
		t.record(j, o.action.Rule().Change, actorOf(viewer), o.reason, more)
		return t.proceed(ctx)
	})
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	if err != nil {
		return fmt.Errorf("batch job %s was not %s: %w", o.batchJobID, o.action.Rule().Done, err)
	}
	d.waker.at(viewer.OrganizationID, t.wakeAt)
	fault.Point("C12")
	return nil
}

// permitted returns the batch job that an order is about, when its status
// allows the action. One that is over takes part in the turn from here on.
func (t *turn) permitted(ctx context.Context, o order) (*job, error) {
	j := t.byID[o.batchJobID]
	if j == nil {
		row, err := t.tx.Ent.BatchJob.Query().Where(batchjob.ID(o.batchJobID)).Select(batchFields()...).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, calling.Errorf(calling.CodeNotFound, "Batch job %s not found", o.batchJobID)
		}
		if err != nil {
			return nil, fmt.Errorf("load the batch job: %w", err)
		}
		j = &job{BatchJob: row}
	}
	if allowed := o.action.Permit(j.Status); !allowed.Allowed {
		return nil, calling.Errorf(calling.CodeActionNotAllowed, "%s", allowed.Reason)
	}
	if t.byID[j.ID] == nil {
		t.jobs = append(t.jobs, j)
		t.byID[j.ID] = j
	}
	return j, nil
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
	if err := t.flush(ctx); err != nil { // those that have ended in this turn are not in flight
		return 0, err
	}
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
	return len(ids), t.settleNow(ctx, endings)
}

// withdrawn is the report on an attempt that was never placed.
func withdrawn() calling.Report {
	return calling.Report{
		Outcome: calling.OutcomeCancelled, NotDialed: true, RetryAfter: 1,
		Reason: "the batch job stopped dialing before the call was placed",
	}
}
