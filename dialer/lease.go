package dialer

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/store"
)

// leaseChunk bounds the ids of one statement.
const leaseChunk = 1000

// markEvery is how long acceptances are gathered before they are written.
const markEvery = 20 * time.Millisecond

// spareFor is how long after a call's end it is written that its carrier had it,
// where the end could not be recorded meanwhile.
const spareFor = 500 * time.Millisecond

// heldCalls are the attempts this process is really carrying. Leases are
// extended for these alone, so that one that was dropped on the way, whatever
// the reason, becomes free for others.
type heldCalls struct {
	mu       sync.Mutex
	calls    map[uuid.UUID]*heldCall // guarded by mu
	talking  map[string]int          // guarded by mu; calls that have not ended, by organization
	unmarked chan struct{}           // holds a token while acceptances wait to be written
}

type heldCall struct {
	call     calling.Call
	carriers int  // how many goroutines carry it
	accepted bool // the carrier has it
	marked   bool // and its row says so
	ended    bool // which a turn is about to record
	endedAt  time.Time
	hungUp   bool // the carrier was asked to end it
}

func (h *heldCalls) add(id uuid.UUID, c claimed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.calls[id]
	if held == nil {
		held = &heldCall{call: c.call, accepted: c.accepted, marked: c.accepted}
		h.calls[id] = held
		h.talking[c.call.OrganizationID]++
	}
	held.carriers++
}

// ended notes that a call has ended and reports whether no other call of its
// organization goes on here.
func (h *heldCalls) ended(id uuid.UUID, now time.Time) (last bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.calls[id]
	if held == nil {
		return false
	}
	if !held.ended {
		h.end(held)
		held.endedAt = now // once: where its end cannot be recorded for long, it is marked all the same
	}
	return h.talking[held.call.OrganizationID] == 0
}

// end notes that a call has ended; mu is held.
func (h *heldCalls) end(held *heldCall) {
	if held.ended {
		return
	}
	held.ended = true
	if h.talking[held.call.OrganizationID]--; h.talking[held.call.OrganizationID] == 0 {
		delete(h.talking, held.call.OrganizationID)
	}
}

func (h *heldCalls) has(id uuid.UUID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[id] != nil
}

func (h *heldCalls) remove(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held := h.calls[id]; held != nil {
		if held.carriers--; held.carriers == 0 {
			h.end(held)
			delete(h.calls, id)
		}
	}
}

// accept notes that the carrier has a call; mark writes it down.
func (h *heldCalls) accept(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held := h.calls[id]; held != nil {
		held.accepted = true
	}
	h.moreToMark()
}

// moreToMark has mark look again.
func (h *heldCalls) moreToMark() {
	select {
	case h.unmarked <- struct{}{}:
	default:
	}
}

// those returns the ids of the calls that are so.
func (h *heldCalls) those(so func(*heldCall) bool) []uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(h.calls))
	for id, held := range h.calls {
		if so(held) {
			ids = append(ids, id)
		}
	}
	return ids
}

// toMark returns the calls that the carrier has and whose rows do not say so yet. A
// call that has just ended is spared for a while, as the turn that records its end
// makes the mark needless; more reports whether there was such a call.
func (h *heldCalls) toMark(now time.Time) (ids []uuid.UUID, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, held := range h.calls {
		switch {
		case !held.accepted || held.marked:
		case held.ended && now.Sub(held.endedAt) < spareFor:
			more = true
		default:
			ids = append(ids, id)
		}
	}
	return ids, more
}

func (h *heldCalls) setMarked(ids []uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		if held := h.calls[id]; held != nil {
			held.marked = true
		}
	}
}

// toHangUp returns the calls of batch jobs that are to be hung up, were not, and
// are known to the carrier.
func (h *heldCalls) toHangUp(batchJobs []string) []calling.Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	var calls []calling.Call
	for _, held := range h.calls {
		if held.accepted && !held.hungUp && slices.Contains(batchJobs, held.call.BatchJobID) {
			held.hungUp = true
			calls = append(calls, held.call)
		}
	}
	return calls
}

// stillToHangUp has the next heartbeat try again.
func (h *heldCalls) stillToHangUp(callID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, held := range h.calls {
		if held.call.ID == callID {
			held.hungUp = false
		}
	}
}

