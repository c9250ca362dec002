package graph_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// hangingUp is a body whose client hangs up once it is read.
type hangingUp struct {
	io.Reader
	hangUp func()
}

func (b hangingUp) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		b.hangUp()
	}
	return n, err //nolint:wrapcheck // io.EOF must stay what it is
}

func TestClientThatHangsUpIsNoDefect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	body := hangingUp{bytes.NewReader(operation(t, `{ __typename }`, nil)), cancel}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", body)
	r.Header = http.Header{"Authorization": {"Bearer " + b.key}, "Content-Type": {"application/json"}}
	answer := httptest.NewRecorder()
	b.server.Config.Handler.ServeHTTP(answer, r)
	if answer.Code == http.StatusInternalServerError {
		t.Errorf("it is answered %d: %s", answer.Code, answer.Body)
	}
}
