package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/graph/model"
)

// viewerOf returns who is asking. Everybody sees their own scopes, whatever they
// are.
func viewerOf(ctx context.Context) (*auth.Viewer, error) {
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return nil, calling.Errorf(calling.CodeUnauthenticated, "Sign in with an API key.")
	}
	return &viewer, nil
}

// findOrganization returns the viewer's organization, read once an answer.
func (r *Resolver) findOrganization(ctx context.Context) (*ent.Organization, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	return answerOf(ctx).organizationOnce(func() (*ent.Organization, error) {
		viewer, _ := auth.FromContext(ctx)
		row, err := rows.Organization.Query().Where(organization.ID(viewer.OrganizationID)).Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the organization: %w", err)
		}
		return row, nil
	})
}

// findKey returns the API key that a viewer is signed in with; nil when that is a
// session.
func (r *Resolver) findKey(ctx context.Context, viewer *auth.Viewer) (*ent.ApiKey, error) {
	if viewer.KeyID == "" {
		return nil, nil //nolint:nilnil // nil is how GraphQL shows that there is none
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	row, err := rows.ApiKey.Query().Where(apikey.ID(viewer.KeyID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the API key: %w", err)
	}
	return row, nil
}

func creditsOf(o *ent.Organization) *model.Credits {
	return &model.Credits{
		BalanceMicros: o.BalanceMicros, HeldMicros: o.HeldMicros, AvailableMicros: max(0, o.BalanceMicros-o.HeldMicros),
	}
}

// countCallsInFlight sums the calls in flight of the organization's batch jobs.
func (r *Resolver) countCallsInFlight(ctx context.Context) (int, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return 0, err
	}
	var sums []struct{ Sum *int } // null when there is no batch job
	err = rows.BatchJob.Query().
		Where(batchjob.StatusIn(calling.BatchRunning, calling.BatchPaused, calling.BatchCancelling)).
		Aggregate(ent.As(ent.Sum(batchjob.FieldContactsDialing), "sum")).Scan(ctx, &sums)
	if err != nil {
		return 0, fmt.Errorf("count the calls in flight: %w", err)
	}
	if len(sums) == 0 || sums[0].Sum == nil {
		return 0, nil
	}
	return *sums[0].Sum, nil
}

// updateOrganization changes the organization, or says why not.
func (r *Resolver) updateOrganization(ctx context.Context, input model.UpdateOrganizationInput) (*model.UpdateOrganizationPayload, error) {
	edit := calling.OrganizationEdit{Name: input.Name, ConcurrentCallLimit: input.ConcurrentCallLimit}
	if err := r.Dialer.UpdateOrganization(ctx, edit); err != nil {
		wrong, err := controlErrors(err, "")
		return &model.UpdateOrganizationPayload{UserErrors: wrong}, err
	}
	if !graphql.FieldRequested(ctx, "organization") {
		return &model.UpdateOrganizationPayload{}, nil
	}
	row, err := r.findOrganization(ctx)
	if err != nil { // it stays changed although it cannot be shown
		graphql.AddError(ctx, err)
	}
	return &model.UpdateOrganizationPayload{Organization: row}, nil
}
