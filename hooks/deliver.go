package hooks

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/store"
)

const (
	// claimedAtOnce bounds what a node claims of an endpoint's deliveries.
	claimedAtOnce = 16
	// roundsOfTries is how often the longest try fits into what is claimed, and then
	// one more.
	roundsOfTries = claimedAtOnce/perEndpoint + 1
	// turnOf is how long an endpoint is served before others get their turn.
	turnOf = 15 * time.Second
)

// busy knows the endpoints that this process is delivering to.
type busy struct {
	mu        sync.Mutex
	endpoints map[string]bool // whether somebody asked for the endpoint meanwhile
}

// begin reports whether nobody is at the endpoint; whoever is will look again.
func (b *busy) begin(endpointID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, at := b.endpoints[endpointID]; at {
		b.endpoints[endpointID] = true
		return false
	}
	b.endpoints[endpointID] = false
	return true
}

// again reports whether somebody asked for the endpoint since it was last called,
// and ends what begin began when nobody did.
func (b *busy) again(endpointID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.endpoints[endpointID] {
		b.endpoints[endpointID] = false
		return true
	}
	delete(b.endpoints, endpointID)
	return false
}

func (b *busy) end(endpointID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.endpoints, endpointID)
}

// Deliver sends an endpoint what is due to it and returns when nothing is any
// more, when the endpoint seems to be down, or after a while with more true: it
// is to be called again once others had their turn. Of calls for the same
// endpoint that come together, on this node or several, one does the work. A
// delivery is never tried twice at once, and more than once only when a try
// failed, or a node died before it had noted what came of it.
func (h *Hooks) Deliver(ctx context.Context, organizationID, endpointID string) (more bool, err error) {
	if !h.busy.begin(endpointID) {
		return false, nil
	}
	defer h.busy.end(endpointID)
	ctx = auth.WithOrganization(ctx, organizationID)
	until := h.Now().Add(turnOf)
	var done round
	for {
		goOn := !done.stop() && ctx.Err() == nil && h.Now().Before(until)
		next, err := h.step(ctx, endpointID, done, goOn)
		switch {
		case err != nil:
			return false, err
		case next.empty() && goOn:
			if h.busy.again(endpointID) {
				done = round{}
				continue
			}
			return false, nil
		case next.empty():
			return !done.stop() && ctx.Err() == nil, nil
		}
		done = h.try(ctx, next)
	}
}

// round is some deliveries of an endpoint, claimed together, and what came of
// their tries.
type round struct {
	endpoint   *ent.WebhookEndpoint
	deliveries []*ent.WebhookDelivery
	until      time.Time // of the lease
	answers    []answer  // one for each delivery, once they were tried
}

func (r round) empty() bool { return len(r.deliveries) == 0 }

// stop reports whether the endpoint is not to be tried again now.
func (r round) stop() bool {
	for _, a := range r.answers {
		if a.down || a.stopped || a.gone() {
			return true
		}
	}
	return false
}

// try sends what was claimed.
func (h *Hooks) try(ctx context.Context, r round) round {
	r.answers = make([]answer, len(r.deliveries))
	places := make(chan struct{}, perEndpoint)
	var work sync.WaitGroup
	for i, d := range r.deliveries {
		places <- struct{}{}
		work.Go(func() {
			defer func() { <-places }()
			if ctx.Err() != nil || h.Now().Add(h.Timeout).After(r.until) {
				r.answers[i] = answer{stopped: true} // another node may be at it by the end of the try
				return
			}
			began := h.Now()
			r.answers[i] = h.send(ctx, r.endpoint, d)
			if !r.answers[i].stopped {
				h.Meter.WebhookTried(r.answers[i].ok(), h.Now().Sub(began))
			}
		})
	}
	work.Wait()
	return r
}

// step notes what came of a round and claims the next one, in one transaction.
func (h *Hooks) step(ctx context.Context, endpointID string, done round, goOn bool) (next round, err error) {
	if done.empty() && !goOn {
		return round{}, nil
	}
	ctx = context.WithoutCancel(ctx) // what was tried is noted, whatever ends
	var off string
	err = h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		next = round{}
		if off, err = h.settle(ctx, tx, done); err != nil || off != "" || !goOn {
			return err
		}
		next, err = h.claim(ctx, tx, endpointID)
		return err
	})
	if err != nil {
		return round{}, fmt.Errorf("deliver to the webhook endpoint %s: %w", endpointID, err)
	}
	if off != "" {
		return round{}, h.switchOff(ctx, done.endpoint, off)
	}
	return next, nil
}

// claim takes deliveries that are due for this node. There are none while as many
// as may be are with others, who look again when they are done.
func (h *Hooks) claim(ctx context.Context, tx *store.Tx, endpointID string) (round, error) {
	endpoint, err := tx.Ent.WebhookEndpoint.Query().Where(webhookendpoint.ID(endpointID)).Only(ctx)
	if ent.IsNotFound(err) {
		return round{}, nil
	}
	if err != nil {
		return round{}, fmt.Errorf("read the endpoint: %w", err)
	}
	if !endpoint.Enabled {
		return round{}, giveUp(ctx, tx, endpoint)
	}
	now := h.now()
	due := tx.Ent.WebhookDelivery.Query().Where(
		webhookdelivery.EndpointID(endpointID), webhookdelivery.StatusEQ(calling.DeliveryPending), webhookdelivery.NextTryAtLTE(now))
	others, err := due.Clone().Where(webhookdelivery.LeaseUntilGT(now)).Exist(ctx)
	if err != nil {
		return round{}, fmt.Errorf("look for deliveries under way: %w", err)
	}
	if others {
		return round{}, nil
	}
	rows, err := due.Where(webhookdelivery.Or(webhookdelivery.LeaseUntilIsNil(), webhookdelivery.LeaseUntilLTE(now)), store.LockFreeRows).
		Order(webhookdelivery.ByNextTryAt(), webhookdelivery.ByID()).Limit(claimedAtOnce).All(ctx)
	if err != nil {
		return round{}, fmt.Errorf("find due deliveries: %w", err)
	}
	if len(rows) == 0 {
		return round{}, nil
	}
	until := store.Instant(now.Add(roundsOfTries * h.Timeout))
	n, err := tx.Ent.WebhookDelivery.Update().Where(webhookdelivery.IDIn(idsOf(rows)...)).SetLeaseUntil(until).Save(ctx)
	if err != nil {
		return round{}, fmt.Errorf("claim deliveries: %w", err)
	}
	if n != len(rows) {
		return round{}, fmt.Errorf("claimed %d of %d deliveries", n, len(rows))
	}
	return round{endpoint: endpoint, deliveries: rows, until: until}, nil
}

func idsOf(rows []*ent.WebhookDelivery) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}
