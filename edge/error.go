package edge

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
)

const (
	internalDetail    = "Something went wrong on our side. Quote the request id when you ask about it."
	unavailableDetail = "The service cannot answer right now. Try again in a moment."
)

// errorBody is the one body of every error.
type errorBody struct {
	Success   bool      `json:"success"` // always false
	Detail    string    `json:"detail"`
	Code      string    `json:"code"`
	Errors    []problem `json:"errors"` // empty when no field is to blame
	RequestID string    `json:"requestId"`
}

type problem struct {
	Field  string `json:"field,omitempty"`
	Row    int    `json:"row,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Public returns err as it may be told to whoever sent the request: the
// *calling.Error in its chain, CodeUnavailable when the work was cancelled, ran
// out of time or could not reach the database, else CodeInternal. What the
// program knows beyond that is the Cause, for the log.
func Public(err error) *calling.Error {
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	if unreachable(err) {
		return &calling.Error{Code: calling.CodeUnavailable, Detail: unavailableDetail, Cause: err}
	}
	return &calling.Error{Code: calling.CodeInternal, Detail: internalDetail, Cause: err}
}

// unreachable reports whether err says that the database, or the time to ask
// it, is gone.
func unreachable(err error) bool {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed} {
		if errors.Is(err, known) {
			return true
		}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	if state, ok := errors.AsType[sqlState](err); ok {
		return refusing(state.SQLState())
	}
	return false
}

// sqlState is an error of PostgreSQL.
type sqlState interface {
	error
	SQLState() string
}

// refusing reports whether an SQLSTATE says that the server takes no work now:
// connection exceptions, too many connections, shutting down, starting up.
func refusing(state string) bool {
	return strings.HasPrefix(state, "08") || state == "53300" || strings.HasPrefix(state, "57P")
}

// WriteError answers r with err in the one body of every error and the status
// of its code. Errors that are our fault are logged here, once, with the
// request id; what caused them is never answered. Headers that described
// another answer are taken back.
func WriteError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	known := Public(err)
	if known.Code.Status() >= http.StatusInternalServerError {
		level := slog.LevelError
		if r.Context().Err() != nil { // nobody waits for this answer any more
			level = slog.LevelInfo
		}
		log.LogAttrs(r.Context(), level, "request failed", slog.String("code", string(known.Code)),
			slog.Any("error", err), slog.String("request_id", RequestID(r.Context())))
	}
	render(w, r, known)
}

// Refuse answers every request with the same error.
func Refuse(log *slog.Logger, err error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { WriteError(w, r, log, err) })
}

func render(w http.ResponseWriter, r *http.Request, e *calling.Error) {
	header := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified"} {
		header.Del(name)
	}
	if e.Code.Status() == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	SetRetryAfter(header, e)
	body := errorBody{Detail: e.Detail, Code: string(e.Code), Errors: []problem{}, RequestID: RequestID(r.Context())}
	for _, p := range e.Problems {
		body.Errors = append(body.Errors, problem{Field: p.Field, Row: p.Row, Code: string(p.Code), Detail: p.Detail})
	}
	WriteJSON(w, e.Code.Status(), body)
}

// SetRetryAfter tells in a header how many seconds to wait, where the error says so.
func SetRetryAfter(header http.Header, e *calling.Error) {
	if e.RetryAfter > 0 {
		header.Set("Retry-After", strconv.FormatInt(RetrySeconds(e), 10))
	}
}

// RetrySeconds returns how many whole seconds an error says to wait, at least 1;
// 0 when it says nothing.
func RetrySeconds(e *calling.Error) int64 {
	return int64((e.RetryAfter + time.Second - 1) / time.Second)
}

// WriteJSON answers with a value as JSON, which no cache keeps. The value must
// be one that encoding/json can encode.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // what fails here is the connection, and nobody is left to be told
}
