package dialer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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
// next, who asks the carrier for the same call.
func (d *Dialer) Place(ctx context.Context, organizationID string, attemptID uuid.UUID) error {
	ctx = auth.WithOrganization(ctx, organizationID)
	claim, err := d.claims.ask(ctx, organizationID, attemptID)
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
		return d.turns.join(ctx, organizationID, &ending{attempt: attemptID, report: withdrawn(), unclaimed: true}, false)
	}
	d.held.add(attemptID, claim)
	defer d.held.remove(attemptID)
	report, err := d.carry(ctx, attemptID, claim)
	if err != nil {
		return errors.Join(err, d.handOver(ctx, attemptID))
	}
	fault.Point("C7")
	if err := d.settleSurely(ctx, organizationID, attemptID, report); err != nil {
		return err
	}
	fault.Point("C8")
	return nil
}

// carry gets the report on a claimed call.
func (d *Dialer) carry(ctx context.Context, id uuid.UUID, claim claimed) (report calling.Report, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			d.Log.ErrorContext(ctx, "the carrier panicked", "panic", defect, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	if claim.verdict == claimStart {
		return d.startAndWait(ctx, id, claim.call)
	}
	report, known, err := d.look(ctx, claim)
	switch {
	case err != nil || known:
		return report, err
	case claim.accepted && !fault.Planted("fresh-call-id"):
		return lost(), nil
	case claim.verdict == claimResume:
		return d.startAndWait(ctx, id, claim.call)
	}
	return withdrawn(), nil
}

// startAndWait has the carrier start a call and waits for its end.
func (d *Dialer) startAndWait(ctx context.Context, id uuid.UUID, call calling.Call) (calling.Report, error) {
	refusal, err := d.start(ctx, call)
	if err != nil {
		return calling.Report{}, err
	}
	if refusal != nil {
		return *refusal, nil
	}
	d.held.accept(id)
	report, known, err := d.Carrier.Wait(ctx, call)
	if err == nil && !known {
		report = lost()
	}
	return report, err
}

// start asks the carrier for a call, unless the claim has grown too old: a
// process may have been frozen since, and a pause have answered.
func (d *Dialer) start(ctx context.Context, call calling.Call) (refusal *calling.Report, err error) {
	fault.Point("C5")
	if fault.Planted("no-start-lock") {
		time.Sleep(time.Second / 2)
		call.StartBefore = time.Time{}
		return d.Carrier.Start(ctx, call)
	}
	left := call.StartBefore.Sub(d.Now())
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
	return refusal, nil
}

// look waits for the end of a call that an earlier claim may have started. One
// that should have ended long ago is given up as UNKNOWN when the carrier does
// not answer, because nobody may be kept waiting for ever.
func (d *Dialer) look(ctx context.Context, claim claimed) (report calling.Report, known bool, err error) {
	within, cancel := ctx, context.CancelFunc(func() {})
	if claim.verdict == claimOverdue {
		within, cancel = context.WithTimeout(ctx, lastWord)
	}
	defer cancel()
	report, known, err = d.Carrier.Wait(within, claim.call)
	if err != nil && claim.verdict == claimOverdue && ctx.Err() == nil {
		return calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the carrier did not say how the call ended"}, true, nil
	}
	return report, known, err
}

// lost is the report on a call that the carrier had taken and does not know any
// more: it may have rung.
func lost() calling.Report {
	return calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the carrier does not know the call it had taken"}
}

// settleSurely records a report however often the database refuses: the call
// has happened. When ctx ends first, the carrier is asked again later.
func (d *Dialer) settleSurely(ctx context.Context, organizationID string, attemptID uuid.UUID, report calling.Report) error {
	for {
		err := d.Settle(ctx, organizationID, attemptID, report)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			d.Log.WarnContext(ctx, "recording a call failed, will try again", "attempt", attemptID, "error", err)
		}
		select {
		case <-time.After(settleRetry):
		case <-ctx.Done():
			return errors.Join(err, d.handOver(ctx, attemptID))
		case <-d.life.Done():
			return err
		}
	}
}
