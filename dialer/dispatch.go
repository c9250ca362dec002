package dialer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/fault"
)

// pending finds contacts that wait; written as the partial index is.
func pending(s *sql.Selector) {
	s.Where(sql.ExprP(s.C(contact.FieldStatus) + " = 'PENDING'"))
}

// dispatch gives free slots to due contacts: one organization's slots in fair
// turn to its running batch jobs, each within its own limit. Slots in use are
// counted in the rows, never remembered.
func (t *turn) dispatch(ctx context.Context) error {
	free, err := t.countInFlight(ctx)
	if err != nil {
		return err
	}
	most := min(free, slotsPerTurn)
	more := free > most
	free = most
	t.goOnWithCredits(t.uncommitted())
	uncommitted := t.uncommitted()
	asking := t.asking(uncommitted)
	for free > 0 && len(asking) > 0 {
		// Whoever has the fewest calls in flight is served first; among equals,
		// who has waited longest.
		slices.SortStableFunc(asking, func(a, b *request) int {
			return cmp.Or(cmp.Compare(a.job.inFlight, b.job.inFlight), compareInstants(a.job.LastDispatchAt, b.job.LastDispatchAt))
		})
		r := asking[0]
		if !r.looked {
			if err := t.look(ctx, r, free); err != nil {
				return err
			}
		}
		if len(r.due) == 0 {
			asking = asking[1:]
			continue
		}
		cost := t.fromCredits(r.job)
		if cost > uncommitted {
			asking = asking[1:]
			continue
		}
		uncommitted -= cost
		r.take()
		free--
		if r.room == 0 {
			asking = asking[1:]
		}
	}
	if more && free == 0 {
		t.wake(t.now) // the rest gets its slots in the next turn
	}
	return t.giveSlots(ctx)
}

// slotsPerTurn bounds the rows that one turn writes.
const slotsPerTurn = 500

// uncommitted is what is left of the organization's free credits once the calls
// in flight that their holds do not cover are set aside.
func (t *turn) uncommitted() calling.Micros {
	free := t.books.available()
	for _, j := range t.jobs {
		free -= max(0, int64(j.inFlight)*j.PricePerCallMicros-j.HeldMicros)
	}
	return free
}

// fromCredits is the part of one more call's price that a batch job's hold does
// not cover.
func (t *turn) fromCredits(j *job) calling.Micros {
	held := max(0, j.HeldMicros-int64(j.inFlight)*j.PricePerCallMicros)
	return max(0, j.PricePerCallMicros-held)
}

// request is a batch job asking for slots.
type request struct {
	job    *job
	room   int            // slots it may still get
	looked bool           // due was read
	due    []*ent.Contact // due contacts that have no slot yet
	given  []*ent.Contact // contacts that get one
}

func (r *request) take() {
	r.given = append(r.given, r.due[0])
	r.due = r.due[1:]
	r.room--
	r.job.inFlight++
}

func compareInstants(a, b *time.Time) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return a.Compare(*b)
}

// countInFlight counts the calls in flight of every batch job and returns how
// many slots the organization has free.
func (t *turn) countInFlight(ctx context.Context) (free int, err error) {
	if fault.Planted("no-slot-recount") {
		return t.org.ConcurrentCallLimit, nil
	}
	var rows []struct {
		BatchJobID string `json:"batch_job_id"`
		Count      int    `json:"count"`
	}
	err = t.tx.Ent.Attempt.Query().Where(attempt.OrganizationID(t.org.ID), inFlight).
		GroupBy(attempt.FieldBatchJobID).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return 0, fmt.Errorf("count calls in flight: %w", err)
	}
	free = t.org.ConcurrentCallLimit
	for _, row := range rows {
		t.flying += row.Count
		free -= row.Count
		if j := t.byID[row.BatchJobID]; j != nil {
			j.inFlight = row.Count
		}
	}
	return free, nil
}

