package graph_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/graph"
)

// events is an event stream of the test's.
type events struct {
	t        testing.TB
	response *http.Response
	lines    *bufio.Scanner
}

func (b *bundle) stream(tb testing.TB, query string, variables vars, changes ...change) *events {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, b.server.URL, bytes.NewReader(operation(tb, query, variables)))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + b.key}, "Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
	for _, c := range changes {
		c(r)
	}
	response, err := b.server.Client().Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = response.Body.Close() })
	return &events{tb, response, bufio.NewScanner(response.Body)}
}

// next returns the next event's name and data; empty at the end.
func (e *events) next() (name, data string) {
	for e.lines.Scan() {
		line := e.lines.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			name = strings.TrimPrefix(line, "event: ")
		case strings.HasPrefix(line, "data:"):
			data = strings.TrimPrefix(strings.TrimPrefix(line, "data:"), " ")
		case line == "" && name != "":
			return name, data
		}
	}
	return "", ""
}

func (e *events) expect(name, part string) {
	e.t.Helper()
	if gotName, data := e.next(); gotName != name || !strings.Contains(data, part) {
		e.t.Fatalf("want event %q with %q, got %q with %q", name, part, gotName, data)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	t.Run("a subscription", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.PingEvery = 10 * time.Millisecond })
		id := b.create(t, "Renewals", 1)
		b.feed.tell(b.snapshot(id, 1, calling.BatchRunning))
		e := b.stream(t, watch, vars{"id": id})
		if got := e.response.Header.Get("Content-Type"); e.response.StatusCode != http.StatusOK || got != "text/event-stream" {
			t.Fatalf("%d %s", e.response.StatusCode, got)
		}
		e.expect("next", `{"data":{"batchProgress":{"version":1,"status":"RUNNING","batchJob":{"name":"Renewals"}}}}`)
		b.feed.tell(b.snapshot(id, 2, calling.BatchCompleted))
		e.expect("next", `"version":2`)
		e.expect("complete", "")
		e.expect("", "")
	})
	t.Run("a query", func(t *testing.T) {
		t.Parallel()
		e := setup(t).stream(t, `{ viewer { scopes } }`, nil)
		e.expect("next", `{"data":{"viewer":{"scopes":["READ","WRITE","ADMIN"]}}}`)
		e.expect("complete", "")
	})
	t.Run("an operation that is not executed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, query := range []string{`{ nothing }`, `subscription { batchProgress(batchJobId: "x") { version } }`} {
			e := b.stream(t, query, nil)
			e.expect("next", `{"errors":[{"message":`)
			e.expect("complete", "")
		}
	})
	t.Run("without a key", func(t *testing.T) {
		t.Parallel()
		if e := setup(t).stream(t, watch, nil, header("Authorization", "")); e.response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%d", e.response.StatusCode)
		}
	})
	t.Run("a client that is gone is forgotten", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "x", 1)
		e := b.stream(t, watch, vars{"id": id})
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		_ = e.response.Body.Close()
		eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
	})
	t.Run("draining breaks off without a complete event", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "x", 1)
		e := b.stream(t, watch, vars{"id": id})
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		b.handler.Drain()
		e.expect("", "")
		if again := b.stream(t, watch, vars{"id": id}); again.response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%d", again.response.StatusCode)
		}
	})
}
