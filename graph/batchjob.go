package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/phonenumber"
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

// withRelated has phone numbers and agents read together, and the prompt, which
// may be long, when they are selected below one of the paths.
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
	if !selected(ctx, paths, "systemPrompt") && !selected(ctx, paths, "variables") {
		query.Select(jobColumns()...)
	}
	return query
}

// jobColumns are the columns of a batch job without its prompt.
func jobColumns() []string {
	return slices.DeleteFunc(slices.Clone(batchjob.Columns), func(c string) bool { return c == batchjob.FieldSystemPrompt })
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
	return once(answerOf(ctx), "phone number "+job.PhoneNumberID, func() (*ent.PhoneNumber, error) {
		row, err := withOutboundAgent(ctx, rows.PhoneNumber.Query().Where(phonenumber.ID(job.PhoneNumberID)), "").Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the phone number: %w", err)
		}
		return row, nil
	})
}

// promptOf returns the prompt of a batch job.
func (r *Resolver) promptOf(ctx context.Context, job *ent.BatchJob) (string, error) {
	if job.SystemPrompt != "" {
		return job.SystemPrompt, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return "", err
	}
	return once(answerOf(ctx), "prompt "+job.ID, func() (string, error) {
		row, err := rows.BatchJob.Query().Where(batchjob.ID(job.ID)).Select(batchjob.FieldID, batchjob.FieldSystemPrompt).Only(ctx)
		if err != nil {
			return "", fmt.Errorf("read the prompt: %w", err)
		}
		return row.SystemPrompt, nil
	})
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
