package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/outdial/outdial/calling"
)

const (
	maxAsks    = 3                // of one Start
	tokenPause = 30 * time.Second // before a call is asked for again with a token that was refused
	tokenEvery = time.Minute      // how often that is logged
)

// ErrTooLate says that a call may not be started any more and that this ask did
// not start it.
var ErrTooLate = errors.New("it is too late to start the call")

// What only a change of the configuration mends.
var (
	errAddress = errors.New("nothing at CARRIER_URL speaks the carrier protocol (404): set it to what comes before /v1/calls")
	errToken   = errors.New("the runtime refuses the token: set CARRIER_TOKEN to the one it expects")
)

// Start implements dialer.Carrier. That nothing rang is said only where that is
// certain: by a runtime that refuses, or where the very first ask did not reach
// it. A later ask that does not reach it says nothing about the ones before.
func (c *Carrier) Start(ctx context.Context, call calling.Call) (refusal *calling.Report, err error) {
	body, err := encode(call)
	if err != nil {
		return nil, err
	}
	if !call.StartBefore.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, call.StartBefore.Sub(c.Now()), ErrTooLate)
		defer cancel()
	}
	rest, ok := c.circuit.enter(c.Now())
	if !ok {
		return unreached(call, fmt.Errorf("%w: it failed several times in a row", errUnsent), rest)
	}
	went := wentUntold
	defer func() { c.circuit.leave(c.Now(), went) }()
	for asked := 1; ; asked++ {
		if err := c.late(ctx, call); err != nil {
			return nil, err
		}
		a, err := c.send(ctx, request{
			method: http.MethodPut, address: c.address(call.ID), body: body, startBefore: call.StartBefore, within: c.AskTimeout,
		})
		went = health(ctx, a, err)
		if errors.Is(err, errUnsent) {
			if late := c.late(ctx, call); late != nil {
				return nil, late
			}
			return unreached(call, err, 0)
		}
		if err == nil {
			if done, refusal, err := c.settled(ctx, call, a); done {
				return refusal, err
			}
			err = unexpected(a)
		}
		known, lookErr := c.knows(ctx, call)
		switch {
		case lookErr != nil:
			return nil, errors.Join(fmt.Errorf("whether the runtime has the call is not known: %w", err), c.late(ctx, call), lookErr)
		case known:
			return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
		case asked == maxAsks:
			return nil, fmt.Errorf("the runtime does not take the call: %w", err)
		}
		pause(ctx, firstPause)
	}
}

// pause waits for about d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d/2 + rand.N(d)): //nolint:gosec // chance spreads the asks, no secret
	case <-ctx.Done():
	}
}

// late is an error once no ask may leave any more.
func (c *Carrier) late(ctx context.Context, call calling.Call) error {
	if !call.StartBefore.IsZero() && !c.Now().Before(call.StartBefore) {
		return ErrTooLate
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// health is what an ask tells of the runtime.
func health(ctx context.Context, a answer, err error) verdict {
	switch {
	case err != nil && ctx.Err() != nil:
		return wentUntold
	case err != nil:
		return wentWrong
	case a.status == http.StatusServiceUnavailable && a.retryAfter > 0: // full, and well
		return wentWell
	case a.status >= 500:
		return wentWrong
	}
	return wentWell
}

// settled reads the answers that leave no doubt.
func (c *Carrier) settled(ctx context.Context, call calling.Call, a answer) (done bool, refusal *calling.Report, err error) {
	switch a.status {
	case http.StatusCreated, http.StatusOK:
		return true, nil, nil
	case http.StatusPreconditionFailed:
		return true, nil, fmt.Errorf("%w: the runtime says so, by its clock", ErrTooLate)
	case http.StatusConflict:
		if !call.FirstAsk {
			// It has the call; what it is told of it has changed with our settings.
			c.Log.WarnContext(ctx, "the runtime has the call with another body, waiting for it", "attempt", call.ID)
			return true, nil, nil
		}
		return true, &calling.Report{
			Outcome: calling.OutcomeCarrierError,
			Reason:  "the runtime already has another call with this id (409)",
		}, nil
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
		refusal, err = refused(call, a)
		return true, refusal, err
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if !call.FirstAsk {
			if known, err := c.knows(ctx, call); err != nil || known {
				return true, nil, err
			}
		}
		return true, notDialed(fmt.Sprintf("the runtime is full (%d)", a.status), a.retryAfter), nil
	case http.StatusUnauthorized, http.StatusForbidden:
		c.complain(ctx)
		refusal, err = unreached(call, errToken, tokenPause)
		return true, refusal, err
	}
	return false, nil, nil
}

// knows asks whether the runtime has the call.
func (c *Carrier) knows(ctx context.Context, call calling.Call) (bool, error) {
	_, known, err := c.look(ctx, call.ID, "", 0)
	return known, err
}

// refused is a refusal for good, with the runtime's outcome where it names one. A
// 404 without a word is no runtime's: it must not cost every contact its attempts
// that the address is wrong.
func refused(call calling.Call, a answer) (*calling.Report, error) {
	var said struct{ Outcome, Reason string }
	r := &calling.Report{Outcome: calling.OutcomeCarrierError}
	if json.Unmarshal(a.body, &said) == nil {
		if o, ok := outcome(said.Outcome); ok {
			r.Outcome = o
		}
		r.Reason = private(said.Reason, call)
	} else if a.status == http.StatusNotFound {
		return unreached(call, errAddress, 0)
	}
	if r.Reason == "" {
		r.Reason = fmt.Sprintf("the runtime refused the call (%d)", a.status)
	}
	return r, nil
}

// unreached is the answer for an ask that cannot have dialed. Only if no other
// can have either, it is certain that nothing rang.
func unreached(call calling.Call, err error, retryAfter time.Duration) (*calling.Report, error) {
	if !call.FirstAsk {
		return nil, err
	}
	reason := err.Error()
	if errors.Is(err, errUnsent) {
		reason = "runtime unreachable"
	}
	return notDialed(reason, retryAfter), nil
}

func notDialed(reason string, retryAfter time.Duration) *calling.Report {
	return &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, Reason: reason, RetryAfter: retryAfter}
}

// complain logs a refused token, once in a while.
func (c *Carrier) complain(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.Now(); c.loggedAt.IsZero() || now.Sub(c.loggedAt) >= tokenEvery {
		c.loggedAt = now
		c.Log.ErrorContext(ctx, errToken.Error()) //nolint:sloglint // one sentence, told in the reason as well
	}
}
