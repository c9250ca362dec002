package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/graph"
)

func TestSocketLimits(t *testing.T) {
	t.Parallel()
	t.Run("operations on one connection", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.OperationsPerConnection = 2 })
		id := b.create(t, "x", 1)
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		c.subscribe("2", watch, vars{"id": id})
		c.subscribe("3", watch, vars{"id": id})
		if m := c.expect("3", "error"); !strings.Contains(string(m.Payload), "RATE_LIMITED") {
			t.Errorf("%s", m.Payload)
		}
	})
	t.Run("subscriptions of one key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.SubscriptionsPerKey = 2 })
		id := b.create(t, "x", 1)
		first, second := b.connect(t), b.connect(t)
		first.subscribe("1", alone(1), vars{"id": id})
		second.subscribe("2", alone(2), vars{"id": id})
		eventually(t, "two watch", func() bool { return b.feed.watching(id) == 2 })
		second.subscribe("3", watch, vars{"id": id})
		if m := second.expect("3", "error"); !strings.Contains(string(m.Payload), "RATE_LIMITED") {
			t.Errorf("%s", m.Payload)
		}
		first.say(`{"type": "complete", "id": "1"}`)
		eventually(t, "one watches", func() bool { return b.feed.watching(id) == 1 })
		second.subscribe("4", alone(4), vars{"id": id})
		eventually(t, "two watch again", func() bool { return b.feed.watching(id) == 2 })
	})
	t.Run("a client that does not read loses its connection", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.WriteTimeout = 50 * time.Millisecond })
		id := b.create(t, strings.Repeat("x", 200), 1)
		c := b.connect(t)
		var names strings.Builder // makes each event 50 KB long
		for n := range 200 {
			fmt.Fprintf(&names, " n%d: name", n)
		}
		c.subscribe("1", strings.Replace(watch, "name", names.String(), 1), vars{"id": id}) // and never reads
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		version := int64(0)
		eventually(t, "nobody watches", func() bool {
			version++
			b.feed.offer(b.snapshot(id, version, calling.BatchRunning))
			return b.feed.watching(id) == 0
		})
	})
	t.Run("a client that is silent loses its connection", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.PingEvery = 30 * time.Millisecond })
		id := b.create(t, "x", 1)
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		// Pongs are only sent while the client reads, which it does not.
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
	})
	t.Run("a client that answers pings stays", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(c *graph.Config) { c.Limits.PingEvery = 300 * time.Millisecond })
		id := b.create(t, "x", 1)
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		timer := time.AfterFunc(time.Second, func() { b.feed.tell(b.snapshot(id, 1, calling.BatchRunning)) })
		defer timer.Stop()
		c.expect("1", "next")
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	clients := []*client{b.connect(t), b.connect(t), b.dial(t, websocket.DialOptions{})}
	for i, c := range clients[:2] {
		c.subscribe("1", alone(i), vars{"id": id})
	}
	eventually(t, "two watch", func() bool { return b.feed.watching(id) == 2 })
	var mu sync.Mutex
	var codes []websocket.StatusCode
	var heard []message
	var work sync.WaitGroup
	for _, c := range clients {
		work.Go(func() {
			for {
				m, err := c.read()
				mu.Lock()
				if err != nil {
					codes = append(codes, websocket.CloseStatus(err))
					mu.Unlock()
					return
				}
				heard = append(heard, m)
				mu.Unlock()
			}
		})
	}
	b.handler.Drain()
	work.Wait()
	if slices.ContainsFunc(codes, func(code websocket.StatusCode) bool { return code != websocket.StatusServiceRestart }) || len(codes) != 3 {
		t.Errorf("closed with %v", codes)
	}
	if len(heard) > 0 {
		t.Errorf("heard %v", heard)
	}
	eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
	_, response, err := websocket.Dial(t.Context(), b.server.URL, &websocket.DialOptions{HTTPClient: b.server.Client()})
	if err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new connection: %v %v", response, err)
	}
	b.ask(t, `{ __typename }`, nil) // requests are answered to the last
}

// offer is tell without waiting for anybody.
func (f *feed) offer(p calling.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ch := range f.watchers[p.BatchJobID] {
		select {
		case ch <- p:
		default:
		}
	}
}
