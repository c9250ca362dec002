package graph

import (
	"context"
	"fmt"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/graph/model"
)

// pageContacts reads a page of a batch job's contacts, in the order of the
// upload.
func (r *Resolver) pageContacts(
	ctx context.Context, job *ent.BatchJob, a arguments, filter *model.ContactFilter,
) (*model.ContactConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.ContactQuery {
		query := rows.Contact.Query().Where(contact.BatchJobID(job.ID))
		if filter != nil && len(filter.Statuses) > 0 {
			query.Where(contact.StatusIn(filter.Statuses...))
		}
		return query
	}
	p := byRow(calling.ContactPrefix, func(row *ent.Contact) int { return row.Row })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[int]) ([]*ent.Contact, error) {
		query := withAttempts(ctx, all(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(contact.RowGT(*s.after))
		}
		if s.before != nil {
			query.Where(contact.RowLT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Desc, ent.Asc)(contact.FieldRow)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// withAttempts has the attempts of all contacts read together, when they are
// selected below one of the paths.
func withAttempts(ctx context.Context, query *ent.ContactQuery, paths ...string) *ent.ContactQuery {
	if selected(ctx, paths, "attempts") {
		query.WithAttempts(func(attempts *ent.AttemptQuery) { attempts.Order(ent.Asc(attempt.FieldNumber)) })
	}
	return query
}

// attemptsOf returns a contact's attempts, first to last.
func (r *Resolver) attemptsOf(ctx context.Context, c *ent.Contact) ([]*ent.Attempt, error) {
	if loaded, err := c.Edges.AttemptsOrErr(); err == nil {
		return loaded, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	attempts, err := rows.Attempt.Query().Where(attempt.ContactID(c.ID)).Order(ent.Asc(attempt.FieldNumber)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the attempts: %w", err)
	}
	return attempts, nil
}

// dueAt returns when a contact is due; nil unless it is PENDING.
func dueAt(c *ent.Contact) *time.Time {
	if c.Status != calling.ContactPending {
		return nil
	}
	return &c.NextAttemptAt
}
