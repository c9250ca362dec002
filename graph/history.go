package graph

import (
	"context"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchchange"
	"github.com/outdial/outdial/graph/model"
)

// pageHistory reads a page of what was done to a batch job, newest first.
func (r *Resolver) pageHistory(ctx context.Context, job *ent.BatchJob, a arguments) (*model.BatchChangeConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.BatchChangeQuery { return rows.BatchChange.Query().Where(batchchange.BatchJobID(job.ID)) }
	p := byID(calling.BatchChangePrefix, func(row *ent.BatchChange) string { return row.ID })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.BatchChange, error) {
		query := all()
		if s.after != nil {
			query.Where(batchchange.IDLT(*s.after))
		}
		if s.before != nil {
			query.Where(batchchange.IDGT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Asc, ent.Desc)(batchchange.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// allowedActions says what the viewer can ask for with a batch job now, and why
// not.
func allowedActions(ctx context.Context, job *ent.BatchJob) []*calling.AllowedAction {
	var all []*calling.AllowedAction
	_, forbidden := may(ctx, auth.Write)
	for _, rule := range calling.BatchActions() {
		permit := rule.Action.Permit(job.Status)
		if forbidden != nil {
			permit.Allowed, permit.Reason = false, calling.DetailOf(forbidden)
		}
		all = append(all, &permit)
	}
	return all
}