// mine has attempts changed in lots.
func (d *Dialer) mine(ctx context.Context, ids []uuid.UUID, change func(context.Context, *store.Tx, []uuid.UUID) error) error {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) // one order of row locks for all
	for chunk := range slices.Chunk(ids, leaseChunk) {
		err := d.Store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error { return change(ctx, tx, chunk) })
		if err != nil {
			return err
		}
	}
	return nil
}

// heartbeat extends the leases of the calls this node carries and nobody else
// has claimed meanwhile; also of those whose lease ran out while the database
// could not be reached. Then it hangs up those that are to be.
func (d *Dialer) heartbeat(ctx context.Context) error {
	ids := d.held.those(func(*heldCall) bool { return true })
	if len(ids) == 0 {
		return nil
	}
	err := d.mine(ctx, ids, func(ctx context.Context, tx *store.Tx, ids []uuid.UUID) error {
		return tx.Ent.Attempt.Update().
			Where(attempt.IDIn(ids...), attempt.NodeIn(d.node, ""), attempt.StatusEQ(calling.AttemptDialing)).
			SetNode(d.node).SetLeaseUntil(d.now().Add(d.Lease)).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("extend leases: %w", err)
	}
	return d.hangUpHeld(ctx)
}

// mark writes down which calls the carrier has, until ctx ends. A call that ends
// before its turn comes needs no mark.
func (d *Dialer) mark(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.held.unmarked:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(markEvery):
		}
		if err := d.markAccepted(ctx); err != nil && ctx.Err() == nil {
			d.Log.WarnContext(ctx, "noting that the carrier has calls failed, will try again", "error", err)
			d.held.moreToMark()
		}
	}
}

func (d *Dialer) markAccepted(ctx context.Context) error {
	ids, more := d.held.toMark(d.Now())
	if more {
		d.held.moreToMark()
	}
	return d.mine(ctx, ids, func(ctx context.Context, tx *store.Tx, ids []uuid.UUID) error {
		err := tx.Ent.Attempt.Update().
			Where(attempt.IDIn(ids...), attempt.NodeIn(d.node, ""), attempt.StatusEQ(calling.AttemptDialing), attempt.AcceptedAtIsNil()).
			SetAcceptedAt(d.now()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("note accepted calls: %w", err)
		}
		tx.AfterCommit(func() { d.held.setMarked(ids) })
		return nil
	})
}

// hangUpHeld asks the carrier to end the calls this node carries for batch jobs
// that were cancelled with that wish.
func (d *Dialer) hangUpHeld(ctx context.Context) error {
	batchJobs, err := d.Store.Read().BatchJob.Query().
		Where(notOver, batchjob.StatusEQ(calling.BatchCancelling), batchjob.HangUp(true)).IDs(auth.WithSystem(ctx))
	if err != nil {
		return fmt.Errorf("find calls to hang up: %w", err)
	}
	for _, call := range d.held.toHangUp(batchJobs) {
		d.work.Go(func() {
			within, cancel := context.WithTimeout(ctx, d.Lease)
			defer cancel()
			if err := d.Carrier.HangUp(within, call); err != nil {
				d.held.stillToHangUp(call.ID)
				d.Log.WarnContext(ctx, "a call could not be hung up", "attempt", call.ID, "error", err)
			}
		})
	}
	return nil
}

// nobody is poked for an attempt that is handed over: a poke for it is there.
const nobody = ""

// handOver makes an attempt whose end this node will not see free for any node, and
// pokes for it on behalf of its organization, unless that is nobody.
func (d *Dialer) handOver(ctx context.Context, organizationID string, attemptID uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Lease)
	defer cancel()
	_, err := d.handOvers.ask(ctx, organizationID, attemptID)
	if err != nil {
		return fmt.Errorf("hand attempt %s over: %w", attemptID, err)
	}
	return nil
}

func (d *Dialer) handOverAll(ctx context.Context, organizationID string, ids []uuid.UUID) ([]struct{}, error) {
	answers := make([]struct{}, len(ids))
	return answers, d.mine(ctx, ids, func(ctx context.Context, tx *store.Tx, ids []uuid.UUID) error {
		err := tx.Ent.Attempt.Update().
			Where(attempt.IDIn(ids...), attempt.Node(d.node), attempt.StatusEQ(calling.AttemptDialing)).
			SetNode("").SetLeaseUntil(d.now()).Exec(ctx)
		if err != nil || organizationID == nobody {
			return err
		}
		return d.Queue.PlaceCalls(ctx, tx, organizationID, ids)
	})
}
