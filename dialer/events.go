package dialer

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/store"
)

// WebhookQueue carries pokes to look for events that are due at webhook
// endpoints. A poke that is lost costs seconds.
type WebhookQueue interface {
	// DeliverWebhooks has each endpoint looked at, on any node, at once. It is part
	// of tx as Queue's methods.
	DeliverWebhooks(ctx context.Context, tx *store.Tx, organizationID string, endpointIDs []string) error
}

// events are what happened during a turn that webhook endpoints are told of.
// They are gathered only when somebody wants them and become rows, a delivery for
// each endpoint, when the turn is saved.
type events struct {
	batches  []batchEvent
	contacts map[uuid.UUID]bool // that became final
}

type batchEvent struct {
	event calling.EventType
	data  calling.BatchEvent
}

// wants reports whether a webhook endpoint of the organization wants the event.
func (t *turn) wants(e calling.EventType) bool { return slices.Contains(t.org.WebhookEvents, e) }

// tell notes what a line of a batch job's history means for webhooks, with the
// batch job as it stands.
func (t *turn) tell(j *job, action calling.ChangeAction) {
	e, ok := eventOf(action, j.Status)
	if !ok || !t.wants(e) {
		return
	}
	t.events.batches = append(t.events.batches, batchEvent{e, calling.BatchEvent{
		BatchJobID: j.ID, Name: j.Name, Status: j.Status, PauseReason: j.PauseReason, PauseNote: j.PauseNote,
		TotalContacts: j.TotalContacts, ContactsPending: j.ContactsPending, ContactsDialing: j.ContactsDialing,
		ContactsCompleted: j.ContactsCompleted, ContactsFailed: j.ContactsFailed, ContactsCancelled: j.ContactsCancelled,
		Outcomes: finalOutcomes(j.BatchJob), Attempts: j.AttemptsEnded, SpentMicros: j.SpentMicros,
		StartedAt: j.StartedAt, EndedAt: j.EndedAt,
	}})
}

// finalOutcomes counts the contacts that are final by how they ended, whatever the
// last call to one who was cancelled had come to.
func finalOutcomes(row *ent.BatchJob) map[calling.Outcome]int {
	counts := maps.Clone(row.OutcomeCounts)
	if row.ContactsCancelled > 0 {
		if counts == nil {
			counts = map[calling.Outcome]int{}
		}
		counts[calling.OutcomeCancelled] += row.ContactsCancelled
	}
	return counts
}

// eventOf returns the event that a change of a batch job is; false when it is
// none.
func eventOf(action calling.ChangeAction, status calling.BatchStatus) (e calling.EventType, ok bool) {
	switch action {
	case calling.ChangeStarted:
		return calling.EventBatchStarted, true
	case calling.ChangePaused:
		return calling.EventBatchPaused, true
	case calling.ChangeEnded:
		ends := map[calling.BatchStatus]calling.EventType{
			calling.BatchCompleted: calling.EventBatchCompleted,
			calling.BatchFailed:    calling.EventBatchFailed,
			calling.BatchCancelled: calling.EventBatchCancelled,
		}
		e, ok = ends[status]
		return e, ok
	case calling.ChangeCreated, calling.ChangeResumed, calling.ChangeCancelled, calling.ChangeRescheduled,
		calling.ChangeUpdated, calling.ChangeRetried:
	}
	return "", false
}

// contactEvent returns the event that a contact's new status is; false when it
// is none. Cancelled is who was not reached because the call was hung up: those who
// are cancelled with their batch job are not told one by one.
func contactEvent(status calling.ContactStatus) (e calling.EventType, ok bool) {
	switch status {
	case calling.ContactCompleted:
		return calling.EventContactCompleted, true
	case calling.ContactFailed, calling.ContactCancelled:
		return calling.EventContactFailed, true
	case calling.ContactPending, calling.ContactDialing:
	}
	return "", false
}

// tellContact notes that a contact has another status. What there is to tell of
// it is read when the turn is saved.
func (t *turn) tellContact(id uuid.UUID, status calling.ContactStatus) {
	if e, ok := contactEvent(status); !ok || !t.wants(e) {
		return
	}
	if t.events.contacts == nil {
		t.events.contacts = map[uuid.UUID]bool{}
	}
	t.events.contacts[id] = true
}

// tellSpent notes the contacts that giveUp is about to end.
func (t *turn) tellSpent(ctx context.Context, find *ent.ContactQuery) error {
	if !t.wants(calling.EventContactFailed) {
		return nil
	}
	ids, err := find.IDs(ctx)
	if err != nil {
		return fmt.Errorf("find contacts that end: %w", err)
	}
	for _, id := range ids {
		t.tellContact(id, calling.ContactFailed)
	}
	return nil
}

