package dialer

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/predicate"
)

// Update changes what a batch job is called and how it dials, until it is over.
// With a lower limit calls in flight go on, and no new one starts before there
// are fewer. With a lower maximum of attempts, contacts that wait for a retry and
// have used it up end at once with their last outcome; with a higher one those
// that have ended stay ended. The hold stays as it is: it is for contacts, not
// for attempts. Errors: CodeNotFound, CodeInvalidRequest for the fields, and
// CodeActionNotAllowed for a batch job that is over.
func (d *Dialer) Update(ctx context.Context, batchJobID string, edit calling.BatchEdit, reason string) ([]calling.Warning, error) {
	edit, problems := edit.Check()
	if len(problems) > 0 {
		return nil, calling.Problems(problems)
	}
	var warnings []calling.Warning
	o := order{batchJobID: batchJobID, action: calling.ActionUpdate, reason: reason}
	o.change = func(ctx context.Context, t *turn, j *job) (more details, err error) {
		warnings = nil
		if limit := edit.ConcurrentCallLimit; limit != nil {
			warnings = limitWarnings(*limit, t.org.ConcurrentCallLimit)
		}
		return t.update(ctx, j, edit)
	}
	if err := d.control(ctx, o); err != nil {
		return nil, err
	}
	if edit.ConcurrentCallLimit != nil {
		return warnings, d.awaitAsks(ctx, batchJobID)
	}
	return warnings, nil
}

// update returns what is different now.
func (t *turn) update(ctx context.Context, j *job, edit calling.BatchEdit) (details, error) {
	more := details{}
	if name := edit.Name; name != nil && *name != j.Name {
		more["name"] = values(j.Name, *name)
		j.edit(func(u *ent.BatchJobUpdate) { u.SetName(*name) })
	}
	if limit := edit.ConcurrentCallLimit; limit != nil && *limit != j.ConcurrentCallLimit {
		more["concurrentCallLimit"] = values(j.ConcurrentCallLimit, *limit)
		if *limit < j.ConcurrentCallLimit { // slots that nobody has claimed are given anew, within the new limit
			if _, err := t.withdraw(ctx, j); err != nil {
				return nil, err
			}
		}
		j.ConcurrentCallLimit = *limit
		j.edit(func(u *ent.BatchJobUpdate) { u.SetConcurrentCallLimit(*limit) })
	}
	if edit.Description != nil {
		if err := t.describe(ctx, j, *edit.Description, more); err != nil {
			return nil, err
		}
	}
	if most := edit.MaxAttempts; most != nil && *most != j.MaxAttempts {
		more["maxAttempts"] = values(j.MaxAttempts, *most)
		j.MaxAttempts = *most
		j.edit(func(u *ent.BatchJobUpdate) { u.SetMaxAttempts(*most) })
		n, err := t.giveUp(ctx, j)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			more["contactsEnded"] = n
		}
	}
	return more, nil
}

// describe changes the description, which turns do not load.
func (t *turn) describe(ctx context.Context, j *job, text string, more details) error {
	row, err := t.tx.Ent.BatchJob.Query().Where(batchjob.ID(j.ID)).
		Select(batchjob.FieldID, batchjob.FieldDescription).Only(ctx)
	if err != nil {
		return fmt.Errorf("load the description: %w", err)
	}
	before := ""
	if row.Description != nil {
		before = *row.Description
	}
	if text == before {
		return nil
	}
	more["description"] = values(before, text)
	j.edit(func(u *ent.BatchJobUpdate) {
		if text == "" {
			u.ClearDescription()
		} else {
			u.SetDescription(text)
		}
	})
	return nil
}

// giveUp ends contacts that wait for a retry and have no attempt left.
func (t *turn) giveUp(ctx context.Context, j *job) (int, error) {
	spent := []predicate.Contact{contact.BatchJobID(j.ID), pending, spentAll(j.MaxAttempts)}
	var rows []struct {
		LastOutcome calling.Outcome `json:"last_outcome"`
		Count       int             `json:"count"`
	}
	err := t.tx.Ent.Contact.Query().Where(spent...).
		GroupBy(contact.FieldLastOutcome).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return 0, fmt.Errorf("count contacts without attempts left: %w", err)
	}
	total := 0
	for _, row := range rows {
		total += row.Count
		j.move(calling.ContactPending, "", -row.Count)
		// Only outcomes that end a contact as FAILED are dialed again by themselves.
		j.move(calling.ContactFailed, row.LastOutcome, row.Count)
	}
	if total == 0 {
		return 0, nil
	}
	if err := t.tellSpent(ctx, t.tx.Ent.Contact.Query().Where(spent...)); err != nil {
		return 0, err
	}
	n, err := t.tx.Ent.Contact.Update().Where(spent...).SetStatus(calling.ContactFailed).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("end contacts without attempts left: %w", err)
	}
	if n != total {
		return 0, fmt.Errorf("ended %d of %d contacts without attempts left", n, total)
	}
	return n, nil
}

// spentAll finds contacts that have used as many attempts as they are allowed.
func spentAll(maxAttempts int) predicate.Contact {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C(contact.FieldAttemptsUsed)).WriteString(" >= ").
				Ident(s.C(contact.FieldExtraAttempts)).WriteString(" + ").Arg(maxAttempts)
		}))
	}
}
