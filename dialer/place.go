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
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/store"
)

const (
	// settleRetry is the pause between tries to record how a call ended.
	settleRetry = 200 * time.Millisecond
	// lastWord is how long the carrier gets to say what became of a call that
	// should have ended long ago.
	lastWord = 30 * time.Second
)

// errPanic says that a carrier has a defect; how the call stands is not known.
var errPanic = errors.New("the carrier panicked")

// errLost says that a carrier does not know a call that it had taken.
var errLost = errors.New("the carrier does not know the call it had taken")

func orUnclear(r *calling.Report) *calling.Report {
	if r == nil {
		return &calling.Report{}
	}
	return r
}

// Place carries one attempt to its end: claims it for this node, has the
// carrier place the call, and settles what came of it. It blocks for the length
// of the call. It does nothing when the attempt is another node's or has ended.
//
// When ctx ends first, the attempt is handed over: it stays in flight, free to
// be claimed at once by whoever looks next, and the carrier is asked for the
// same call again.
func (d *Dialer) Place(ctx context.Context, organizationID string, attemptID uuid.UUID) error {
	ctx = auth.WithOrganization(ctx, organizationID)
	claim, err := d.claim(ctx, attemptID)
	if err != nil {
		// Whether the claim was committed is not known; the lease, which nobody
		// extends, says when it is free.
		return fmt.Errorf("claim attempt %s: %w", attemptID, err)
	}
	switch claim.verdict {
	case claimRefused:
		return nil
	case claimWithdrawn:
		return d.turns.join(ctx, organizationID, &ending{attempt: attemptID, report: withdrawn(), unclaimed: true}, false)
	case claimGranted, claimFind, claimOverdue:
	}
	d.held.add(attemptID)
	defer d.held.remove(attemptID)
	report, err := d.ask(ctx, claim)
	if err != nil {
		return errors.Join(err, d.handOver(ctx, attemptID))
	}
	return d.settleSurely(ctx, organizationID, attemptID, report)
}

// ask gets the report on a claimed call. A call that was asked for before and
// may not be started any more is only looked for; one that should have ended
// long ago is given up as UNKNOWN, because nobody may be kept waiting for ever.
func (d *Dialer) ask(ctx context.Context, claim claimed) (report calling.Report, err error) {
	defer func() {
		if defect := recover(); defect != nil {
			d.Log.ErrorContext(ctx, "the carrier panicked", "panic", defect, "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	if claim.verdict == claimGranted {
		if refusal, err := d.Carrier.Start(ctx, claim.call); refusal != nil || err != nil {
			return *orUnclear(refusal), err
		}
		report, known, err := d.Carrier.Wait(ctx, claim.call)
		if err == nil && !known {
			err = errLost
		}
		return report, err
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if claim.verdict == claimOverdue {
		within, cancel = context.WithTimeout(ctx, lastWord)
	}
	defer cancel()
	report, known, err := d.Carrier.Wait(within, claim.call)
	switch {
	case err == nil && known:
		return report, nil
	case err == nil:
		return withdrawn(), nil
	case claim.verdict == claimOverdue && ctx.Err() == nil:
		return calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the carrier did not say how the call ended"}, nil
	}
	return calling.Report{}, err
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

// handOver makes an attempt whose end this node will not see free for any node.
func (d *Dialer) handOver(ctx context.Context, attemptID uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Lease)
	defer cancel()
	err := d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.Attempt.Update().
			Where(attempt.ID(attemptID), attempt.Node(d.node), attempt.StatusEQ(calling.AttemptDialing)).
			SetNode("").SetLeaseUntil(d.now()).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("hand attempt %s over: %w", attemptID, err)
	}
	return nil
}