// saveEvents writes a delivery of each event for each endpoint that wants it, and
// pokes the endpoints. It comes after contacts and attempts were written, which
// it reads.
func (t *turn) saveEvents(ctx context.Context) error {
	if len(t.events.batches)+len(t.events.contacts) == 0 {
		return nil
	}
	endpoints, err := t.tx.Ent.WebhookEndpoint.Query().
		Where(webhookendpoint.OrganizationID(t.org.ID), webhookendpoint.Enabled(true)).
		Order(webhookendpoint.ByID()).
		Select(webhookendpoint.FieldID, webhookendpoint.FieldEvents).All(ctx)
	if err != nil {
		return fmt.Errorf("read webhook endpoints: %w", err)
	}
	w := &deliveries{turn: t, endpoints: endpoints, poked: map[string]bool{}}
	if err := w.addContacts(ctx); err != nil {
		return err
	}
	for _, b := range t.events.batches {
		if err := w.add(b.event, b.data); err != nil {
			return err
		}
	}
	if len(w.rows) == 0 {
		return nil
	}
	if err := t.tx.Insert(ctx, webhookdelivery.Table, deliveryColumns(), slices.Values(w.rows)); err != nil {
		return fmt.Errorf("write webhook deliveries: %w", err)
	}
	if t.dialer.Webhooks == nil { // they are found without a poke, later
		return nil
	}
	return t.dialer.Webhooks.DeliverWebhooks(ctx, t.tx, t.org.ID, slices.Sorted(maps.Keys(w.poked)))
}

// deliveryColumns are those of a row of deliveries.
func deliveryColumns() []string {
	return []string{
		webhookdelivery.FieldID, webhookdelivery.FieldCreatedAt, webhookdelivery.FieldOrganizationID,
		webhookdelivery.FieldEndpointID, webhookdelivery.FieldEventID, webhookdelivery.FieldEvent,
		webhookdelivery.FieldPayload, webhookdelivery.FieldStatus, webhookdelivery.FieldTries,
		webhookdelivery.FieldNextTryAt, webhookdelivery.FieldResponseBody, webhookdelivery.FieldError,
	}
}

// deliveries are the rows that a turn's events become.
type deliveries struct {
	turn      *turn
	endpoints []*ent.WebhookEndpoint
	rows      [][]any
	poked     map[string]bool
}

// add makes the rows of one event.
func (d *deliveries) add(e calling.EventType, data any) error {
	t := d.turn
	body, err := calling.EventBody(e, t.now, data)
	if err != nil {
		return err
	}
	eventID, payload := newID(calling.EventPrefix), string(body)
	for _, endpoint := range d.endpoints {
		if !slices.Contains(endpoint.Events, e) {
			continue
		}
		d.poked[endpoint.ID] = true
		d.rows = append(d.rows, []any{
			newID(calling.DeliveryPrefix), t.now, t.org.ID, endpoint.ID, eventID, string(e), payload,
			string(calling.DeliveryPending), 0, t.now, "", "",
		})
	}
	return nil
}

// contactsAtOnce bounds the ids in one query.
const contactsAtOnce = 500

// addContacts makes the rows of contacts that became final.
func (d *deliveries) addContacts(ctx context.Context) error {
	ids := slices.SortedFunc(maps.Keys(d.turn.events.contacts), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for some := range slices.Chunk(ids, contactsAtOnce) {
		if err := d.addSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (d *deliveries) addSome(ctx context.Context, ids []uuid.UUID) error {
	rows, err := d.turn.tx.Ent.Contact.Query().Where(contact.IDIn(ids...)).Order(contact.ByID()).
		Select(contact.FieldID, contact.FieldBatchJobID, contact.FieldRow, contact.FieldPhone, contact.FieldStatus,
			contact.FieldLastOutcome, contact.FieldAttemptsUsed).
		WithAttempts(func(q *ent.AttemptQuery) {
			q.Order(attempt.ByNumber()).Select(attempt.FieldID, attempt.FieldContactID, attempt.FieldTalkSeconds, attempt.FieldCostMicros)
		}).All(ctx)
	if err != nil {
		return fmt.Errorf("read contacts that became final: %w", err)
	}
	for _, c := range rows {
		e, ok := contactEvent(c.Status)
		if !ok {
			continue // it is to be dialed again already
		}
		data := calling.ContactEvent{
			BatchJobID: c.BatchJobID, ContactID: calling.PublicID(calling.ContactPrefix, c.ID), Row: c.Row, Phone: c.Phone,
			Status: c.Status, Outcome: c.LastOutcome, Attempts: c.AttemptsUsed,
		}
		for _, a := range c.Edges.Attempts {
			data.AttemptID = calling.PublicID(calling.AttemptPrefix, a.ID)
			data.TalkSeconds += a.TalkSeconds
			data.CostMicros += a.CostMicros
		}
		if err := d.add(e, data); err != nil {
			return err
		}
	}
	return nil
}
