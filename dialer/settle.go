package dialer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// Settle records how an attempt ended and returns once that is committed.
// Reports on attempts that have ended already, late or doubled ones, change
// nothing.
func (d *Dialer) Settle(ctx context.Context, organizationID string, attemptID uuid.UUID, report calling.Report) error {
	return d.turns.join(ctx, organizationID, &ending{attempt: attemptID, report: report.Clean(), claim: anyClaim}, false)
}

// newest are the endings to record, by attempt: of several the first, unless the
// carrier itself reported a later one, or a later claim concluded it.
func newest(endings []ending) (byAttempt map[uuid.UUID]ending, ids []uuid.UUID) {
	byAttempt = make(map[uuid.UUID]ending, len(endings))
	ids = make([]uuid.UUID, 0, len(endings))
	for _, e := range endings {
		first, doubled := byAttempt[e.attempt]
		if !doubled {
			ids = append(ids, e.attempt)
		}
		if !doubled || (first.claim != anyClaim && (e.claim == anyClaim || e.claim > first.claim)) {
			byAttempt[e.attempt] = e
		}
	}
	return byAttempt, ids
}

// settle records how attempts ended that were read under the lock, and frees their
// slots. It is written when the turn is saved, or by flush.
func (t *turn) settle(reports map[uuid.UUID]ending, rows []store.EndingAttempt) error {
	moved := 0
	for _, row := range rows {
		one := reports[row.ID]
		if one.claim != anyClaim && one.claim != row.Claims {
			continue
		}
		j := t.byID[row.BatchJobID]
		if j == nil {
			return fmt.Errorf("attempt %s is in flight, but its batch job %s is over", row.ID, row.BatchJobID)
		}
		j.inFlight--
		t.flying--
		e, m := t.settleOne(j, row, one.report)
		t.writes.Ended, t.writes.Moved = append(t.writes.Ended, e), append(t.writes.Moved, m)
		moved++
		if m.Status != calling.ContactCancelled || j.Status != calling.BatchCancelling {
			t.tellContact(m.ID, m.Status)
		}
	}
	if fault.Planted("lost-settle") {
		t.writes.Moved = t.writes.Moved[:len(t.writes.Moved)-(moved+1)/2] // half, and one of one
	}
	return nil
}

// settleNow records endings in a turn that has begun, and writes them.
func (t *turn) settleNow(ctx context.Context, endings []ending) error {
	if len(endings) == 0 {
		return nil
	}
	if err := t.forbidStarts(ctx, endings); err != nil {
		return err
	}
	reports, ids := newest(endings)
	rows, err := t.tx.LoadEnding(ctx, t.org.ID, ids)
	if err != nil {
		return err //nolint:wrapcheck // it says what failed
	}
	if err := t.settle(reports, rows); err != nil {
		return err
	}
	return t.flush(ctx)
}

