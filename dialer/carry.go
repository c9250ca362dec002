package dialer

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/fault"
)

// errStopped is why calls are handed over when the process stops.
var errStopped = errors.New("the dialer stops")

// ownCall is a call that a turn claims for its own node, in the transaction that
// gives the slot: nobody has to be poked for it, and no second transaction claims
// it. A turn holds the organization's lock, which everybody who pauses, cancels or
// lowers a limit takes first; so the claim is one from before such a change, and
// awaited, or it is not made at all.
type ownCall struct {
	id    uuid.UUID
	claim claimed
}

// Carry says how many calls this node may carry at once, 1 or more. From now on its
// turns claim calls for the node itself as long as it has a place; the others are
// poked for. Without it every call is.
func (d *Dialer) Carry(most int) { d.places.open(most) }

// TakeOnNoMore has this node take on no calls any more, neither its turns' own nor
// those it is poked for: whom they give slots to waits for another node. Calls it
// carries go on, and whatever is asked of it about them is done.
func (d *Dialer) TakeOnNoMore() { d.places.close() }

// Drain has this node take on no calls any more, waits until those its turns have
// claimed have ended or grace is over, and then has the rest handed over: they stay
// in flight, and other nodes are poked. It returns when none is left.
func (d *Dialer) Drain(ctx context.Context, grace time.Duration) {
	d.places.close()
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-d.places.idle:
		return
	case <-late.C:
	case <-ctx.Done():
	}
	d.dropCalls(errStopped)
	<-d.places.idle
}

// takeOn has the turn's node carry as many of n calls as it has places for. Those
// that are not used are given back when the transaction ends.
func (t *turn) takeOn(n int) int {
	n = t.dialer.places.takeOn(n)
	if n == 0 {
		return 0
	}
	p := &t.dialer.places
	giveBack := func(n int) {
		for range n {
			p.leave()
		}
		p.done(n)
	}
	t.tx.AfterCommit(func() {
		for _, c := range t.own { // all, before the first can end
			t.dialer.held.add(c.id, c.claim)
		}
		for _, c := range t.own {
			go t.dialer.carryOwn(t.org.ID, c)
		}
		giveBack(n - len(t.own))
	})
	t.tx.OtherwiseRun(func() { giveBack(n) })
	return n
}

// claimOwn describes a call of a new attempt, as claimed by this node. An attempt
// that cannot be described is left to a poke, and what comes of that.
func (t *turn) claimOwn(ctx context.Context, j *job, row *ent.Attempt) (claimed, error) {
	var err error
	if j.SystemPrompt, err = t.dialer.prompts.of(ctx, t.tx.Ent, j.ID); err != nil {
		return claimed{}, err
	}
	c := claimed{verdict: claimStart, number: 1, madeAt: t.dialer.Now()}
	c.call, c.err = t.dialer.call(row, j.BatchJob, t.now)
	return c, nil
}

// carryOwn carries a call that a turn of this node has claimed to its end.
func (d *Dialer) carryOwn(organizationID string, c ownCall) {
	defer d.places.done(1)
	ctx, cancel := context.WithTimeout(auth.WithOrganization(d.calls, organizationID), d.overdueAfter())
	defer cancel()
	err := d.carryAndSettle(ctx, organizationID, c.id, c.claim)
	if err == nil {
		fault.Point("C8")
		return
	}
	if d.calls.Err() == nil {
		d.Log.WarnContext(ctx, "how a call stands is not known, it is looked for again", "attempt", c.id, "error", err)
	}
	// Whoever is poked asks the carrier for the same call.
	if err := d.handOver(ctx, organizationID, c.id); err != nil && d.life.Err() == nil {
		d.Log.WarnContext(ctx, "handing a call over failed, its lease says when it is free", "attempt", c.id, "error", err)
	}
}
