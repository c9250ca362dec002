package progress_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/progress"
)

func TestEnd(t *testing.T) {
	t.Parallel()
	for _, status := range []calling.BatchStatus{calling.BatchCompleted, calling.BatchFailed, calling.BatchCancelled} {
		bubble(t, fmt.Sprint("closes after the snapshot that says ", status), func(t *testing.T) {
			b := newBooks("a")
			hub := open(t, b)
			first, second := subscribe(t.Context(), t, hub, "a"), subscribe(t.Context(), t, hub, "a")
			expect(t, first, 1)
			b.advance("a", status)
			hub.Changed("a")
			time.Sleep(time.Second)
			for _, updates := range []<-chan calling.Progress{first, second} {
				expect(t, updates, 2)
				expect(t, updates, -1)
			}
			loads := b.count("a")
			time.Sleep(time.Minute)
			if b.count("a") != loads {
				t.Error("what is over is read again")
			}
			hub.Close()
		})
		bubble(t, fmt.Sprint("gives one snapshot of what is ", status, " already, and closes"), func(t *testing.T) {
			b := newBooks("a")
			b.advance("a", status)
			hub := open(t, b)
			updates := subscribe(t.Context(), t, hub, "a")
			expect(t, updates, 2)
			expect(t, updates, -1)
			hub.Close()
		})
	}
	bubble(t, "does not close what is paused or being cancelled", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		for _, status := range []calling.BatchStatus{calling.BatchPaused, calling.BatchRunning, calling.BatchCancelling} {
			version := b.advance("a", status)
			hub.Changed("a")
			time.Sleep(time.Second)
			expect(t, updates, version)
		}
		expect(t, updates, 0)
		hub.Close()
	})
	bubble(t, "of a watcher's context closes its channel and no other", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		ctx, leave := context.WithCancel(t.Context())
		gone, stays := subscribe(ctx, t, hub, "a"), subscribe(t.Context(), t, hub, "a")
		expect(t, gone, 1)
		expect(t, stays, 1)
		leave()
		expect(t, gone, -1)
		b.advance("a", calling.BatchRunning)
		hub.Changed("a")
		time.Sleep(time.Second)
		expect(t, stays, 2)
		hub.Close()
	})
	bubble(t, "of the last watcher's context ends the reading", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		ctx, leave := context.WithCancel(t.Context())
		subscribe(ctx, t, hub, "a")
		subscribe(ctx, t, hub, "a")
		time.Sleep(time.Second)
		leave()
		synctest.Wait()
		loads := b.count("a")
		b.advance("a", calling.BatchRunning)
		hub.Changed("a")
		time.Sleep(time.Minute)
		if n := b.count("a"); n != loads {
			t.Errorf("nobody watches, and it was read %d times", n-loads)
		}
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 2)
		b.advance("a", calling.BatchRunning)
		time.Sleep(time.Second)
		hub.Changed("a")
		expect(t, updates, 3)
		hub.Close()
	})
	bubble(t, "of the hub closes nothing: closed means over", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		ctx, leave := context.WithCancel(t.Context())
		updates := subscribe(ctx, t, hub, "a")
		expect(t, updates, 1)
		hub.Close()
		b.advance("a", calling.BatchCompleted)
		hub.Changed("a")
		hub.ChangedAll()
		time.Sleep(time.Minute)
		expect(t, updates, 0)
		leave()
		expect(t, updates, -1)
	})
	bubble(t, "of the hub leaves a later watcher its first snapshot", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		hub.Close()
		hub.Close()
		ctx, leave := context.WithCancel(t.Context())
		updates := subscribe(ctx, t, hub, "a")
		expect(t, updates, 1)
		time.Sleep(time.Minute)
		expect(t, updates, 0)
		leave()
		expect(t, updates, -1)
	})
	bubble(t, "of the context that the hub was made with does not end the hub", func(t *testing.T) {
		b := newBooks("a")
		ctx, cancel := context.WithCancel(t.Context())
		hub := progress.NewHub(ctx, b.Load, b.LoadActive, slog.New(slog.DiscardHandler))
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		cancel()
		time.Sleep(time.Second)
		b.advance("a", calling.BatchRunning)
		hub.Changed("a")
		expect(t, updates, 2)
		hub.Close()
	})
}
