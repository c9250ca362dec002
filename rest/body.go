package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/outdial/outdial/calling"
)

// body reads a request body within the limits of size and time.
type body struct {
	src        io.Reader
	controller *http.ResponseController
	until      time.Time
	stall      time.Duration
	limit      int64
	ended      bool           // it was read to its end
	fault      *calling.Error // why it cannot be read to its end; nil while it can
}

// openBody begins to read the body of r. A body that says it is too large is
// refused unread.
func (s *server) openBody(w http.ResponseWriter, r *http.Request) (*body, error) {
	if r.ContentLength > s.MaxBody {
		hangUp(w)
		return nil, tooLarge(s.MaxBody)
	}
	return &body{
		src:        http.MaxBytesReader(w, r.Body, s.MaxBody),
		controller: http.NewResponseController(w),
		until:      s.expectBody(w),
		stall:      s.StallTimeout,
		limit:      s.MaxBody,
	}, nil
}

// expectBody gives the first bytes of a body until the stall timeout to arrive,
// and returns until when all of it must be there.
func (s *server) expectBody(w http.ResponseWriter) time.Time {
	now := time.Now() //nolint:forbidigo // deadlines of sockets are wall time
	_ = http.NewResponseController(w).SetReadDeadline(now.Add(min(s.StallTimeout, s.UploadTimeout)))
	return now.Add(s.UploadTimeout)
}

// Read reads what there is. Its error is io.EOF or an *calling.Error.
func (b *body) Read(p []byte) (int, error) {
	if b.fault != nil {
		return 0, b.fault
	}
	deadline := time.Now().Add(b.stall) //nolint:forbidigo // deadlines of sockets are wall time
	if b.until.Before(deadline) {
		deadline = b.until
	}
	_ = b.controller.SetReadDeadline(deadline) // writers without deadlines are for tests
	n, err := b.src.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		b.ended = true
	case err != nil:
		b.fault = b.explain(err)
		return n, b.fault
	}
	return n, err
}

// close ends the reading and returns why the body could not be read, if so. The
// deadline is lifted from a body that was read to its end: net/http goes on
// watching the connection, and would take the deadline for its end. It stays
// where there is more to come, which net/http waits for before it answers.
func (b *body) close(w http.ResponseWriter) error {
	if b.fault != nil {
		hangUp(w)
		return b.fault
	}
	if b.ended {
		_ = b.controller.SetReadDeadline(time.Time{}) // as in Read
	}
	return nil
}

// hangUp says that the answer is the last one on this connection, because the
// rest of the body will not be read.
func hangUp(w http.ResponseWriter) { w.Header().Set("Connection", "close") }

func (b *body) explain(err error) *calling.Error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(b.limit)
	}
	detail := "The request body ended too early; nothing was stored. Send the request again."
	if errors.Is(err, os.ErrDeadlineExceeded) {
		detail = "The request body came too slowly; nothing was stored. Send the request again, or split the contacts into several batch jobs."
	}
	return &calling.Error{Code: calling.CodeInvalidRequest, Detail: detail, Cause: err}
}

func tooLarge(limit int64) *calling.Error {
	return calling.Errorf(calling.CodeFileTooLarge,
		"The request body is larger than %s; split the contacts into several batch jobs.", megabytes(limit))
}

func megabytes(n int64) string {
	const mega = 1 << 20
	if n%mega == 0 {
		return fmt.Sprintf("%d MB", n/mega)
	}
	return calling.Plural(int(n), "byte")
}
