package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/graph/model"
)

// pauseBatchJob pauses a batch job, or says why it cannot be paused.
func (r *Resolver) pauseBatchJob(ctx context.Context, input model.PauseBatchJobInput) (*model.PauseBatchJobPayload, error) {
	if err := r.Dialer.Pause(ctx, input.BatchJobID, orEmpty(input.Reason)); err != nil {
		wrong, err := controlErrors(err, "batchJobId")
		return &model.PauseBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.PauseBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID)}, nil
}

// resumeBatchJob goes on with a batch job, or says why it cannot go on.
func (r *Resolver) resumeBatchJob(ctx context.Context, input model.ResumeBatchJobInput) (*model.ResumeBatchJobPayload, error) {
	if err := r.Dialer.Resume(ctx, input.BatchJobID, orEmpty(input.Reason)); err != nil {
		wrong, err := controlErrors(err, "batchJobId")
		return &model.ResumeBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.ResumeBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID)}, nil
}

// cancelBatchJob cancels a batch job, or says why it cannot be cancelled.
func (r *Resolver) cancelBatchJob(ctx context.Context, input model.CancelBatchJobInput) (*model.CancelBatchJobPayload, error) {
	hangUp := input.HangUp != nil && *input.HangUp
	cancelled, err := r.Dialer.Cancel(ctx, input.BatchJobID, hangUp, orEmpty(input.Reason))
	if err != nil {
		wrong, err := controlErrors(err, "batchJobId")
		return &model.CancelBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.CancelBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID), ContactsCancelled: cancelled}, nil
}

// rescheduleBatchJob gives a batch job another start, or says why it keeps its
// own.
func (r *Resolver) rescheduleBatchJob(ctx context.Context, input model.RescheduleBatchJobInput) (*model.RescheduleBatchJobPayload, error) {
	start := calling.NewStart{ScheduledStartTime: input.ScheduledStartTime, Timezone: input.Timezone}
	answer, err := r.Dialer.Reschedule(ctx, input.BatchJobID, start, orEmpty(input.Reason))
	if err != nil {
		wrong, err := controlErrors(err, "batchJobId")
		return &model.RescheduleBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.RescheduleBatchJobPayload{
		BatchJob: r.controlled(ctx, input.BatchJobID), StartsAt: optional(answer.StartAt), Warnings: pointers(answer.Warnings),
	}, nil
}

// updateBatchJob changes a batch job, or says why it stays as it is.
func (r *Resolver) updateBatchJob(ctx context.Context, input model.UpdateBatchJobInput) (*model.UpdateBatchJobPayload, error) {
	edit := calling.BatchEdit{
		Name: input.Name, Description: input.Description,
		ConcurrentCallLimit: input.ConcurrentCallLimit, MaxAttempts: input.MaxAttempts,
	}
	warnings, err := r.Dialer.Update(ctx, input.BatchJobID, edit, orEmpty(input.Reason))
	if err != nil {
		wrong, err := controlErrors(err, "batchJobId")
		return &model.UpdateBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.UpdateBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID), Warnings: pointers(warnings)}, nil
}

// retryBatchJob has contacts dialed again, or says why nobody is.
func (r *Resolver) retryBatchJob(ctx context.Context, input model.RetryBatchJobInput) (*model.RetryBatchJobPayload, error) {
	retried, err := r.Dialer.Retry(ctx, input.BatchJobID, input.Outcomes, orEmpty(input.Reason))
	if err != nil {
		wrong, err := controlErrors(err, "batchJobId")
		return &model.RetryBatchJobPayload{UserErrors: wrong}, err
	}
	return &model.RetryBatchJobPayload{BatchJob: r.controlled(ctx, input.BatchJobID), ContactsRetried: retried}, nil
}

// addCredits adds credits, or says why not.
func (r *Resolver) addCredits(ctx context.Context, input model.AddCreditsInput) (*model.AddCreditsPayload, error) {
	added, err := r.Dialer.AddCredits(ctx, calling.TopUp{
		AmountMicros: input.AmountMicros, Note: orEmpty(input.Note), IdempotencyKey: orEmpty(input.IdempotencyKey),
	})
	if err != nil {
		wrong, err := controlErrors(err, "idempotencyKey")
		return &model.AddCreditsPayload{UserErrors: wrong}, err
	}
	now := &ent.Organization{BalanceMicros: added.BalanceMicros, HeldMicros: added.HeldMicros}
	return &model.AddCreditsPayload{Credits: creditsOf(now), BatchJobsResumed: added.BatchJobsResumed}, nil
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

// controlErrors returns everything the person can mend, or err when it is
// nothing to be mended. What names no field is about the one given.
func controlErrors(err error, field string) ([]*model.UserError, error) {
	known := mendable(err)
	if known == nil {
		return nil, err
	}
	problems := known.Problems
	if len(problems) == 0 {
		problems = []calling.Problem{{Field: field, Code: known.Code, Detail: known.Detail}}
	}
	wrong := make([]*model.UserError, len(problems))
	for i, p := range problems {
		wrong[i] = &model.UserError{Code: p.Code, Message: p.Detail, Path: []string{"input"}}
		if p.Field != "" {
			wrong[i].Path = append(wrong[i].Path, p.Field)
		}
	}
	return wrong, nil
}

// orEmpty returns the text, empty for null.
func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
