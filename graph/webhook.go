package graph

import (
	"context"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/hooks"
)

// Webhooks keeps webhook endpoints and what is sent to them.
type Webhooks interface {
	Create(ctx context.Context, n hooks.NewEndpoint) (made *ent.WebhookEndpoint, secret string, err error)
	Update(ctx context.Context, id string, edit hooks.EndpointEdit) (*ent.WebhookEndpoint, error)
	Rotate(ctx context.Context, id string, overlap time.Duration) (changed *ent.WebhookEndpoint, secret string, err error)
	Delete(ctx context.Context, id string) error
	Ping(ctx context.Context, endpointID string) (*ent.WebhookDelivery, error)
	Replay(ctx context.Context, deliveryID string) (*ent.WebhookDelivery, error)
}

// adminRows returns the client that queries read with, for a viewer that may
// manage.
func (r *Resolver) adminRows(ctx context.Context) (*ent.Client, error) {
	if _, err := may(ctx, auth.Admin); err != nil {
		return nil, err
	}
	return r.Store.Read(), nil
}

// pageWebhookEndpoints reads a page of the organization's endpoints, oldest
// first.
func (r *Resolver) pageWebhookEndpoints(ctx context.Context, a arguments) (*model.WebhookEndpointConnection, error) {
	rows, err := r.adminRows(ctx)
	if err != nil {
		return nil, err
	}
	all := rows.WebhookEndpoint.Query
	p := byID(calling.WebhookPrefix, func(row *ent.WebhookEndpoint) string { return row.ID })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.WebhookEndpoint, error) {
		query := all()
		if s.after != nil {
			query.Where(webhookendpoint.IDGT(*s.after))
		}
		if s.before != nil {
			query.Where(webhookendpoint.IDLT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Desc, ent.Asc)(webhookendpoint.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// pageDeliveries reads a page of what was sent to an endpoint, newest first.
func (r *Resolver) pageDeliveries(ctx context.Context, endpoint *ent.WebhookEndpoint, a arguments, filter *model.WebhookDeliveryFilter) (*model.WebhookDeliveryConnection, error) {
	rows, err := r.adminRows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.WebhookDeliveryQuery {
		query := rows.WebhookDelivery.Query().Where(webhookdelivery.EndpointID(endpoint.ID))
		if filter != nil && len(filter.Statuses) > 0 {
			query.Where(webhookdelivery.StatusIn(filter.Statuses...))
		}
		return query
	}
	p := byID(calling.DeliveryPrefix, func(row *ent.WebhookDelivery) string { return row.ID })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.WebhookDelivery, error) {
		query := all()
		if s.after != nil {
			query.Where(webhookdelivery.IDLT(*s.after))
		}
		if s.before != nil {
			query.Where(webhookdelivery.IDGT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Asc, ent.Desc)(webhookdelivery.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// createWebhookEndpoint makes an endpoint, or says why not.
func (r *Resolver) createWebhookEndpoint(ctx context.Context, input model.CreateWebhookEndpointInput) (*model.CreateWebhookEndpointPayload, error) {
	made, secret, err := r.Webhooks.Create(ctx, hooks.NewEndpoint{
		URL: input.URL, Description: orEmpty(input.Description), Events: input.Events,
	})
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.CreateWebhookEndpointPayload{UserErrors: wrong}, err
	}
	return &model.CreateWebhookEndpointPayload{WebhookEndpoint: made, Secret: &secret}, nil
}

// updateWebhookEndpoint changes an endpoint, or says why it stays as it is.
func (r *Resolver) updateWebhookEndpoint(ctx context.Context, input model.UpdateWebhookEndpointInput) (*model.UpdateWebhookEndpointPayload, error) {
	changed, err := r.Webhooks.Update(ctx, input.WebhookEndpointID, hooks.EndpointEdit{
		URL: input.URL, Description: input.Description, Events: input.Events, Enabled: input.Enabled,
	})
	if err != nil {
		wrong, err := controlErrors(err, "webhookEndpointId")
		return &model.UpdateWebhookEndpointPayload{UserErrors: wrong}, err
	}
	return &model.UpdateWebhookEndpointPayload{WebhookEndpoint: changed}, nil
}

// deleteWebhookEndpoint removes an endpoint, or says why it is still there.
func (r *Resolver) deleteWebhookEndpoint(ctx context.Context, input model.DeleteWebhookEndpointInput) (*model.DeleteWebhookEndpointPayload, error) {
	if err := r.Webhooks.Delete(ctx, input.WebhookEndpointID); err != nil {
		wrong, err := controlErrors(err, "webhookEndpointId")
		return &model.DeleteWebhookEndpointPayload{UserErrors: wrong}, err
	}
	return &model.DeleteWebhookEndpointPayload{WebhookEndpointID: &input.WebhookEndpointID}, nil
}

// usualOverlap is for how long two secrets sign when null was asked for.
const usualOverlap = 24 * time.Hour

// rotateWebhookSecret gives an endpoint another secret, or says why it keeps its
// own.
func (r *Resolver) rotateWebhookSecret(ctx context.Context, input model.RotateWebhookSecretInput) (*model.RotateWebhookSecretPayload, error) {
	overlap := usualOverlap
	if input.OverlapSeconds != nil {
		overlap = time.Duration(*input.OverlapSeconds) * time.Second
	}
	changed, secret, err := r.Webhooks.Rotate(ctx, input.WebhookEndpointID, overlap)
	if err != nil {
		wrong, err := controlErrors(err, "webhookEndpointId")
		return &model.RotateWebhookSecretPayload{UserErrors: wrong}, err
	}
	return &model.RotateWebhookSecretPayload{WebhookEndpoint: changed, Secret: &secret}, nil
}

// pingWebhookEndpoint has a test sent, or says why not.
func (r *Resolver) pingWebhookEndpoint(ctx context.Context, input model.PingWebhookEndpointInput) (*model.PingWebhookEndpointPayload, error) {
	made, err := r.Webhooks.Ping(ctx, input.WebhookEndpointID)
	if err != nil {
		wrong, err := controlErrors(err, "webhookEndpointId")
		return &model.PingWebhookEndpointPayload{UserErrors: wrong}, err
	}
	return &model.PingWebhookEndpointPayload{WebhookDelivery: made}, nil
}

// replayWebhookDelivery has an event sent again, or says why not.
func (r *Resolver) replayWebhookDelivery(ctx context.Context, input model.ReplayWebhookDeliveryInput) (*model.ReplayWebhookDeliveryPayload, error) {
	made, err := r.Webhooks.Replay(ctx, input.WebhookDeliveryID)
	if err != nil {
		wrong, err := controlErrors(err, "webhookDeliveryId")
		return &model.ReplayWebhookDeliveryPayload{UserErrors: wrong}, err
	}
	return &model.ReplayWebhookDeliveryPayload{WebhookDelivery: made}, nil
}

// nextTryAt is when a delivery is tried next; nil unless it waits for that.
func nextTryAt(d *ent.WebhookDelivery) *time.Time {
	if d.Status != calling.DeliveryPending {
		return nil
	}
	return &d.NextTryAt
}

// answerOfTry is the beginning of what the last try was answered with; nil when
// there was no answer.
func answerOfTry(d *ent.WebhookDelivery) *string {
	if d.ResponseStatus == nil {
		return nil
	}
	return &d.ResponseBody
}

// previousSecretUntil is until when two secrets sign; nil when only one does.
func (r *Resolver) previousSecretUntil(endpoint *ent.WebhookEndpoint) *time.Time {
	if until := endpoint.PreviousSecretUntil; until != nil && until.After(r.Now()) {
		return until
	}
	return nil
}

// readWebhookEndpoints reads endpoints for those who may manage them.
func readWebhookEndpoints(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	if _, err := may(ctx, auth.Admin); err != nil {
		return nil //nolint:nilerr // what one may not see is not there
	}
	all, err := rows.WebhookEndpoint.Query().Where(webhookendpoint.IDIn(ids...)).All(ctx)
	return keep(found, func(row *ent.WebhookEndpoint) string { return row.ID }, all, err)
}

// readDeliveries reads deliveries for those who may manage endpoints.
func readDeliveries(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	if _, err := may(ctx, auth.Admin); err != nil {
		return nil //nolint:nilerr // what one may not see is not there
	}
	all, err := rows.WebhookDelivery.Query().Where(webhookdelivery.IDIn(ids...)).All(ctx)
	return keep(found, func(row *ent.WebhookDelivery) string { return row.ID }, all, err)
}
