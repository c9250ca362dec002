package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"github.com/outdial/outdial/dialer"
)

// pokeAttempts is how often River runs a poke that fails; after that the sweep
// pokes again.
const pokeAttempts = 3

// fullPause is how long a poke rests that found no place on a node. Another node, or
// the same, takes it up after that.
const fullPause = time.Second

// startBatchArgs poke a batch job's organization at the batch job's start.
type startBatchArgs struct {
	OrganizationID string    `json:"organization_id"`
	BatchJobID     string    `json:"batch_job_id"`
	StartsAt       time.Time `json:"starts_at"`
}

// Kind names the job in the queue's tables.
func (startBatchArgs) Kind() string { return "start_batch" }

// InsertOpts puts it on the control queue.
func (startBatchArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: controlQueue, MaxAttempts: pokeAttempts}
}

type startBatchWorker struct {
	river.WorkerDefaults[startBatchArgs]

	dialer *dialer.Dialer
}

// Work has the dialer start the batch job on time.
func (w *startBatchWorker) Work(ctx context.Context, job *river.Job[startBatchArgs]) error {
	return w.dialer.Start(ctx, job.Args.OrganizationID, job.Args.BatchJobID, job.Args.StartsAt)
}

// placeCallArgs poke one attempt.
type placeCallArgs struct {
	OrganizationID string    `json:"organization_id"`
	AttemptID      uuid.UUID `json:"attempt_id"`
}

// Kind names the job in the queue's tables.
func (placeCallArgs) Kind() string { return "place_call" }

// InsertOpts puts it on the calls queue.
func (placeCallArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: callsQueue, MaxAttempts: pokeAttempts}
}

type placeCallWorker struct {
	river.WorkerDefaults[placeCallArgs]

	dialer  *dialer.Dialer
	timeout time.Duration
}

// Timeout is finite because River never rescues jobs that may run for ever.
func (w *placeCallWorker) Timeout(*river.Job[placeCallArgs]) time.Duration { return w.timeout }

// Work carries the attempt to its end. A job that is stopped leaves its call to
// whoever works the poke next, at once.
func (w *placeCallWorker) Work(ctx context.Context, job *river.Job[placeCallArgs]) error {
	err := w.dialer.Place(ctx, job.Args.OrganizationID, job.Args.AttemptID)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0)
	case errors.Is(err, dialer.ErrNoPlace):
		return river.JobSnooze(fullPause)
	}
	return err
}

// hangUpArgs poke one attempt whose call is to be hung up.
type hangUpArgs struct {
	OrganizationID string    `json:"organization_id"`
	AttemptID      uuid.UUID `json:"attempt_id"`
}

// Kind names the job in the queue's tables.
func (hangUpArgs) Kind() string { return "hang_up" }

// InsertOpts puts it on the control queue.
func (hangUpArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: controlQueue, MaxAttempts: pokeAttempts}
}

type hangUpWorker struct {
	river.WorkerDefaults[hangUpArgs]

	dialer *dialer.Dialer
}

// Work has the dialer ask for the end of the call.
func (w *hangUpWorker) Work(ctx context.Context, job *river.Job[hangUpArgs]) error {
	return w.dialer.HangUp(ctx, job.Args.OrganizationID, job.Args.AttemptID)
}

// deliverWebhookArgs poke one webhook endpoint to which something is due.
type deliverWebhookArgs struct {
	OrganizationID string `json:"organization_id"`
	EndpointID     string `json:"endpoint_id"`
}

// Kind names the job in the queue's tables.
func (deliverWebhookArgs) Kind() string { return "deliver_webhook" }

// InsertOpts puts it on the queue of webhooks.
func (deliverWebhookArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: webhooksQueue, MaxAttempts: pokeAttempts}
}

type deliverWebhookWorker struct {
	river.WorkerDefaults[deliverWebhookArgs]

	webhooks Webhooks
}

// deliverTimeout is more than an endpoint is served at a time.
const deliverTimeout = 5 * time.Minute

// Timeout bounds how long an endpoint is served at a time.
func (*deliverWebhookWorker) Timeout(*river.Job[deliverWebhookArgs]) time.Duration {
	return deliverTimeout
}

// Work has what is due to the endpoint sent. One to which more is due goes to the
// end of the queue, so that all endpoints have their turn.
func (w *deliverWebhookWorker) Work(ctx context.Context, job *river.Job[deliverWebhookArgs]) error {
	more, err := w.webhooks.Deliver(ctx, job.Args.OrganizationID, job.Args.EndpointID)
	if err == nil && more {
		return river.JobSnooze(0)
	}
	return err
}
