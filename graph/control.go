package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/graph/model"
)

// pauseBatchJob pauses a batch job, or says why it cannot be paused.
func (r *Resolver) pauseBatchJob(ctx context.Context, input model.PauseBatchJobInput) (*model.PauseBatchJobPayload, error) {
	if err := r.Dialer.Pause(ctx, input.BatchJobID, ""); err != nil {
		wrong, err := controlErrors(err)
		return &model.PauseBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.PauseBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID)}, nil
}

// resumeBatchJob goes on with a batch job, or says why it cannot go on.
func (r *Resolver) resumeBatchJob(ctx context.Context, input model.ResumeBatchJobInput) (*model.ResumeBatchJobPayload, error) {
	if err := r.Dialer.Resume(ctx, input.BatchJobID, ""); err != nil {
		wrong, err := controlErrors(err)
		return &model.ResumeBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.ResumeBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID)}, nil
}

// cancelBatchJob cancels a batch job, or says why it cannot be cancelled.
func (r *Resolver) cancelBatchJob(ctx context.Context, input model.CancelBatchJobInput) (*model.CancelBatchJobPayload, error) {
	cancelled, err := r.Dialer.Cancel(ctx, input.BatchJobID, false, "")
	if err != nil {
		wrong, err := controlErrors(err)
		return &model.CancelBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.CancelBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID), ContactsCancelled: cancelled}, nil
}

// controlled reads the batch job as it is after a change. The change stays made
// when it cannot be shown: that is an error beside the payload.
func (r *Resolver) controlled(ctx context.Context, id string) *ent.BatchJob {
	if !graphql.FieldRequested(ctx, "batchJob") {
		return nil
	}
	row, err := r.findBatchJob(ctx, id, "batchJob.")
	if err != nil {
		graphql.AddError(ctx, err)
	}
	return row
}

// controlErrors returns what the person can mend, or err when it is nothing to
// be mended.
func controlErrors(err error) ([]*model.UserError, error) {
	known := mendable(err)
	if known == nil {
		return nil, err
	}
	return []*model.UserError{{Code: known.Code, Message: known.Detail, Path: []string{"input", "batchJobId"}}}, nil
}
