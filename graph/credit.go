package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/creditentry"
	"github.com/outdial/outdial/graph/model"
)

// pageLedger reads a page of the organization's ledger, newest first.
func (r *Resolver) pageLedger(ctx context.Context, a arguments, filter *model.CreditEntryFilter) (*model.CreditEntryConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.CreditEntryQuery { return filterLedger(rows.CreditEntry.Query(), filter) }
	p := byID(calling.CreditEntryPrefix, func(row *ent.CreditEntry) string { return row.ID })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.CreditEntry, error) {
		query := all()
		if s.after != nil {
			query.Where(creditentry.IDLT(*s.after))
		}
		if s.before != nil {
			query.Where(creditentry.IDGT(*s.before))
		}
		entries, err := query.Order(choose(s.backward, ent.Asc, ent.Desc)(creditentry.FieldID)).Limit(s.limit).All(ctx)
		if err != nil {
			return nil, err //nolint:wrapcheck // the page says what was read
		}
		return entries, r.readTheirBatchJobs(ctx, rows, entries, "nodes.", "edges.node.")
	}
	return p.page(ctx, a)
}

func filterLedger(query *ent.CreditEntryQuery, filter *model.CreditEntryFilter) *ent.CreditEntryQuery {
	if filter == nil {
		return query
	}
	if len(filter.Kinds) > 0 {
		query.Where(creditentry.KindIn(filter.Kinds...))
	}
	switch {
	case filter.BatchJobID == nil:
	case wellFormed(*filter.BatchJobID):
		query.Where(creditentry.BatchJobID(*filter.BatchJobID))
	default: // which no batch job has
		query.Where(creditentry.IDIn())
	}
	return query
}

// readTheirBatchJobs reads the batch jobs of a page's lines together, when they
// are selected below one of the paths.
func (r *Resolver) readTheirBatchJobs(ctx context.Context, rows *ent.Client, entries []*ent.CreditEntry, paths ...string) error {
	if !selected(ctx, paths, "batchJob") {
		return nil
	}
	var ids []string
	for _, entry := range entries {
		if entry.BatchJobID != nil {
			ids = append(ids, *entry.BatchJobID)
		}
	}
	below := make([]string, len(paths))
	for i, path := range paths {
		below[i] = path + "batchJob."
	}
	jobs, err := withRelated(ctx, rows.BatchJob.Query().Where(batchjob.IDIn(ids...)), below...).All(ctx)
	if err != nil {
		return fmt.Errorf("read the batch jobs: %w", err)
	}
	for _, job := range jobs {
		answerOf(ctx).remember(job)
	}
	return nil
}

// batchJobOfEntry returns the batch job that a line of the ledger is about; nil
// when it is about none.
func (r *Resolver) batchJobOfEntry(ctx context.Context, entry *ent.CreditEntry) (*ent.BatchJob, error) {
	if entry.BatchJobID == nil {
		return nil, nil //nolint:nilnil // nil is how GraphQL shows that there is none
	}
	if job := answerOf(ctx).batchJob(*entry.BatchJobID); job != nil {
		return job, nil
	}
	return r.findBatchJob(ctx, *entry.BatchJobID, "")
}
