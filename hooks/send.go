package hooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outdial/outdial/ent"
)

// Bounds of an answer: what of it is kept, and what is read of it at all.
const (
	keptAnswer = 1000 // characters
	maxError   = 500  // bytes
)

// stopGrace is how long a try that is under way may take once the program stops.
const stopGrace = 2 * time.Second

// answer is what came of one try.
type answer struct {
	status     int           // of HTTP; 0 = there was no answer
	body       string        // its beginning
	problem    string        // why it was no success; empty when it was one
	retryAfter time.Duration // what the receiver wishes for; 0 = nothing
	down       bool          // nothing else would be taken now either
	stopped    bool          // the program stops: it was no try
}

// ok reports whether the event was delivered.
func (a answer) ok() bool { return a.problem == "" && !a.stopped }

// gone reports whether the receiver wants nothing any more.
func (a answer) gone() bool { return a.status == http.StatusGone }

// send tries a delivery once. A stop of the program lets it go on for a moment.
func (h *Hooks) send(ctx context.Context, endpoint *ent.WebhookEndpoint, d *ent.WebhookDelivery) answer {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.Timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	request, err := h.request(within, endpoint, d)
	if err != nil {
		return answer{problem: err.Error()}
	}
	response, err := h.client.Do(request)
	if err != nil {
		return h.failure(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	// What is left of a long answer goes down with its connection.
	body, err := io.ReadAll(io.LimitReader(response.Body, keptAnswer*utf8.UTFMax))
	if err != nil && response.StatusCode/100 != 2 {
		body = append(body, " …"...)
	}
	return h.read(response, body)
}

func (h *Hooks) request(ctx context.Context, endpoint *ent.WebhookEndpoint, d *ent.WebhookDelivery) (*http.Request, error) {
	body := []byte(d.Payload)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err //nolint:wrapcheck // it is shown as it is
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Outdial-Webhooks")
	now := h.Now()
	secrets := []string{endpoint.Secret}
	if until := endpoint.PreviousSecretUntil; endpoint.PreviousSecret != "" && until != nil && until.After(now) {
		secrets = append(secrets, endpoint.PreviousSecret)
	}
	return request, sign(request.Header, d.EventID, now, body, secrets...)
}

// read says what an answer means.
func (h *Hooks) read(response *http.Response, body []byte) answer {
	a := answer{status: response.StatusCode, body: shorten(string(body))}
	switch {
	case a.status >= 200 && a.status <= 299:
		return a
	case a.status >= 300 && a.status <= 399:
		a.problem = "It was answered with a redirect, which is not followed: give the endpoint the address it leads to."
	case a.gone():
		a.problem = "It was answered with 410 Gone."
	default:
		a.problem = "It was answered with " + strings.TrimSpace(strconv.Itoa(a.status)+" "+http.StatusText(a.status)) + "."
	}
	a.down = a.status >= 500 || a.status == http.StatusTooManyRequests
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 && a.down {
		a.retryAfter = time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	return a
}

// failure says what it means that there was no answer. The address is left out:
// it may hold what is secret.
func (h *Hooks) failure(ctx context.Context, err error) answer {
	if whole, ok := errors.AsType[*url.Error](err); ok {
		err = whole.Err
	}
	a := answer{down: true}
	if refused, ok := errors.AsType[refusedError](err); ok {
		a.problem = "It was not sent: " + refused.Error() + "."
		return a
	}
	name, isName := errors.AsType[*net.DNSError](err)
	certificate, isCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	network, isNetwork := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		a.stopped = true
	case isName && name.IsNotFound:
		a.problem = "The host's name is not known."
	case isCertificate:
		a.problem = "The host's certificate is not valid: " + certificate.Err.Error()
	case errors.Is(err, context.DeadlineExceeded), isNetwork && network.Timeout():
		a.problem = "There was no answer within " + h.Timeout.String() + "."
	default:
		a.problem = "There was no answer: " + err.Error()
	}
	a.problem = strings.ToValidUTF8(a.problem[:min(len(a.problem), maxError)], "")
	return a
}

// shorten makes of an answer's beginning what can be stored and shown.
func shorten(body string) string {
	body = strings.ReplaceAll(strings.ToValidUTF8(body, "\uFFFD"), "\x00", "\uFFFD")
	if utf8.RuneCountInString(body) > keptAnswer {
		body = string([]rune(body)[:keptAnswer])
	}
	return body
}
