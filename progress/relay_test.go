package progress_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/internal/testdb"
	"github.com/outdial/outdial/progress"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// wire is a bus in memory that keeps what was announced.
type wire struct {
	mu        sync.Mutex
	announced []string
	broken    error
	hear      []func(string)
	missed    []func()
}

func (w *wire) Notify(_ context.Context, channel, payload string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.announced = append(w.announced, channel+" "+payload)
	if w.broken != nil {
		return w.broken
	}
	for _, hear := range w.hear {
		hear(payload)
	}
	return nil
}

func (w *wire) Listen(ctx context.Context, channel string, hear func(string), missed func()) {
	w.mu.Lock()
	if channel == progress.Channel {
		w.hear, w.missed = append(w.hear, hear), append(w.missed, missed)
	}
	w.mu.Unlock()
	<-ctx.Done()
}

func (w *wire) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.announced)
}

// node is a relay with its hub, at work until stop.
func node(t *testing.T, b *books, bus progress.Bus) (hub *progress.Hub, relay *progress.Relay, stop func()) {
	t.Helper()
	hub = open(t, b)
	relay = progress.NewRelay(hub, bus, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { relay.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		work.Wait()
		hub.Close()
	})
	t.Cleanup(stop)
	return hub, relay, stop
}

func TestRelay(t *testing.T) {
	t.Parallel()
	bubble(t, "tells the watchers of this node and of others", func(t *testing.T) {
		b, bus := newBooks("a"), &wire{}
		here, relay, stopHere := node(t, b, bus)
		there, _, stopThere := node(t, b, bus)
		mine, theirs := subscribe(t.Context(), t, here, "a"), subscribe(t.Context(), t, there, "a")
		expect(t, mine, 1)
		expect(t, theirs, 1)
		time.Sleep(time.Second)
		b.advance("a", calling.BatchRunning)
		relay.Changed("a")
		expect(t, mine, 2)
		expect(t, theirs, 2)
		stopHere()
		stopThere()
	})
	bubble(t, "announces a batch job at most ten times a second, and the last change surely", func(t *testing.T) {
		b, bus := newBooks("a"), &wire{}
		_, relay, stop := node(t, b, bus)
		for range 1000 { // a second
			relay.Changed("a")
			time.Sleep(time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		if n := len(bus.all()); n < 10 || n > 12 {
			t.Errorf("a second took %d announcements", n)
		}
		relay.Changed("a")
		relay.Changed("b")
		relay.Changed("a")
		time.Sleep(200 * time.Millisecond)
		all := bus.all()
		last := slices.Sorted(slices.Values(all[len(all)-3:]))
		if diff := cmp.Diff([]string{progress.Channel + " a", progress.Channel + " a", progress.Channel + " b"}, last); diff != "" {
			t.Error(diff)
		}
		stop()
	})
	bubble(t, "reads everything again when something may have been missed", func(t *testing.T) {
		b, bus := newBooks("a"), &wire{}
		hub, _, stop := node(t, b, bus)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		time.Sleep(500 * time.Millisecond)
		b.advance("a", calling.BatchRunning)
		bus.missed[0]()
		expect(t, updates, 2)
		stop()
	})
	bubble(t, "goes on when announcing fails, and never keeps who reports waiting", func(t *testing.T) {
		b, bus := newBooks("a"), &wire{broken: errors.New("no way out")}
		hub, relay, stop := node(t, b, bus)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		for range 100 {
			before := time.Now()
			b.advance("a", calling.BatchRunning)
			relay.Changed("a")
			if waited := time.Since(before); waited != 0 {
				t.Fatalf("it waited %s", waited)
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(300 * time.Millisecond) // sooner than the hub looks by itself
		expect(t, updates, 101)
		stop()
		relay.Changed("a") // after the end it does nothing
		synctest.Wait()
	})
}

// tap is a node's way to the others, with an ear on it.
type tap struct {
	*store.Store

	heard     chan string
	listening chan struct{}
}

func (p *tap) Listen(ctx context.Context, channel string, hear func(string), missed func()) {
	p.Store.Listen(ctx, channel, func(payload string) {
		hear(payload)
		select {
		case p.heard <- payload:
		default:
		}
	}, func() {
		missed()
		p.listening <- struct{}{}
	})
}

func tapped(t *testing.T, url string) *tap {
	t.Helper()
	return &tap{Store: storetest.Open(t, url, nil), heard: make(chan string, 100), listening: make(chan struct{}, 10)}
}

func await[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

func TestRelayOverPostgres(t *testing.T) {
	t.Parallel()
	url := testdb.Postgres(t)
	here, there := tapped(t, url), tapped(t, url)
	b := newBooks("a")
	_, relay, _ := node(t, b, here)
	hub, _, _ := node(t, b, there)
	await(t, "the first node's ear", here.listening)
	await(t, "the second node's ear", there.listening)
	updates := subscribe(t.Context(), t, hub, "a")
	await(t, "the first snapshot", updates)

	report := func(id string) {
		t.Helper()
		version := b.advance(id, calling.BatchRunning)
		relay.Changed(id)
		if got := await(t, "the announcement", there.heard); got != id {
			t.Errorf("the other node heard of %q", got)
		}
		if p := await(t, "the snapshot", updates); p.Version != version {
			t.Errorf("the other node's watcher sees version %d, want %d", p.Version, version)
		}
	}
	report("a")

	t.Log("the listening connections are cut")
	var cut int
	err := there.Pool().QueryRow(t.Context(), `SELECT count(*) FROM (
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN %') AS ended`).Scan(&cut)
	if err != nil || cut != 2 {
		t.Fatalf("%d connections were cut: %v", cut, err)
	}
	await(t, "the first node's ear again", here.listening)
	await(t, "the second node's ear again", there.listening)
	report("a")
}

// Without PostgreSQL there is nobody else to tell, and nothing to trip over.
func TestRelayAlone(t *testing.T) {
	t.Parallel()
	b := newBooks("a")
	hub, relay, stop := node(t, b, storetest.SQLite(t, nil))
	updates := subscribe(t.Context(), t, hub, "a")
	await(t, "the first snapshot", updates)
	version := b.advance("a", calling.BatchRunning)
	relay.Changed("a")
	if p := await(t, "the snapshot", updates); p.Version != version {
		t.Errorf("the watcher sees version %d, want %d", p.Version, version)
	}
	stop()
}
