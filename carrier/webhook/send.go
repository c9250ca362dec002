package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	maxAnswer     = 1 << 20 // bytes of an answer that are read
	maxRetryAfter = time.Hour
	userAgent     = "Outdial (carrier protocol 1)"
)

// StartBeforeHeader carries the instant after which the runtime may not dial a
// call that is new to it. It is no part of the body, which is the same on every
// ask.
const StartBeforeHeader = "Outdial-Start-Before"

// errUnsent marks requests of which no byte left: the runtime knows nothing of
// them.
var errUnsent = errors.New("the runtime is unreachable")

// errHuge says that an answer is no call's.
var errHuge = errors.New("the runtime's answer is larger than 1 MiB")

// request is what is sent.
type request struct {
	method      string
	address     string
	body        []byte    // nil = none
	startBefore time.Time // zero = not said
	within      time.Duration
}

// answer is what came back, whole.
type answer struct {
	status     int
	body       []byte
	retryAfter time.Duration // 0 = not said
}

// send has a request answered. An error wraps errUnsent where it is certain that
// the runtime did not get it; errors name neither the address nor what was sent.
func (c *Carrier) send(ctx context.Context, ask request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, ask.within)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	r, err := http.NewRequestWithContext(ctx, ask.method, ask.address, bytes.NewReader(ask.body))
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", errUnsent, bare(err))
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", userAgent)
	if !ask.startBefore.IsZero() {
		r.Header.Set(StartBeforeHeader, ask.startBefore.UTC().Format(time.RFC3339Nano))
	}
	response, err := c.client.Do(r)
	if err != nil {
		err = bare(err)
		if !connected.Load() {
			err = fmt.Errorf("%w: %w", errUnsent, err)
		}
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return answer{}, fmt.Errorf("read the runtime's answer: %w", err)
	}
	if len(body) > maxAnswer {
		return answer{}, errHuge
	}
	return answer{status: response.StatusCode, body: body, retryAfter: c.retryAfter(response.Header.Get("Retry-After"))}, nil
}

// bare is an error of the client without the address.
func bare(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// retryAfter reads seconds or a date; nonsense is nothing.
func (c *Carrier) retryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(c.Now()), 0), maxRetryAfter)
	}
	return 0
}

// unexpected is an answer the protocol does not know.
func unexpected(a answer) error {
	switch {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return errors.New(wrongToken)
	case a.status >= 300 && a.status < 400:
		return fmt.Errorf("the runtime answers %d, a redirect, which is not followed: set CARRIER_URL to its final address", a.status)
	}
	return fmt.Errorf("the runtime answers %d", a.status)
}
