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
	maxAsks       = 3                // of one Start
	configPause   = 30 * time.Second // before a call is dialed that the configuration keeps from being dialed
	complainEvery = time.Minute
)

// What only a change of the configuration mends.
const (
	wrongAddress = "nothing at CARRIER_URL speaks the carrier protocol (404): set it to what comes before /v1/calls"
	wrongToken   = "the runtime refuses the token: set CARRIER_TOKEN to the one it expects" //nolint:gosec // no credential, a sentence
)

// ErrTooLate says that a call may not be started any more and that this ask did
// not start it.
var ErrTooLate = errors.New("it is too late to start the call")

// Start implements dialer.Carrier. That nothing rang is said only where that is
// certain: by a runtime that refuses, or where the first ask did not reach it. So
// whoever may have asked for a call before must look for it with Wait before
// asking again, as the dialer does.
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
	pass := c.circuit.enter(c.Now())
	if !pass.granted {
		return notDialed("runtime unreachable, several times in a row", pass.rest), nil
	}
	went := wentUntold
	defer func() { c.circuit.leave(c.Now(), pass, went) }()
	for asked := 1; ; asked++ {
		if err := c.late(ctx, call); err != nil {
			return nil, err
		}
		refusal, went, err = c.put(ctx, call, body)
		switch {
		case refusal != nil && refusal.NotDialed && asked > 1:
			return nil, fmt.Errorf("whether the runtime took the call from an earlier ask is not known: %s", refusal.Reason)
		case err == nil || errors.Is(err, ErrTooLate):
			return refusal, err
		}
		_, known, lookErr := c.look(ctx, call.ID, "", 0)
		switch {
		case lookErr != nil:
			return nil, errors.Join(fmt.Errorf("whether the runtime has the call is not known: %w", err), lookErr, c.late(ctx, call))
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

// put asks once. An error other than ErrTooLate leaves open whether the runtime
// has the call.
func (c *Carrier) put(ctx context.Context, call calling.Call, body []byte) (refusal *calling.Report, went verdict, err error) {
	a, err := c.send(ctx, request{
		method: http.MethodPut, address: c.address(call.ID), body: body, startBefore: call.StartBefore, within: c.AskTimeout,
	})
	went = health(ctx, a, err)
	if errors.Is(err, errUnsent) {
		if late := c.late(ctx, call); late != nil {
			return nil, went, late
		}
		return notDialed("runtime unreachable", 0), went, nil
	}
	if err != nil {
		return nil, went, err
	}
	switch a.status {
	case http.StatusCreated, http.StatusOK:
		return nil, went, nil
	case http.StatusPreconditionFailed:
		if c.late(ctx, call) == nil {
			c.complain(ctx, &c.clocksAt, "the runtime answers 412 (too late) to calls that are in time: have NTP set its clock, and this one's")
		}
		return nil, went, fmt.Errorf("%w: the runtime says so, by its clock", ErrTooLate)
	case http.StatusConflict:
		return &calling.Report{
			Outcome: calling.OutcomeCarrierError, Reason: "the runtime already has another call with this id (409)",
		}, went, nil
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
		return c.refused(ctx, call, a), went, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return notDialed(fmt.Sprintf("the runtime is full (%d)", a.status), a.retryAfter), went, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		c.complain(ctx, &c.tokenAt, wrongToken)
		return notDialed(wrongToken, configPause), went, nil
	}
	return nil, went, unexpected(a)
}

// refused is a refusal for good, with the runtime's outcome where it names one. A
// 404 without a word is no runtime's: it must not cost every contact its attempts
// that the address is wrong.
func (c *Carrier) refused(ctx context.Context, call calling.Call, a answer) *calling.Report {
	var said struct{ Outcome, Reason string }
	r := &calling.Report{Outcome: calling.OutcomeCarrierError}
	if json.Unmarshal(a.body, &said) == nil {
		if o, ok := outcome(said.Outcome); ok {
			r.Outcome = o
		}
		r.Reason = private(said.Reason, call)
	} else if a.status == http.StatusNotFound {
		c.complain(ctx, &c.addressAt, wrongAddress)
		return notDialed(wrongAddress, configPause)
	}
	if r.Reason == "" {
		r.Reason = fmt.Sprintf("the runtime refused the call (%d)", a.status)
	}
	return r
}

func notDialed(reason string, retryAfter time.Duration) *calling.Report {
	return &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, Reason: reason, RetryAfter: retryAfter}
}

// complain logs what a person has to mend, once in a while.
func (c *Carrier) complain(ctx context.Context, lastAt *time.Time, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.Now(); lastAt.IsZero() || now.Sub(*lastAt) >= complainEvery {
		*lastAt = now
		c.Log.ErrorContext(ctx, "calls cannot be placed", "reason", what)
	}
}
