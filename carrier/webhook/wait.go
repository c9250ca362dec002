package webhook

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/outdial/outdial/calling"
)

// Pauses between looks at a runtime that does not answer as it should.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// Wait implements dialer.Carrier. Whatever the runtime answers, only the end of
// the call or of ctx ends it. A call that was known and is not any more ends as
// UNKNOWN: that nothing rang cannot be said of it.
func (c *Carrier) Wait(ctx context.Context, call calling.Call, found func()) (report calling.Report, known bool, err error) {
	last, seen := stateQueued, false
	again := firstPause
	for {
		askedAt, wait := c.Now(), c.LongPoll
		if found != nil {
			wait = 0 // somebody wants to know at once
		}
		now, knows, err := c.look(ctx, call.ID, last, wait)
		if found != nil && err == nil && knows {
			found()
			found, seen = nil, true
			if now.State != stateEnded {
				last = now.State
				continue
			}
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return calling.Report{}, true, context.Cause(ctx)
		case err != nil:
			c.Log.DebugContext(ctx, "looking at a call failed, will try again", "attempt", call.ID, "error", err)
		case !knows && seen:
			return calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the runtime does not know the call any more"}, true, nil
		case !knows:
			return calling.Report{}, false, nil
		case now.State == stateEnded:
			return now.report(call), true, nil
		case now.State != last || c.Now().Sub(askedAt) >= c.LongPoll/2:
			last, seen, again = now.State, true, firstPause
			continue
		default: // it does not wait, so we do
			seen = true
		}
		pause(ctx, again)
		again = min(2*again, maxPause)
	}
}

// HangUp implements dialer.Carrier.
func (c *Carrier) HangUp(ctx context.Context, call calling.Call) error {
	a, err := c.send(ctx, request{method: http.MethodDelete, address: c.address(call.ID), within: c.AskTimeout})
	if err == nil && a.status != http.StatusNotFound && (a.status < 200 || a.status > 299) {
		err = unexpected(a)
	}
	if err != nil {
		return fmt.Errorf("hang up: %w", err)
	}
	return nil
}

// look asks how a call stands, once it is not in state any more or wait is over.
func (c *Carrier) look(ctx context.Context, id, inState string, wait time.Duration) (s state, known bool, err error) {
	address := c.address(id)
	if wait > 0 {
		address += "?" + url.Values{"state": {inState}, "wait": {strconv.Itoa(seconds(wait))}}.Encode()
	}
	a, err := c.send(ctx, request{method: http.MethodGet, address: address, within: wait + c.AskTimeout})
	if err != nil {
		return state{}, false, err
	}
	switch a.status {
	case http.StatusOK:
		s, err = decode(a.body, id)
		return s, err == nil, err
	case http.StatusNotFound:
		return state{}, false, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		c.complain(ctx, &c.tokenAt, wrongToken)
	}
	return state{}, false, unexpected(a)
}
