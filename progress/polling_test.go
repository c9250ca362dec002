package progress_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/progress"
)

func TestPolling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBooks("a", "b")
		hub := open(t, b)
		log := slog.New(slog.DiscardHandler)
		relay := progress.NewRelay(hub, progress.NewPolling(hub, log), log)
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { relay.Run(ctx) })
		defer func() {
			stop()
			work.Wait()
			hub.Close()
		}()

		time.Sleep(5 * time.Second)
		if n := b.count("a"); n != 0 {
			t.Errorf("nobody watches, and it looked %d times", n)
		}
		watching, leave := context.WithCancel(t.Context())
		updates := subscribe(watching, t, hub, "a")
		<-updates
		time.Sleep(2100 * time.Millisecond)             // just after the hub has read by itself
		version := b.advance("a", calling.BatchRunning) // by another node, which tells nobody
		began := time.Now()
		if p := <-updates; p.Version != version || time.Since(began) > time.Second {
			t.Errorf("after %s it says %+v", time.Since(began), p)
		}
		if n := b.count("b"); n != 0 {
			t.Errorf("what nobody watches was read %d times", n)
		}
		b.set(func(b *books) { b.broken = errBroken })
		time.Sleep(3 * time.Second)
		b.set(func(b *books) { b.broken = nil })
		version = b.advance("a", calling.BatchCompleted)
		if p := <-updates; p.Version != version {
			t.Errorf("after the database was away it says %+v", p)
		}
		leave()
	})
}
