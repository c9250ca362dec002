package hooks

import (
	"context"
	"fmt"
	"sync"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/store"
)

// Run sweeps and tidies until ctx ends.
func (h *Hooks) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { h.every(ctx, h.SweepEvery, "webhook sweep", h.Sweep) })
	work.Go(func() { h.every(ctx, h.TidyEvery, "webhook log", h.Tidy) })
	work.Wait()
	h.client.CloseIdleConnections()
}

func (h *Hooks) every(ctx context.Context, period time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := do(ctx); err != nil && ctx.Err() == nil {
				h.Log.ErrorContext(ctx, "a repair failed, the next one will try again", "what", what, "error", err)
			}
		}
	}
}

// overdue is how long pokes get before the sweep steps in.
const overdue = 2 * time.Second

// longestSpacing bounds the time between pokes of an endpoint to which something
// stays due.
const longestSpacing = 5 * time.Minute

// spacing is when an endpoint to which something stays due is poked again: it may
// be down, or all workers may be busy.
type spacing struct {
	next time.Time
	wait time.Duration
}

// Sweep pokes endpoints to which something is due that nobody tries: a poke was
// lost, a node has died, or the wait after a failed try is over. One node sweeps
// at a time; the others return at once.
func (h *Hooks) Sweep(ctx context.Context) error {
	ctx = auth.WithSystem(ctx)
	endpoints, err := h.Store.Read().WebhookEndpoint.Query().Where(hasDue(h.now())).
		Select(webhookendpoint.FieldID, webhookendpoint.FieldOrganizationID).All(ctx)
	if err != nil {
		return fmt.Errorf("find webhook endpoints with due deliveries: %w", err)
	}
	due := make(map[string]string, len(endpoints))
	for _, e := range endpoints {
		due[e.ID] = e.OrganizationID
	}
	chosen := h.space(due)
	if len(chosen) == 0 {
		return nil
	}
	err = h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		mine, err := tx.TryLock(ctx, "webhooks")
		if err != nil || !mine {
			return err
		}
		for id, organizationID := range chosen {
			if err := h.Queue.DeliverWebhooks(ctx, tx, organizationID, []string{id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sweep webhooks: %w", err)
	}
	return nil
}

// hasDue finds endpoints with deliveries that are due and that no node tries.
func hasDue(now time.Time) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = ").Ident(s.C(webhookendpoint.FieldID)).
				WriteString(" AND d.status = 'PENDING' AND d.next_try_at <= ").Arg(now.Add(-overdue)).
				WriteString(" AND (d.lease_until IS NULL OR d.lease_until <= ").Arg(now).WriteString("))")
		}))
	}
}

// space returns those of the endpoints whose turn it is to be poked.
func (h *Hooks) space(due map[string]string) map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id := range h.poked {
		if _, still := due[id]; !still {
			delete(h.poked, id)
		}
	}
	now := h.Now()
	chosen := map[string]string{}
	for id, organizationID := range due {
		s := h.poked[id]
		if now.Before(s.next) {
			continue
		}
		s.wait = min(max(2*s.wait, h.SweepEvery), longestSpacing)
		s.next = now.Add(s.wait)
		h.poked[id], chosen[id] = s, organizationID
	}
	return chosen
}

// How much of the log one transaction removes, and one run.
const (
	removedAtOnce = 500
	removals      = 40
)

// Tidy removes deliveries that are older than the log is kept, those beyond the
// newest of an endpoint that are kept, and secrets that sign no more. One node
// does so at a time.
func (h *Hooks) Tidy(ctx context.Context) error {
	ctx = auth.WithSystem(ctx)
	for range removals {
		removed, err := h.tidySome(ctx)
		if err != nil {
			return fmt.Errorf("tidy the log of webhooks: %w", err)
		}
		if removed < removedAtOnce {
			break
		}
	}
	return h.trim(ctx)
}

func (h *Hooks) tidySome(ctx context.Context) (removed int, err error) {
	err = h.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		mine, err := tx.TryLock(ctx, "webhook log")
		if err != nil || !mine {
			return err
		}
		err = tx.Ent.WebhookEndpoint.Update().
			Where(webhookendpoint.PreviousSecretNEQ(""), webhookendpoint.PreviousSecretUntilLTE(h.now())).
			SetPreviousSecret("").ClearPreviousSecretUntil().Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget secrets: %w", err)
		}
		ids, err := tx.Ent.WebhookDelivery.Query().Where(webhookdelivery.CreatedAtLT(h.now().Add(-h.KeepFor))).
			Order(webhookdelivery.ByCreatedAt()).Limit(removedAtOnce).IDs(ctx)
		if err != nil {
			return fmt.Errorf("find old deliveries: %w", err)
		}
		removed = len(ids)
		return remove(ctx, tx, ids)
	})
	return removed, err
}

func remove(ctx context.Context, tx *store.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Ent.WebhookDelivery.Delete().Where(webhookdelivery.IDIn(ids...)).Exec(ctx); err != nil {
		return fmt.Errorf("remove deliveries: %w", err)
	}
	return nil
}

// trim removes the oldest deliveries of endpoints that have too many.
func (h *Hooks) trim(ctx context.Context) error {
	endpoints, err := h.Store.Read().WebhookEndpoint.Query().IDs(ctx)
	if err != nil {
		return fmt.Errorf("find webhook endpoints: %w", err)
	}
	for _, id := range endpoints {
		// The newest of those that are not kept.
		last, err := h.Store.Read().WebhookDelivery.Query().Where(webhookdelivery.EndpointID(id)).
			Order(webhookdelivery.ByID(sql.OrderDesc())).Offset(h.KeepMost).Limit(1).IDs(ctx)
		if err != nil {
			return fmt.Errorf("count deliveries of %s: %w", id, err)
		}
		if len(last) == 0 {
			continue
		}
		if err := h.removeAll(ctx, webhookdelivery.EndpointID(id), webhookdelivery.IDLTE(last[0])); err != nil {
			return err
		}
		h.Log.WarnContext(ctx, "the oldest deliveries of a webhook endpoint were removed, because it has too many",
			"endpoint", id, "kept", h.KeepMost)
	}
	return nil
}
