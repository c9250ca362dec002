package dialer_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// listen has an endpoint wait for events, and returns its id.
func (k *desk) listen(t *testing.T, enabled bool, wanted ...calling.EventType) string {
	t.Helper()
	id := calling.PublicID(calling.WebhookPrefix, uuid.Must(uuid.NewV7()))
	k.change(t, func(ctx context.Context, tx *store.Tx) error {
		tx.Ent.WebhookEndpoint.Create().SetID(id).SetOrganizationID(k.org).SetCreatedAt(k.clock()).SetURL("https://example.com").
			SetEvents(wanted).SetEnabled(enabled).SetSecret("whsec_x").ExecX(ctx)
		if !enabled {
			return nil
		}
		return tx.Ent.Organization.UpdateOneID(k.org).AppendWebhookEvents(wanted).Exec(ctx)
	})
	return id
}

// events returns what an endpoint is to be told, oldest first; of contacts as
// the type and the row.
func (k *desk) events(t *testing.T, endpointID string) (told []string) {
	t.Helper()
	for _, d := range k.store.Read().WebhookDelivery.Query().Where(webhookdelivery.EndpointID(endpointID)).
		Order(webhookdelivery.ByID()).AllX(k.ctx) {
		var body struct {
			Type string
			Data map[string]any
		}
		if err := json.Unmarshal([]byte(d.Payload), &body); err != nil || body.Type != d.Event.Name() ||
			d.Status != calling.DeliveryPending || d.NextTryAt.After(k.clock()) {
			t.Errorf("a delivery is %v: %v", d, err)
		}
		line := body.Type
		if row, ok := body.Data["row"].(float64); ok {
			line += " " + string(rune('0'+int(row)))
		} else if s, ok := body.Data["status"].(string); ok {
			line += " " + s
			checkSum(t, calling.BatchStatus(s), body.Data)
		}
		told = append(told, line)
	}
	return told
}

// checkSum fails the test when the outcomes of a batch job that is over leave
// somebody out.
func checkSum(t *testing.T, status calling.BatchStatus, data map[string]any) {
	t.Helper()
	outcomes, _ := data["outcomes"].(map[string]any)
	sum := 0.0
	for _, n := range outcomes {
		count, _ := n.(float64)
		sum += count
	}
	if status.Terminal() && sum != data["totalContacts"] {
		t.Errorf("of %v contacts it tells how %v ended: %v", data["totalContacts"], sum, outcomes)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		all := []calling.EventType{
			calling.EventBatchStarted, calling.EventBatchPaused, calling.EventBatchCompleted, calling.EventBatchFailed,
			calling.EventBatchCancelled, calling.EventContactCompleted, calling.EventContactFailed,
		}
		quiet := k.dial(t, 3, upload(t, 3))
		k.end(t, quiet, calling.OutcomeCompleted)
		if n := s.Read().WebhookDelivery.Query().CountX(k.ctx); n > 0 {
			t.Fatalf("%d deliveries though nobody listens", n)
		}

		everything, ends := k.listen(t, true, all...), k.listen(t, true, calling.EventBatchCancelled, calling.EventBatchCompleted)
		off := k.listen(t, false, all...)
		id := k.dial(t, 5, upload(t, 5))
		if err := k.Pause(k.ctx, id, "lunch"); err != nil {
			t.Fatal(err)
		}
		if err := k.Resume(k.ctx, id, ""); err != nil {
			t.Fatal(err)
		}
		// Whoever is busy is dialed again, unless no attempt is left any more.
		k.end(t, id, calling.OutcomeCompleted, calling.OutcomeRejected, calling.OutcomeBusy, calling.OutcomeBusy, calling.OutcomeCancelled)
		if _, err := k.Update(k.ctx, id, calling.BatchEdit{MaxAttempts: new(1)}, ""); err != nil {
			t.Fatal(err)
		}
		cancelled := k.dial(t, 2, upload(t, 3))
		k.change(t, func(ctx context.Context, tx *store.Tx) error { // its calls go on while it is cancelled
			return tx.Ent.Attempt.Update().Where(attempt.BatchJobID(cancelled)).SetStatus(calling.AttemptDialing).
				SetStartedAt(k.clock()).SetNode("n").AddClaims(1).Exec(ctx)
		})
		if _, err := k.Cancel(k.ctx, cancelled, true, ""); err != nil {
			t.Fatal(err)
		}
		k.end(t, cancelled, calling.OutcomeCancelled, calling.OutcomeRejected)
		want := []string{
			"batch.started RUNNING", "batch.paused PAUSED", "contact.completed 1", "contact.failed 2", "contact.failed 5",
			"contact.failed 3", "contact.failed 4", "batch.completed COMPLETED", "batch.started RUNNING", "contact.failed 2", "batch.cancelled CANCELLED",
		}
		if diff := cmp.Diff(want, k.events(t, everything)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"batch.completed COMPLETED", "batch.cancelled CANCELLED"}, k.events(t, ends)); diff != "" {
			t.Error(diff)
		}
		if got := k.events(t, off); got != nil {
			t.Errorf("one that is off is told %v", got)
		}
	})
}

// errNoCommit keeps a transaction from being committed.
var errNoCommit = errors.New("no commit")

// What does not happen is told to nobody.
func TestEventsAreWrittenWithWhatHappens(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		refuse := false
		k := newDesk(t, s.Guarded(func(m store.Moment) error {
			if refuse && m == store.BeforeCommit {
				return errNoCommit
			}
			return nil
		}))
		listener := k.listen(t, true, calling.EventContactCompleted, calling.EventBatchCompleted)
		id := k.dial(t, 1, upload(t, 1))
		row := k.store.Read().Attempt.Query().Where(attempt.BatchJobID(id)).OnlyX(k.ctx)
		refuse = true
		if err := k.Settle(k.ctx, k.org, row.ID, calling.Report{Outcome: calling.OutcomeCompleted}); !errors.Is(err, errNoCommit) {
			t.Fatalf("settle says %v", err)
		}
		if got := k.events(t, listener); got != nil {
			t.Fatalf("told is %v", got)
		}
		refuse = false
		for range 3 { // also a report that comes again
			if err := k.Settle(k.ctx, k.org, row.ID, calling.Report{Outcome: calling.OutcomeCompleted}); err != nil {
				t.Fatal(err)
			}
		}
		got := k.events(t, listener)
		slices.Sort(got)
		if diff := cmp.Diff([]string{"batch.completed COMPLETED", "contact.completed 1"}, got); diff != "" {
			t.Error(diff)
		}
	})
}
