package dialer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/contact"
)

// pending finds contacts that wait; written as the partial index is.
func pending(s *sql.Selector) {
	s.Where(sql.ExprP(s.C(contact.FieldStatus) + " = 'PENDING'"))
}

// dispatch gives free slots to due contacts: one organization's slots in fair
// turn to its running batch jobs, each within its own limit. Slots in use are
// counted in the rows, never remembered.
func (t *turn) dispatch(ctx context.Context) error {
	free := t.org.ConcurrentCallLimit - t.flying
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

// look reads who is due in a batch job, unless enough of them were read ahead, and
// when the next one will be where fewer are due than could be dialed.
func (t *turn) look(ctx context.Context, r *request, free int) error {
	r.looked = true
	most := min(r.room, free)
	if len(t.ahead) >= most && t.ahead[0].BatchJobID == r.job.ID {
		r.due = t.ahead[:most]
		return nil
	}
	due, next, err := t.tx.DueContacts(ctx, t.org.ID, r.job.ID, t.now, most)
	if err != nil {
		return fmt.Errorf("look for contacts of %s: %w", r.job.ID, err)
	}
	r.due = due
	if len(due) == most {
		return nil
	}
	for _, at := range []time.Time{next, r.job.againAt} {
		if !at.IsZero() {
			t.wake(at)
		}
	}
	return nil
}

// giveSlots makes the attempts of every contact that got a slot. This node claims as
// many as it has places for, there and then. The others are nobody's until a node
// claims them; their lease says from when the sweep asks for them again.
func (t *turn) giveSlots(ctx context.Context) error {
	slots := 0
	for _, r := range t.requests {
		slots += len(r.given)
	}
	if slots == 0 {
		return nil
	}
	here := t.takeOn(slots) //nolint:contextcheck // a call outlives the turn that gave its slot
	for _, r := range t.requests {
		if len(r.given) == 0 {
			continue
		}
		j := r.job
		j.changed, j.LastDispatchAt = true, &t.now
		j.ContactsPending -= len(r.given)
		j.ContactsDialing += len(r.given)
		for _, c := range r.given {
			row, err := t.newAttempt(ctx, j, c, len(t.own) < here)
			if err != nil {
				return err
			}
			t.writes.Attempts = append(t.writes.Attempts, row)
		}
	}
	return nil
}

// newAttempt makes the attempt of a contact that got a slot, claimed by this node
// if that is here to carry it, and else to be poked for.
func (t *turn) newAttempt(ctx context.Context, j *job, c *ent.Contact, here bool) (*ent.Attempt, error) {
	row := &ent.Attempt{
		ID: newUUID(), OrganizationID: t.org.ID, BatchJobID: j.ID, ContactID: c.ID, Number: c.LastAttempt + 1,
		Status: calling.AttemptQueued, QueuedAt: t.now, LeaseUntil: t.now.Add(t.dialer.Lease),
	}
	row.Edges.Contact = c
	if here {
		claim, err := t.claimOwn(ctx, j, row)
		if err != nil {
			return nil, err
		}
		if claim.err == nil {
			t.own = append(t.own, ownCall{id: row.ID, claim: claim})
			row.Status, row.Node, row.Claims, row.StartedAt = calling.AttemptDialing, t.dialer.node, claim.number, &t.now
			return row, nil
		}
	}
	t.placed = append(t.placed, row.ID)
	return row, nil
}
