package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/graph/model"
)

// findBatchJob returns a batch job; nil when there is none with this id in the
// viewer's organization. What is selected of it below one of the paths is read
// with it.
func (r *Resolver) findBatchJob(ctx context.Context, id string, paths ...string) (*ent.BatchJob, error) {
	rows, err := r.rows(ctx)
	if err != nil || !wellFormed(id) {
		return nil, err
	}
	row, err := withRelated(ctx, rows.BatchJob.Query().Where(batchjob.ID(id)), paths...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // no such batch job is an answer
	}
	if err != nil {
		return nil, fmt.Errorf("read the batch job: %w", err)
	}
	return row, nil
}

// withRelated has phone numbers and agents read together, when they are
// selected below one of the paths.
func withRelated(ctx context.Context, query *ent.BatchJobQuery, paths ...string) *ent.BatchJobQuery {
	if selected(ctx, paths, "phoneNumber") {
		query.WithPhoneNumber(func(numbers *ent.PhoneNumberQuery) {
			below := make([]string, len(paths))
			for i, path := range paths {
				below[i] = path + "phoneNumber."
			}
			withOutboundAgent(ctx, numbers, below...)
		})
	}
	if selected(ctx, paths, "agent") {
		query.WithAgent()
	}
	return query
}

// pageBatchJobs reads a page of the organization's batch jobs, newest first.
func (r *Resolver) pageBatchJobs(ctx context.Context, a arguments, filter *model.BatchJobFilter) (*model.BatchJobConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.BatchJobQuery {
		query := rows.BatchJob.Query()
		if filter != nil && len(filter.Statuses) > 0 {
			query.Where(batchjob.StatusIn(filter.Statuses...))
		}
		return query
	}
	p := byID(calling.BatchJobPrefix, func(row *ent.BatchJob) string { return row.ID })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.BatchJob, error) {
		query := withRelated(ctx, all(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(batchjob.IDLT(*s.after))
		}
		if s.before != nil {
			query.Where(batchjob.IDGT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Asc, ent.Desc)(batchjob.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// phoneNumberOf returns the number a batch job calls from.
func (r *Resolver) phoneNumberOf(ctx context.Context, job *ent.BatchJob) (*ent.PhoneNumber, error) {
	if job.Edges.PhoneNumber != nil {
		return job.Edges.PhoneNumber, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	row, err := withOutboundAgent(ctx, rows.PhoneNumber.Query().Where(phonenumber.ID(job.PhoneNumberID)), "").Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the phone number: %w", err)
	}
	return row, nil
}

// agentOf returns the agent that speaks for a batch job.
func (r *Resolver) agentOf(ctx context.Context, job *ent.BatchJob) (*ent.Agent, error) {
	if job.Edges.Agent != nil {
		return job.Edges.Agent, nil
	}
	return r.findAgent(ctx, job.AgentID)
}

// estimateOf says what a batch job was expected to cost, at the price of its
// creation and the organization's present limit.
func (r *Resolver) estimateOf(ctx context.Context, job *ent.BatchJob) (*calling.Estimate, error) {
	org, err := r.findOrganization(ctx)
	if err != nil {
		return nil, err
	}
	estimate := calling.EstimateBatch(job.TotalContacts, job.MaxAttempts, job.ConcurrentCallLimit,
		org.ConcurrentCallLimit, job.PricePerCallMicros)
	return &estimate, nil
}

// progressOf says how a batch job stands, from its row alone.
func (r *Resolver) progressOf(ctx context.Context, job *ent.BatchJob) (*calling.Progress, error) {
	org, err := r.findOrganization(ctx)
	if err != nil {
		return nil, err
	}
	answerOf(ctx).remember(job)
	progress := dialer.ProgressOf(job, org.ConcurrentCallLimit, r.now())
	return &progress, nil
}
