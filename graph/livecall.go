package graph

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/graph/model"
)

// pageLiveCalls reads a page of calls in flight, those that have been longest
// first: of one batch job, or of the whole organization when it is nil.
func (r *Resolver) pageLiveCalls(ctx context.Context, job *ent.BatchJob, a arguments) (*model.AttemptConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.AttemptQuery {
		query := rows.Attempt.Query().Where(inFlight)
		if job != nil {
			query.Where(attempt.BatchJobID(job.ID))
		}
		return query
	}
	p := pages[*ent.Attempt, uuid.UUID]{
		kind: "live", usual: usualPage, most: maxPage, // attempts' ids sort by when they got their slot
		key:   func(row *ent.Attempt) uuid.UUID { return row.ID },
		write: func(id uuid.UUID) string { return calling.PublicID(calling.AttemptPrefix, id) },
		read: func(text string) (uuid.UUID, bool) {
			id, ok := calling.ParsePublicID(calling.AttemptPrefix, text)
			return id, ok
		},
	}
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[uuid.UUID]) ([]*ent.Attempt, error) {
		query := withContact(ctx, all(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(attempt.IDGT(*s.after))
		}
		if s.before != nil {
			query.Where(attempt.IDLT(*s.before))
		}
		found, err := query.Order(choose(s.backward, ent.Desc, ent.Asc)(attempt.FieldID)).Limit(s.limit).All(ctx)
		for _, call := range found {
			introduce(call.Edges.Contact)
		}
		return found, err //nolint:wrapcheck // page says what was read
	}
	return p.page(ctx, a)
}

// inFlight finds attempts that hold a slot. The first part is written as the
// partial index is, so that the index is used; the second one is for MySQL, which
// has none.
func inFlight(s *sql.Selector) {
	status := s.C(attempt.FieldStatus)
	s.Where(sql.ExprP(status + " <> 'ENDED' AND " + status + " IN ('QUEUED', 'DIALING')"))
}

// withContact has the contacts of all attempts read together, when they are
// selected below one of the paths.
func withContact(ctx context.Context, query *ent.AttemptQuery, paths ...string) *ent.AttemptQuery {
	if selected(ctx, paths, "contact") {
		query.WithContact(func(contacts *ent.ContactQuery) {
			deeper := below(paths, "contact")
			withBatchJob(ctx, withAttempts(ctx, contacts, deeper...), deeper...)
		})
	}
	return query
}
