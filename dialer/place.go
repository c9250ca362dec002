package dialer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/fault"
)

const (
	// settleRetry is the pause between tries to record how a call ended.
	settleRetry = 200 * time.Millisecond
	// lastWord is how long the carrier gets to say what became of a call that
	// should have ended long ago.
	lastWord = 30 * time.Second
)

var (
	// errPanic says that a carrier has a defect; how the call stands is not known.
	errPanic = errors.New("the carrier panicked")
	// errTooLate says that a claim has grown too old to start a call on.
	errTooLate = errors.New("the time to start the call in has passed")
)

// Place carries one attempt to its end: claims it for this node, has the
// carrier start the call unless another node did, waits for its end, and settles
// what came of it. It blocks for the length of the call. It does nothing when the
// attempt is another node's or has ended.
//
// When ctx ends first, or it is not known how the call stands, the attempt is
// handed over: it stays in flight, free to be claimed at once by whoever looks
// next, who asks the carrier for the same call. ErrNoPlace says that this node
// takes on no more calls, now or for good, and has not looked.
func (d *Dialer) Place(ctx context.Context, organizationID string, attemptID uuid.UUID) error {
	if d.held.has(attemptID) {
		return nil // a poke from when its lease had run out; this node carries it all the while
	}
	ctx = auth.WithOrganization(ctx, organizationID)
	if err := d.places.enter(ctx); err != nil {
		return err
	}
	claim, err := d.claims.ask(ctx, organizationID, attemptID)
	if err != nil || claim.err != nil || claim.verdict == claimRefused ||
		claim.verdict == claimWithdrawn || claim.verdict == claimForeign {
		d.places.leave()
	}
	if err != nil {
		// Whether the claim was committed is not known; the lease, which nobody
		// extends, says when it is free.
		return fmt.Errorf("claim attempt %s: %w", attemptID, err)
	}
	switch {
	case claim.err != nil:
		return claim.err
	case claim.verdict == claimRefused:
		return nil
	case claim.verdict == claimWithdrawn:
		return d.turns.join(ctx, organizationID, &ending{attempt: attemptID, report: withdrawn(), claim: unclaimed}, false)
	case claim.verdict == claimForeign:
		return d.turns.join(ctx, organizationID, &ending{attempt: attemptID, report: unasked(), claim: claim.number}, false)
	}
	d.held.add(attemptID, claim)
	err = d.carryAndSettle(ctx, organizationID, attemptID, claim)
	if err != nil {
		return errors.Join(err, d.handOver(ctx, nobody, attemptID)) // when it is held no more: no heartbeat takes it back
	}
	fault.Point("C8")
	return nil
}

// carryAndSettle carries a call that is held to its end, gives its place on, and
// records how it ended. It is held no more then.
func (d *Dialer) carryAndSettle(ctx context.Context, organizationID string, id uuid.UUID, claim claimed) error {
	defer d.held.remove(id)
	end, err := d.carry(ctx, id, claim)
	d.places.leave()
	if err != nil {
		return err
	}
	fault.Point("C7")
	return d.settleSurely(ctx, organizationID, end)
}

