package progress_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

// A change may fall anywhere between a load and what is done with it.
func TestNoChangeIsLost(t *testing.T) {
	t.Parallel()
	bubble(t, "between a first watcher's load and its watch", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		b.read = func(n int, _ calling.Progress) {
			if n == 1 {
				b.advance("a", calling.BatchRunning)
				hub.Changed("a")
			}
		}
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 2)
		hub.Close()
	})
	bubble(t, "between a second watcher's load and its watch", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		first := subscribe(t.Context(), t, hub, "a")
		expect(t, first, 1)
		time.Sleep(time.Second)
		b.set(func(b *books) {
			second := b.loads["a"] + 1
			b.read = func(n int, _ calling.Progress) {
				if n == second { // the first watcher hears of it before the second is there
					b.advance("a", calling.BatchRunning)
					hub.Changed("a")
					time.Sleep(time.Second)
				}
			}
		})
		second := subscribe(t.Context(), t, hub, "a")
		expect(t, first, 2)
		time.Sleep(time.Minute)
		expect(t, second, 2)
		hub.Close()
	})
	bubble(t, "at the end, between a second watcher's load and its watch", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		first := subscribe(t.Context(), t, hub, "a")
		expect(t, first, 1)
		time.Sleep(time.Second)
		b.set(func(b *books) {
			second := b.loads["a"] + 1
			b.read = func(n int, _ calling.Progress) {
				if n == second {
					b.advance("a", calling.BatchCompleted)
					hub.Changed("a")
					time.Sleep(time.Second)
				}
			}
		})
		second := subscribe(t.Context(), t, hub, "a")
		time.Sleep(time.Minute)
		expect(t, first, 2)
		expect(t, first, -1)
		expect(t, second, 2)
		expect(t, second, -1)
		hub.Close()
	})
	bubble(t, "while a snapshot is being read", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		time.Sleep(time.Second)
		b.set(func(b *books) {
			next := b.loads["a"] + 1
			b.read = func(n int, _ calling.Progress) {
				if n == next {
					b.advance("a", calling.BatchRunning)
					hub.Changed("a")
				}
			}
		})
		hub.Changed("a")
		time.Sleep(500 * time.Millisecond)
		expect(t, updates, 2)
		hub.Close()
	})
}

func TestVersionsNeverGoBack(t *testing.T) {
	t.Parallel()
	bubble(t, "for a watcher that comes while an older snapshot is on its way", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		first := subscribe(t.Context(), t, hub, "a")
		expect(t, first, 1)
		time.Sleep(time.Second)
		b.advance("a", calling.BatchRunning)
		b.set(func(b *books) {
			next := b.loads["a"] + 1
			b.read = func(n int, _ calling.Progress) {
				if n == next {
					time.Sleep(time.Second) // a slow read of version 2
				}
			}
		})
		hub.Changed("a")
		synctest.Wait()
		b.advance("a", calling.BatchRunning)
		second := subscribe(t.Context(), t, hub, "a")
		expect(t, second, 3)
		expect(t, first, 3) // who was there before learns it as well
		time.Sleep(10 * time.Second)
		expect(t, second, 0)
		expect(t, first, 0)
		hub.Close()
	})
	bubble(t, "when a database answers with an older one", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		b.advance("a", calling.BatchRunning)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 2)
		b.set(func(b *books) {
			b.jobs["a"] = calling.Progress{BatchJobID: "a", Version: 1, Status: calling.BatchRunning}
		})
		hub.ChangedAll()
		time.Sleep(10 * time.Second)
		expect(t, updates, 0)
		hub.Close()
	})
}

// Publishers, watchers that come and go, and slow ones, all at once, on the
// clock on the wall: everybody sees the end, and nobody anything older after
// something newer.
func TestHubInAStorm(t *testing.T) {
	t.Parallel()
	const changes = 400
	b := newBooks("a", "b")
	hub := open(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := make(chan struct{})
	var publishers, watchers sync.WaitGroup
	for range 8 {
		publishers.Go(func() {
			<-start
			for i := range changes / 8 {
				id := []string{"a", "b"}[i%2]
				b.advance(id, calling.BatchRunning)
				hub.Changed(id)
				time.Sleep(time.Millisecond)
			}
		})
	}
	ends := make(chan calling.Progress, 40)
	for i := range 40 {
		watchers.Go(func() {
			<-start
			time.Sleep(time.Duration(i) * 5 * time.Millisecond) // they come while it changes
			updates, err := hub.Subscribe(ctx, []string{"a", "b"}[i%2])
			if err != nil {
				t.Error(err)
				return
			}
			var last calling.Progress
			for p := range updates {
				if p.Version <= last.Version {
					t.Errorf("after version %d came %d", last.Version, p.Version)
				}
				last = p
				if i%5 == 0 {
					time.Sleep(20 * time.Millisecond)
				}
			}
			ends <- last
		})
	}
	for range 20 {
		watchers.Go(func() { // a visitor
			visit, leave := context.WithTimeout(ctx, 30*time.Millisecond)
			defer leave()
			updates, err := hub.Subscribe(visit, "a")
			if err != nil {
				t.Error(err)
				return
			}
			for range updates { // until it is closed
			}
		})
	}
	close(start)
	publishers.Wait()
	want := map[string]int64{}
	for _, id := range []string{"a", "b"} {
		want[id] = b.advance(id, calling.BatchCompleted)
		hub.Changed(id)
	}
	watchers.Wait()
	close(ends)
	got := 0
	for p := range ends {
		got++
		if diff := cmp.Diff(want[p.BatchJobID], p.Version); diff != "" || p.Status != calling.BatchCompleted {
			t.Errorf("a watcher's last snapshot is %+v", p)
		}
	}
	if got != 40 {
		t.Errorf("%d of 40 watchers saw the end", got)
	}
}