// forbidStarts keeps claims out of the batch jobs of attempts whose end depends
// on who has claimed them: until the end of the transaction nobody can.
func (t *turn) forbidStarts(ctx context.Context, endings []ending) error {
	var ids []uuid.UUID
	for _, e := range endings {
		if e.claim != anyClaim {
			ids = append(ids, e.attempt)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := t.tx.Ent.Attempt.Query().Where(attempt.IDIn(ids...)).
		Select(attempt.FieldID, attempt.FieldBatchJobID).All(ctx)
	if err != nil {
		return fmt.Errorf("find the batch jobs of attempts: %w", err)
	}
	batchJobs := map[string]bool{}
	for _, row := range rows {
		batchJobs[row.BatchJobID] = true
	}
	return t.tx.ForbidStarts(ctx, slices.Collect(maps.Keys(batchJobs))...)
}

// settleOne decides what one report means and counts it.
func (t *turn) settleOne(j *job, row store.EndingAttempt, report calling.Report) (store.EndedAttempt, store.MovedContact) {
	if report.EndedAt.IsZero() || report.EndedAt.After(t.now) {
		report.EndedAt = t.now
	}
	if report.CarrierFull() {
		if j.CarrierFullLevel == 0 {
			t.dialer.Log.Warn("the carrier takes no calls: its batch job dials less until it does", "batch_job", j.ID, "reason", report.Reason)
		}
		j.slowDown(t.now, report.RetryAfter, t.dialer.FullDelay)
	} else if !report.NotDialed {
		j.RecentCalls = t.dialer.Breaker.Add(j.RecentCalls, calling.PublicID(calling.AttemptPrefix, row.ID), report.Outcome, report.Reason)
	}
	decision := t.decide(j, row.Contact, report)
	talk := report.Talk
	cost := calling.CallCost(j.PricePerCallMicros, talk)
	t.books.pay(j, cost)
	j.changed = true
	j.ContactsDialing--
	if report.NotDialed && row.Contact.LastOutcome != nil {
		j.count(decision.Status, *row.Contact.LastOutcome) // how it ended before still counts
	} else {
		j.count(decision.Status, report.Outcome)
	}

	m := store.MovedContact{
		ID: row.Contact.ID, Status: decision.Status, LastOutcome: row.Contact.LastOutcome,
		AttemptsUsed: row.Contact.AttemptsUsed, NextAttemptAt: row.Contact.NextAttemptAt,
	}
	if !report.NotDialed {
		j.AttemptsEnded++
		m.LastOutcome = &report.Outcome
	}
	if decision.Spent {
		m.AttemptsUsed++
	}
	if decision.Status == calling.ContactPending {
		m.NextAttemptAt = decision.NextAttemptAt
		if j.againAt.IsZero() || m.NextAttemptAt.Before(j.againAt) {
			j.againAt = m.NextAttemptAt
		}
	}
	return store.EndedAttempt{
		ID: row.ID, Outcome: report.Outcome, Reason: report.Reason, Dialed: !report.NotDialed,
		RingingAt: report.RingingAt, AnsweredAt: report.AnsweredAt, EndedAt: report.EndedAt,
		TalkSeconds: int((talk + time.Second - 1) / time.Second), CostMicros: cost,
	}, m
}

// decide applies the retry policy, and what the batch job adds to it: nobody is
// dialed again while it is being cancelled, or outside its call window.
func (t *turn) decide(j *job, c *ent.Contact, report calling.Report) calling.Decision {
	policy := calling.RetryPolicy{MaxAttempts: j.MaxAttempts, Delay: t.dialer.RetryDelay, MaxDelay: t.dialer.MaxRetryDelay}
	// What was used before a person asked for a retry counts no more.
	decision := policy.Decide(report, c.AttemptsUsed-c.ExtraAttempts, t.now)
	if decision.Status != calling.ContactPending {
		return decision
	}
	if c.LastOutcome != nil && report.NotDialed && c.AttemptsUsed-c.ExtraAttempts >= j.MaxAttempts {
		decision.Status = calling.ContactFailed // the maximum was lowered since it got its slot
		return decision
	}
	if j.Status == calling.BatchCancelling {
		decision.Status = calling.ContactCancelled
		return decision
	}
	if report.CarrierFull() && report.RetryAfter == 0 {
		decision.NextAttemptAt = j.pace().Until
	}
	decision.NextAttemptAt = store.Instant(j.CallWindow.NextOpen(decision.NextAttemptAt))
	return decision
}

// count moves a contact that was DIALING into the counts of its new status.
func (j *job) count(status calling.ContactStatus, outcome calling.Outcome) {
	j.move(status, outcome, 1)
}

// move adds n contacts, or takes them away, to the counts of a status and of the
// outcome that they ended with.
func (j *job) move(status calling.ContactStatus, outcome calling.Outcome, n int) {
	switch status {
	case calling.ContactPending:
		j.ContactsPending += n
	case calling.ContactDialing:
		j.ContactsDialing += n
	case calling.ContactCompleted:
		j.ContactsCompleted += n
	case calling.ContactFailed:
		j.ContactsFailed += n
	case calling.ContactCancelled:
		j.ContactsCancelled += n
	}
	if status != calling.ContactCompleted && status != calling.ContactFailed {
		return
	}
	if j.OutcomeCounts[outcome] += n; j.OutcomeCounts[outcome] == 0 {
		delete(j.OutcomeCounts, outcome)
	}
}
