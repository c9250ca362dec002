package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
)

const maxAnswer = 1 << 20 // bytes

// session is one round of checks.
type session struct {
	Config

	round  uuid.UUID // what ids are made from
	client *http.Client
}

// answer is what a runtime answered, and how long that took.
type answer struct {
	status int
	body   []byte
	took   time.Duration
}

// call is how a runtime says a call stands; times as they are written.
type call struct {
	ID              string          `json:"id"`
	State           string          `json:"state"`
	Outcome         string          `json:"outcome"`
	RingingAt       *string         `json:"ringingAt"`
	AnsweredAt      *string         `json:"answeredAt"`
	EndedAt         *string         `json:"endedAt"`
	DurationSeconds json.RawMessage `json:"durationSeconds"`

	took time.Duration
}

// body asks for a call; another mark makes it another body.
func (s *session) body(to calling.Number, mark string) []byte {
	text, err := json.Marshal(map[string]any{
		"to": to, "from": s.From, "organizationId": "org_check", "batchJobId": "batch_check", "contactId": s.round, "attempt": 1,
		"agent": map[string]any{
			"id": "agent_check", "architecture": "pipeline",
			"prompt": "This call tests a connection. Say that it is a test, and goodbye.",
		},
		"contactName": "Connection test", "variables": map[string]any{"mark": mark},
		"ringTimeoutSeconds": 20, "maxDurationSeconds": 30,
	})
	if err != nil {
		panic(err) // strings and numbers are JSON
	}
	return text
}

// ask sends one request. change may alter it.
func (s *session) ask(ctx context.Context, method, id string, body []byte, change func(*http.Request)) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.URL+"/v1/calls/"+id, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("%s cannot be asked for: %w", method, err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Token)
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	started := time.Now() //nolint:forbidigo // the clock on the wall is what a check is about
	response, err := s.client.Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return answer{}, fmt.Errorf("%s is not answered: %w", method, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("the answer to %s breaks off: %w", method, err)
	}
	return answer{response.StatusCode, text, time.Since(started)}, nil //nolint:forbidigo // as above
}

// wants asks and fails unless the answer has the status.
func (s *session) wants(ctx context.Context, status int, method, id string, body []byte, change func(*http.Request)) (answer, error) {
	a, err := s.ask(ctx, method, id, body, change)
	if err == nil && a.status != status {
		err = fmt.Errorf("%s is answered %d, not %d", method, a.status, status)
	}
	return a, err
}

// look reads how a call stands; query is that of a GET that waits, or empty.
func (s *session) look(ctx context.Context, name, query string) (call, error) {
	a, err := s.wants(ctx, http.StatusOK, http.MethodGet, s.id(name)+query, nil, nil)
	if err != nil {
		return call{}, err
	}
	return s.read(a, name)
}

// read reads the call that an answer holds.
func (s *session) read(a answer, name string) (call, error) {
	c := call{took: a.took}
	if err := json.Unmarshal(a.body, &c); err != nil {
		return call{}, fmt.Errorf("the answer is no call: %w", err)
	}
	if c.ID != s.id(name) {
		return call{}, fmt.Errorf("the answer's id is %.60q, not the one asked for", c.ID)
	}
	switch c.State {
	case "queued", "ringing", "answered", "ended":
		return c, nil
	}
	return call{}, fmt.Errorf("the state is %.60q, not queued, ringing, answered or ended", c.State)
}

// end hangs up whatever may have been dialed.
func (s *session) end(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	for _, name := range []string{first, shared, "late"} {
		_, _ = s.ask(ctx, http.MethodDelete, s.id(name), nil, nil) // it may never have been a call
	}
}

// until asks with growing pauses until there is an answer it looks for, for at
// most limit.
func until(ctx context.Context, limit time.Duration, done func() (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		if ok, err := done(); ok || err != nil {
			return ok, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false, nil
		}
	}
}
