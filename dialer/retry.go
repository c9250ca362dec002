package dialer

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/predicate"
	"github.com/outdial/outdial/store"
)

// Retry has every contact of a batch job that ended with one of the outcomes
// dialed again, with all its attempts anew, and returns how many they are. Credits
// are held for them as for new contacts. A batch job that was COMPLETED runs again.
// Errors: CodeNotFound, CodeInvalidRequest for the outcomes, the reason, and when
// nobody ended so, CodeInsufficientCredits, and CodeActionNotAllowed for a batch job that
// has not started or was cancelled.
func (d *Dialer) Retry(ctx context.Context, batchJobID string, outcomes []calling.Outcome, reason string) (retried int, err error) {
	outcomes, problems := calling.CheckRetried(outcomes)
	if len(problems) > 0 {
		return 0, calling.Problems(problems)
	}
	o := order{batchJobID: batchJobID, action: calling.ActionRetry, reason: reason}
	o.change = func(ctx context.Context, t *turn, j *job) (details, error) {
		n, err := t.retry(ctx, j, outcomes)
		if err != nil {
			return nil, err
		}
		retried = n
		return details{"outcomes": outcomes, "contacts": n}, nil
	}
	if err := d.control(ctx, o); err != nil {
		return 0, err
	}
	return retried, nil
}

// retry moves contacts that ended with one of the outcomes back to PENDING.
func (t *turn) retry(ctx context.Context, j *job, outcomes []calling.Outcome) (int, error) {
	ended := []predicate.Contact{
		contact.BatchJobID(j.ID), contact.LastOutcomeIn(outcomes...),
		contact.StatusIn(calling.ContactCompleted, calling.ContactFailed, calling.ContactCancelled),
	}
	total, err := t.uncount(ctx, j, ended)
	if err != nil {
		return 0, err
	}
	if total == 0 {
		return 0, calling.Problems([]calling.Problem{{
			Field: "outcomes", Code: calling.CodeInvalidRequest,
			Detail: "No contact of the batch job has ended with one of these outcomes, so there is nobody to dial again.",
		}})
	}
	if err := t.holdAgain(j, total); err != nil {
		return 0, err
	}
	n, err := t.tx.Ent.Contact.Update().Where(ended...).SetStatus(calling.ContactPending).
		SetNextAttemptAt(store.Instant(j.CallWindow.NextOpen(t.now))).
		Modify(func(u *sql.UpdateBuilder) { u.Set(contact.FieldExtraAttempts, sql.Expr(contact.FieldAttemptsUsed)) }).
		Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("move contacts back: %w", err)
	}
	if n != total {
		return 0, fmt.Errorf("moved %d of %d contacts back", n, total)
	}
	if j.Status == calling.BatchCompleted {
		j.goOn()
		j.EndedAt = nil
		j.edit(func(u *ent.BatchJobUpdate) { u.ClearEndedAt() })
	}
	return n, nil
}

// uncount moves the contacts that where finds from the counts of how they ended
// to those that wait, and returns how many they are.
func (t *turn) uncount(ctx context.Context, j *job, where []predicate.Contact) (int, error) {
	var rows []struct {
		Status      calling.ContactStatus `json:"status"`
		LastOutcome calling.Outcome       `json:"last_outcome"`
		Count       int                   `json:"count"`
	}
	err := t.tx.Ent.Contact.Query().Where(where...).
		GroupBy(contact.FieldStatus, contact.FieldLastOutcome).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return 0, fmt.Errorf("count contacts that ended: %w", err)
	}
	total := 0
	for _, row := range rows {
		total += row.Count
		j.move(row.Status, row.LastOutcome, -row.Count)
	}
	j.move(calling.ContactPending, "", total)
	return total, nil
}

// holdAgain sets credits aside for contacts that are to be dialed again, as far
// as what is left of the batch job's hold does not cover everybody who is not
// final: a hold is always for contacts, at the price of one call each.
func (t *turn) holdAgain(j *job, contacts int) error {
	open := int64(j.ContactsPending+j.ContactsDialing) * j.PricePerCallMicros
	cost := min(max(0, open-j.HeldMicros), int64(contacts)*j.PricePerCallMicros)
	if available := t.books.available(); available < cost {
		return calling.Errorf(calling.CodeInsufficientCredits,
			"Insufficient credits: %s to dial %s again, but only %s are available. Add credits or retry fewer contacts.",
			calling.FormatUSD(cost), calling.Plural(contacts, "contact"), calling.FormatUSD(available))
	}
	t.books.hold(j, cost, "held to dial "+calling.Plural(contacts, "contact")+" again")
	return nil
}
