package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/calling"
)

// events is a stream of server-sent events, as graphql-sse has it in the mode
// of distinct connections.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
type events struct {
	server *Server
	w      http.ResponseWriter
	flush  *http.ResponseController
}

func (s *Server) openEvents(a *answer) *events {
	header := a.Header()
	header.Set("Content-Type", typeEvents)
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	header.Set("Vary", "Accept")
	a.WriteHeader(http.StatusOK)
	return &events{server: s, w: a.ResponseWriter, flush: http.NewResponseController(a.ResponseWriter)}
}

// stream answers with one event for each result. A stream that the server ends,
// while draining or because the client may not stay, has no complete event, so
// that the client comes back.
func (s *Server) stream(ctx context.Context, a *answer, operation *graphql.OperationContext) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	leave, ok := s.enter(&long{end: cancel})
	if !ok {
		a.refuse(calling.Errorf(calling.CodeUnavailable, "The server is stopping; try again."))
		return
	}
	defer leave()
	defer s.Watch(ctx, cancel)()
	results := s.results(ctx, cancel, operation)
	defer func() { // the work must have ended before the request has
		cancel()
		for range results { // nobody wants what is left
		}
	}()
	e := s.openEvents(a)
	ping := time.NewTicker(s.PingEvery)
	defer ping.Stop()
	err := e.write(":\n\n")
	for err == nil {
		select {
		case result, more := <-results:
			if !more {
				if ctx.Err() == nil {
					_ = e.write("event: complete\ndata:\n\n") // the stream ends either way
				}
				return
			}
			err = e.next(result)
		case <-ping.C:
			err = e.write(":\n\n")
		case <-ctx.Done():
			return
		}
	}
}

// results runs an operation and returns its encoded results, the last being
// followed by the end of the channel. A panic fails the operation.
func (s *Server) results(ctx context.Context, fail context.CancelFunc, operation *graphql.OperationContext) <-chan []byte {
	results := make(chan []byte)
	go func() {
		defer close(results)
		defer func() {
			if cause := recover(); cause != nil {
				_ = s.rescued(ctx, cause) // the stream just breaks off
				fail()
			}
		}()
		next, _ := s.Exec.DispatchOperation(ctx, operation)
		ctx := graphql.WithOperationContext(ctx, operation) // not the execution's, which may be shared
		for response := next(ctx); response != nil; response = next(ctx) {
			select {
			case results <- encodeResponse(response):
			case <-ctx.Done():
				return
			}
		}
	}()
	return results
}

// streamInvalid answers an operation that is not executed.
func (s *Server) streamInvalid(a *answer, response *graphql.Response) {
	body := append([]byte(`{"errors":`), encode(response.Errors)...)
	e := s.openEvents(a)
	if e.next(append(body, '}')) == nil {
		_ = e.write("event: complete\ndata:\n\n") // the stream ends either way
	}
}

func (e *events) next(result []byte) error {
	if bytes.ContainsAny(result, "\r\n") { // a line break would end the event's data
		var compact bytes.Buffer
		if err := json.Compact(&compact, result); err == nil {
			result = compact.Bytes()
		}
	}
	return e.write("event: next\ndata: " + string(result) + "\n\n")
}

func (e *events) write(text string) error {
	_ = e.flush.SetWriteDeadline(e.server.deadline()) // a writer without deadlines is the test's
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err //nolint:wrapcheck // only ends the stream
	}
	return e.flush.Flush() //nolint:wrapcheck // only ends the stream
}
