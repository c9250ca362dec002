package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/graph/model"
)

// watchActivity streams which batch jobs of the viewer's organization have
// changed, until the subscription ends.
func (r *Resolver) watchActivity(ctx context.Context) (<-chan *model.OrganizationActivity, error) {
	viewer, err := may(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	changes, err := r.Progress.Activity(ctx, viewer.OrganizationID, changesAlone(ctx))
	if err != nil {
		return nil, fmt.Errorf("watch the organization: %w", err)
	}
	stream := make(chan *model.OrganizationActivity)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return // whoever ended the stream tells the client why
			case changed := <-changes:
				select {
				case stream <- &model.OrganizationActivity{BatchJobs: pointers(changed), OccurredAt: r.now()}:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return stream, nil
}

// activeJobs returns the batch jobs that an event tells of. Their rows are read
// together, when they are selected.
func (r *Resolver) activeJobs(ctx context.Context, a *model.OrganizationActivity) ([]*calling.Progress, error) {
	if !selected(ctx, []string{""}, "batchJob") {
		return a.BatchJobs, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(a.BatchJobs))
	for i, p := range a.BatchJobs {
		ids[i] = p.BatchJobID
	}
	found, err := withRelated(ctx, rows.BatchJob.Query().Where(batchjob.IDIn(ids...)), "batchJob.").All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the batch jobs: %w", err)
	}
	for _, row := range found {
		answerOf(ctx).remember(row)
	}
	return a.BatchJobs, nil
}

// creditsNow returns the credits of the viewer's organization.
func (r *Resolver) creditsNow(ctx context.Context) (*model.Credits, error) {
	org, err := r.findOrganization(ctx)
	if err != nil {
		return nil, err
	}
	return creditsOf(org), nil
}