// asking returns the batch jobs that may dial now, and pauses those whose
// credits ran out.
func (t *turn) asking(uncommitted calling.Micros) []*request {
	var asking []*request
	for _, j := range t.jobs {
		if j.Status != calling.BatchRunning || j.ContactsPending == 0 || !t.dialer.mayCall(j.BatchJob) {
			continue
		}
		if !j.CallWindow.Contains(t.now) {
			t.wake(j.CallWindow.NextOpen(t.now))
			continue
		}
		room := min(t.room(j)-j.inFlight, j.ContactsPending)
		if uncommitted < t.fromCredits(j) {
			room = 0
			if t.flying == 0 { // else what those calls leave may be enough
				t.pause(j, calling.PausedByCredits, "The organization's credits do not cover one more call.")
			}
		}
		if room > 0 {
			asking = append(asking, &request{job: j, room: room})
		}
	}
	t.requests = asking
	return slices.Clone(asking)
}

// look reads who is due in a batch job, and when the next one will be where
// fewer are due than could be dialed.
func (t *turn) look(ctx context.Context, r *request, free int) error {
	r.looked = true
	most := min(r.room, free)
	waiting := t.tx.Ent.Contact.Query().Where(contact.BatchJobID(r.job.ID), pending)
	var err error
	r.due, err = waiting.Clone().Where(contact.NextAttemptAtLTE(t.now)).
		Order(contact.ByNextAttemptAt(), contact.ByRow()).Limit(most).
		Select(contact.FieldID, contact.FieldLastAttempt).All(ctx)
	if err != nil {
		return fmt.Errorf("find due contacts of %s: %w", r.job.ID, err)
	}
	if len(r.due) == most {
		return nil
	}
	next, err := waiting.Where(contact.NextAttemptAtGT(t.now)).Order(contact.ByNextAttemptAt()).Limit(1).
		Select(contact.FieldNextAttemptAt).All(ctx)
	if err != nil {
		return fmt.Errorf("find the next retry of %s: %w", r.job.ID, err)
	}
	if len(next) == 1 {
		t.wake(next[0].NextAttemptAt)
	}
	return nil
}

// giveSlots writes the attempts of every contact that got a slot and marks the
// contacts. Until a node claims it an attempt is nobody's; its lease says from
// when the sweep asks for it again.
func (t *turn) giveSlots(ctx context.Context) error {
	var rows [][]any
	var contacts []uuid.UUID
	for _, r := range t.requests {
		if len(r.given) == 0 {
			continue
		}
		j := r.job
		j.changed, j.LastDispatchAt = true, &t.now
		j.ContactsPending -= len(r.given)
		j.ContactsDialing += len(r.given)
		for _, c := range r.given {
			id := newUUID()
			t.placed = append(t.placed, id)
			contacts = append(contacts, c.ID)
			rows = append(rows, []any{
				id, t.org.ID, j.ID, c.ID, c.LastAttempt + 1, string(calling.AttemptQueued), "", true, "", 0,
				t.now, t.now.Add(t.dialer.Lease), 0, int64(0),
			})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	columns := []string{
		attempt.FieldID, attempt.FieldOrganizationID, attempt.FieldBatchJobID, attempt.FieldContactID, attempt.FieldNumber,
		attempt.FieldStatus, attempt.FieldReason, attempt.FieldDialed, attempt.FieldNode, attempt.FieldClaims,
		attempt.FieldQueuedAt, attempt.FieldLeaseUntil, attempt.FieldTalkSeconds, attempt.FieldCostMicros,
	}
	if err := t.tx.Insert(ctx, attempt.Table, columns, slices.Values(rows)); err != nil {
		return fmt.Errorf("write attempts: %w", err)
	}
	if fault.Planted("no-unique-attempt") { // with the index dropped, contacts get slots again and again
		return nil
	}
	n, err := t.tx.Ent.Contact.Update().Where(contact.IDIn(contacts...), pending).
		SetStatus(calling.ContactDialing).AddLastAttempt(1).Save(ctx)
	if err != nil {
		return fmt.Errorf("mark contacts as dialing: %w", err)
	}
	if n != len(contacts) {
		return fmt.Errorf("marked %d of %d contacts as dialing", n, len(contacts))
	}
	return nil
}