// carry finds out how a claimed call ended. What the carrier reports is true
// whoever hears it; what this node concludes from a refusal or from silence
// holds only while nobody has claimed the attempt since.
func (d *Dialer) carry(ctx context.Context, id uuid.UUID, claim claimed) (end ending, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			d.Log.ErrorContext(ctx, "the carrier panicked", "panic", defect, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	reported := func(r calling.Report) ending { return ending{attempt: id, report: r.Clean(), claim: anyClaim} }
	concluded := func(r calling.Report) ending { return ending{attempt: id, report: r.Clean(), claim: claim.number} }
	found := func() { d.held.accept(id) }

	if claim.verdict != claimStart {
		report, known, err := d.look(ctx, claim, found)
		switch {
		case err != nil:
			return ending{}, err
		case known:
			return reported(report), nil
		case claim.accepted && !fault.Planted("fresh-call-id"):
			return concluded(lost()), nil
		case claim.verdict == claimOverdue:
			return concluded(silent()), nil
		case claim.verdict == claimFind:
			report, known, err := d.lookAgain(ctx, claim.call, found)
			if known || err != nil {
				return reported(report), err
			}
			return concluded(withdrawn()), nil
		}
	}
	refusal, err := d.start(ctx, claim)
	if err != nil {
		return ending{}, err
	}
	if refusal != nil && claim.verdict == claimStart {
		return concluded(*refusal), nil
	}
	if refusal != nil {
		report, known, err := d.lookAgain(ctx, claim.call, found)
		if known || err != nil {
			return reported(report), err
		}
		return concluded(*refusal), nil
	}
	d.held.accept(id)
	report, known, err := d.Carrier.Wait(ctx, claim.call, nil)
	if err == nil && !known {
		return concluded(lost()), nil
	}
	return reported(report), err
}

// lookAgain waits until nothing that an earlier claim asked for can be on its
// way any more, and then for the end of the call, if there is one.
func (d *Dialer) lookAgain(ctx context.Context, call calling.Call, found func()) (report calling.Report, known bool, err error) {
	select {
	case <-time.After(d.StartWithin + askMargin):
		return d.Carrier.Wait(ctx, call, found)
	case <-ctx.Done():
		return calling.Report{}, false, context.Cause(ctx)
	}
}

// start asks the carrier for a call, unless the claim has grown too old: a
// process may have been frozen since, and a pause have answered.
func (d *Dialer) start(ctx context.Context, claim claimed) (refusal *calling.Report, err error) {
	fault.Point("C5")
	call := claim.call
	if fault.Planted("no-start-lock") {
		<-time.After(time.Second / 2)
		call.StartBefore = time.Time{}
		return d.Carrier.Start(ctx, call)
	}
	left := min(call.StartBefore.Sub(d.Time()), d.StartWithin-d.Now().Sub(claim.madeAt))
	if left <= 0 {
		return nil, errTooLate
	}
	ctx, cancel := context.WithTimeoutCause(ctx, left, errTooLate)
	defer cancel()
	refusal, err = d.Carrier.Start(ctx, call)
	fault.Point("C6")
	if err != nil {
		return nil, fmt.Errorf("ask the carrier: %w", err)
	}
	if refusal == nil {
		d.Meter.CallStarted()
	}
	return refusal, nil
}

// look waits for the end of a call that an earlier claim may have started.
func (d *Dialer) look(ctx context.Context, claim claimed, found func()) (report calling.Report, known bool, err error) {
	if claim.verdict == claimOverdue {
		return d.lookOverdue(ctx, claim.call)
	}
	return d.Carrier.Wait(ctx, claim.call, found)
}

// lookOverdue has a call that should have ended long ago hung up, and waits a
// little for its end. It is given up when the carrier does not answer, because
// nobody may be kept waiting for ever; one that is said to be on keeps its slot
// for as long again.
func (d *Dialer) lookOverdue(ctx context.Context, call calling.Call) (report calling.Report, known bool, err error) {
	within, cancel := context.WithTimeout(ctx, lastWord)
	defer cancel()
	if err := d.Carrier.HangUp(within, call); err != nil {
		d.Log.WarnContext(ctx, "a call that lasts too long could not be hung up", "attempt", call.ID, "error", err)
	}
	var isOn atomic.Bool
	report, known, err = d.Carrier.Wait(within, call, func() { isOn.Store(true) })
	switch {
	case err == nil || ctx.Err() != nil:
		return report, known, err
	case isOn.Load() && d.now().Before(call.StartedAt.Add(2*d.overdueAfter())):
		return report, known, err
	}
	return calling.Report{}, false, nil
}

// lost is the report on a call that the carrier had taken and does not know any
// more: it may have rung.
func lost() calling.Report {
	return calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the carrier does not know the call it had taken"}
}

// silent is the report on a call that should have ended long ago.
func silent() calling.Report {
	return calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the carrier did not say how the call ended"}
}

// settleSurely records an ending however often the database refuses: the call
// has happened. When ctx ends first, the carrier is asked again later.
func (d *Dialer) settleSurely(ctx context.Context, organizationID string, end ending) error {
	for {
		err := d.turns.join(ctx, organizationID, &end, false)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			d.Log.WarnContext(ctx, "recording a call failed, will try again", "attempt", end.attempt, "error", err)
		}
		select {
		case <-time.After(settleRetry):
		case <-ctx.Done():
			return err
		case <-d.life.Done():
			return err
		}
	}
}
