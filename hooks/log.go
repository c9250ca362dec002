package hooks

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/store"
)

// Ping has an event of type ping sent to an endpoint, and returns the delivery.
// Errors: CodeNotFound, and CodeActionNotAllowed when the endpoint is switched off.
func (h *Hooks) Ping(ctx context.Context, endpointID string) (*ent.WebhookDelivery, error) {
	body, err := calling.EventBody(calling.EventPing, h.now(), map[string]string{"webhookEndpointId": endpointID})
	if err != nil {
		return nil, err
	}
	made, err := h.enqueue(ctx, func(context.Context, *store.Tx) (*ent.WebhookDelivery, error) {
		return &ent.WebhookDelivery{
			EndpointID: endpointID, EventID: newID(calling.EventPrefix), Event: calling.EventPing, Payload: string(body),
		}, nil
	})
	return made, failed(err, "pinged")
}

// Replay has the event of a delivery that has ended sent again, with the same id,
// and returns the new delivery. Errors: CodeNotFound, and CodeActionNotAllowed when
// the delivery has not ended or its endpoint is switched off.
func (h *Hooks) Replay(ctx context.Context, deliveryID string) (*ent.WebhookDelivery, error) {
	made, err := h.enqueue(ctx, func(ctx context.Context, tx *store.Tx) (*ent.WebhookDelivery, error) {
		row, err := tx.Ent.WebhookDelivery.Query().Where(webhookdelivery.ID(deliveryID)).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return nil, calling.Errorf(calling.CodeNotFound, "Webhook delivery %s not found", deliveryID)
		case err != nil:
			return nil, fmt.Errorf("read the delivery: %w", err)
		case row.Status == calling.DeliveryPending:
			return nil, calling.Errorf(calling.CodeActionNotAllowed, "The delivery is still being tried; wait until it has ended.")
		}
		return row, nil
	})
	return made, failed(err, "sent the event again")
}

// enqueue writes a delivery of the event that choose names, and a poke.
func (h *Hooks) enqueue(ctx context.Context, choose func(context.Context, *store.Tx) (*ent.WebhookDelivery, error)) (made *ent.WebhookDelivery, err error) {
	viewer, err := may(ctx)
	if err != nil {
		return nil, err
	}
	err = h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		what, err := choose(ctx, tx)
		if err != nil {
			return err
		}
		// Against an endpoint that is deleted meanwhile.
		if err := tx.LockOrganization(ctx, viewer.OrganizationID); err != nil {
			return err
		}
		endpoint, err := find(ctx, tx, what.EndpointID)
		if err != nil {
			return err
		}
		if !endpoint.Enabled {
			return calling.Errorf(calling.CodeActionNotAllowed, "The webhook endpoint is switched off; switch it on first.")
		}
		now := h.now()
		made, err = tx.Ent.WebhookDelivery.Create().SetID(newID(calling.DeliveryPrefix)).SetCreatedAt(now).
			SetOrganizationID(viewer.OrganizationID).SetEndpointID(endpoint.ID).SetEventID(what.EventID).SetEvent(what.Event).
			SetPayload(what.Payload).SetStatus(calling.DeliveryPending).SetNextTryAt(now).Save(ctx)
		if err != nil {
			return fmt.Errorf("write the delivery: %w", err)
		}
		return h.Queue.DeliverWebhooks(ctx, tx, viewer.OrganizationID, []string{endpoint.ID})
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}
