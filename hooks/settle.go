package hooks

import (
	"context"
	"fmt"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/store"
)

// failsFor is how long an endpoint may take nothing before it is switched off.
const failsFor = 3 * 24 * time.Hour

// settle notes what came of a round's tries. off is why the endpoint is to be
// switched off; empty when it is not.
func (h *Hooks) settle(ctx context.Context, tx *store.Tx, r round) (off string, err error) {
	if r.empty() {
		return "", nil
	}
	now := h.now()
	delivered := map[taken][]string{}
	var last, tried bool // whether one was tried for the last time, and any at all
	for i, d := range r.deliveries {
		a := r.answers[i]
		if a.ok() {
			key := taken{a.status, a.body, d.Tries}
			delivered[key] = append(delivered[key], d.ID)
			continue
		}
		if err := h.settleFailure(ctx, tx, r, d, a); err != nil {
			return "", err
		}
		tried = tried || !a.stopped
		last = last || !a.stopped && d.Tries+1 >= calling.MaxDeliveryTries
		if a.gone() {
			off = "The address was answered with 410 Gone: nothing is wanted there any more."
		}
	}
	for key, ids := range delivered {
		update := mine(tx, r, ids...).SetStatus(calling.DeliveryDelivered).SetDeliveredAt(now).SetTries(key.tries + 1).
			SetResponseStatus(key.status).SetResponseBody(key.body).SetError("").ClearLeaseUntil()
		if err := update.Exec(ctx); err != nil {
			return "", fmt.Errorf("note what was delivered: %w", err)
		}
	}
	since, err := h.noteHealth(ctx, tx, r.endpoint, len(delivered) > 0, tried, now)
	if err != nil {
		return "", err
	}
	if off == "" && last && since != nil && now.Sub(*since) >= failsFor {
		off = "Nothing could be delivered since " + since.UTC().Format("2006-01-02 15:04 MST") + "."
	}
	return off, nil
}

// taken is what deliveries that are noted with one statement have in common.
type taken struct {
	status int
	body   string
	tries  int
}

// mine changes deliveries of a round that are still the round's: nobody else has
// claimed them since, or ended them.
func mine(tx *store.Tx, r round, ids ...string) *ent.WebhookDeliveryUpdate {
	return tx.Ent.WebhookDelivery.Update().Where(
		webhookdelivery.IDIn(ids...), webhookdelivery.StatusEQ(calling.DeliveryPending), webhookdelivery.LeaseUntil(r.until))
}

// settleFailure notes a try that failed, and when the next one is due.
func (h *Hooks) settleFailure(ctx context.Context, tx *store.Tx, r round, d *ent.WebhookDelivery, a answer) error {
	update := mine(tx, r, d.ID).ClearLeaseUntil()
	if !a.stopped {
		tries := d.Tries + 1
		update.SetTries(tries).SetError(a.problem).SetResponseBody(a.body).
			SetNextTryAt(store.Instant(h.Now().Add(calling.DeliveryWait(tries, h.Roll(), a.retryAfter))))
		if a.status == 0 {
			update.ClearResponseStatus()
		} else {
			update.SetResponseStatus(a.status)
		}
		if tries >= calling.MaxDeliveryTries || a.gone() {
			update.SetStatus(calling.DeliveryFailed)
		}
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("note what was not delivered: %w", err)
	}
	return nil
}

// noteHealth notes since when an endpoint has taken nothing, and returns it; nil
// when it does take something.
func (h *Hooks) noteHealth(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint, took, tried bool, now time.Time) (*time.Time, error) {
	update := tx.Ent.WebhookEndpoint.Update().Where(webhookendpoint.ID(e.ID))
	since := e.FailingSince
	switch {
	case took && since != nil:
		since = nil
		update.ClearFailingSince()
	case !took && tried && since == nil:
		since = &now
		update.SetFailingSince(now)
	default:
		return since, nil
	}
	if err := update.Exec(ctx); err != nil {
		return nil, fmt.Errorf("note how the endpoint does: %w", err)
	}
	return since, nil
}

// switchOff has nothing sent to an endpoint any more, and says why.
func (h *Hooks) switchOff(ctx context.Context, e *ent.WebhookEndpoint, reason string) error {
	off := false
	err := h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockOrganization(ctx, e.OrganizationID); err != nil {
			return err
		}
		n, err := tx.Ent.WebhookEndpoint.Update().
			Where(webhookendpoint.ID(e.ID), webhookendpoint.Enabled(true), webhookendpoint.URL(e.URL)).
			SetEnabled(false).SetDisabledReason(reason).Save(ctx)
		if err != nil {
			return fmt.Errorf("switch the endpoint off: %w", err)
		}
		if off = n == 1; !off {
			return nil // by somebody else, or its address is another one
		}
		e.Enabled, e.DisabledReason = false, reason
		if err := giveUp(ctx, tx, e); err != nil {
			return err
		}
		return noteWanted(ctx, tx, e.OrganizationID)
	})
	if err != nil {
		return fmt.Errorf("switch the webhook endpoint %s off: %w", e.ID, err)
	}
	if off {
		h.Log.WarnContext(ctx, "a webhook endpoint was switched off", "organization", e.OrganizationID, "endpoint", e.ID, "reason", reason)
	}
	return nil
}

// givenUpAtOnce bounds the rows that one transaction changes.
const givenUpAtOnce = 1000

// giveUp ends deliveries that wait for an endpoint that is switched off; the sweep
// finds those that are left.
func giveUp(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint) error {
	ids, err := tx.Ent.WebhookDelivery.Query().
		Where(webhookdelivery.EndpointID(e.ID), webhookdelivery.StatusEQ(calling.DeliveryPending)).
		Order(webhookdelivery.ByNextTryAt()).Limit(givenUpAtOnce).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find deliveries to an endpoint that is off: %w", err)
	}
	if len(ids) == 0 {
		return nil
	}
	err = tx.Ent.WebhookDelivery.Update().Where(webhookdelivery.IDIn(ids...), webhookdelivery.StatusEQ(calling.DeliveryPending)).
		SetStatus(calling.DeliveryFailed).ClearLeaseUntil().SetError("The endpoint was switched off before it was delivered.").Exec(ctx)
	if err != nil {
		return fmt.Errorf("end deliveries to an endpoint that is off: %w", err)
	}
	return nil
}
