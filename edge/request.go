// Package edge is what every HTTP door of Outdial shares: a request id, one
// line in the log, an answer when a handler panics, the API key of a request, the
// bounds on how many may come, and the one body in which errors are answered. It
// knows no routes and no batch jobs. Start reading at Wrap.
package edge

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
)

// RequestIDHeader is the answer header that carries the request id.
const RequestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// RequestID returns the id Wrap gave the request of ctx, such as
// "req_k2v5…"; empty outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Observer is told how a request was answered and how long it took, once it is
// over; r.Pattern is the route. It must not block.
type Observer func(r *http.Request, status int, took time.Duration)

// Wrap gives each request an id, in its context and in the header X-Request-Id
// of the answer, and writes one line to log when it is over. A panic is logged
// with its stack and answered as CodeInternal; when the answer has begun the
// connection is cut instead, so that half an answer does not pass for a whole
// one. http.ErrAbortHandler is passed on. The writer handed to next can be
// flushed and hijacked.
//
// The address the request came from is in its context too. Observers are told of
// each request when it is over.
//
// The log holds neither query strings nor headers, which may carry keys.
func Wrap(next http.Handler, log *slog.Logger, observers ...Observer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() //nolint:forbidigo // measures a duration and decides nothing
		id := "req_" + strings.ToLower(rand.Text())
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		r = r.WithContext(context.WithValue(ctx, addressKey{}, clientAddress(r)))
		w.Header().Set(RequestIDHeader, id)
		rec := &recorder{ResponseWriter: w}
		defer rec.report(r, log, began, observers)
		defer rescue(rec, r, log)
		next.ServeHTTP(rec, r)
	})
}

// report writes the line of a request that began at began, and tells the observers.
func (rec *recorder) report(r *http.Request, log *slog.Logger, began time.Time, observers []Observer) {
	took := time.Since(began) //nolint:forbidigo // as in Wrap
	log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", r.Method),
		slog.String("path", shownPath(r.URL.Path)),
		slog.Int("status", rec.status()),
		slog.Float64("duration_ms", float64(took)/float64(time.Millisecond)),
		slog.String("request_id", RequestID(r.Context())))
	for _, observe := range observers {
		observe(r, rec.status(), took)
	}
}

// shownPath bounds what a stranger can write into the log.
func shownPath(path string) string {
	const most = 200
	if len(path) > most {
		return path[:most] + "…"
	}
	return path
}

// rescue must be deferred: it answers a panic of the handler.
func rescue(rec *recorder, r *http.Request, log *slog.Logger) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this, and panics are not wrapped
		rec.aborted = true
		panic(cause)
	}
	log.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.Any("panic", cause), slog.String("request_id", RequestID(r.Context())), slog.String("stack", string(debug.Stack())))
	switch {
	case rec.hijacked:
	case rec.code != 0:
		rec.aborted = true
		panic(http.ErrAbortHandler)
	default:
		rec.Header().Set("Connection", "close") // what is left of the request body is unknown
		render(rec, r, &calling.Error{Code: calling.CodeInternal, Detail: internalDetail})
	}
}
