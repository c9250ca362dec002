package progress_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/progress"
)

// bubble runs a test on a clock of its own that leaps over waiting.
func bubble(t *testing.T, behaviour string, test func(t *testing.T)) {
	t.Helper()
	t.Run(behaviour, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

// waiting returns what lies in a channel: the version, 0 when there is nothing,
// -1 when it is closed.
func waiting(updates <-chan calling.Progress) int64 {
	synctest.Wait()
	select {
	case p, open := <-updates:
		if !open {
			return -1
		}
		return p.Version
	default:
		return 0
	}
}

func expect(t *testing.T, updates <-chan calling.Progress, want int64) {
	t.Helper()
	if got := waiting(updates); got != want {
		t.Errorf("there is %d in the channel, want %d (0: nothing, -1: closed)", got, want)
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	bubble(t, "gives the present snapshot at once, and then what changes", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		time.Sleep(time.Second)
		expect(t, updates, 0)
		b.advance("a", calling.BatchRunning)
		hub.Changed("a")
		expect(t, updates, 2)
		hub.Close()
	})
	bubble(t, "gives nothing twice", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		for range 20 {
			hub.Changed("a") // nothing has
			time.Sleep(time.Second)
		}
		expect(t, updates, 0)
		hub.Close()
	})
	bubble(t, "refuses what is not there", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		if updates, err := hub.Subscribe(t.Context(), "b"); !errors.Is(err, progress.ErrNotFound) || updates != nil {
			t.Errorf("says %v", err)
		}
		hub.Close()
	})
	bubble(t, "hands on why it cannot read", func(t *testing.T) {
		b := newBooks("a")
		b.broken = errBroken
		hub := open(t, b)
		if _, err := hub.Subscribe(t.Context(), "a"); !errors.Is(err, errBroken) {
			t.Errorf("says %v", err)
		}
		hub.Close()
	})
	bubble(t, "sees a change that nobody reported, within two seconds", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		time.Sleep(time.Second)
		b.advance("a", calling.BatchRunning)
		time.Sleep(2250 * time.Millisecond)
		expect(t, updates, 2)
		hub.Close()
	})
	bubble(t, "goes on after reading has failed", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		b.set(func(b *books) { b.broken = errBroken })
		b.advance("a", calling.BatchRunning)
		hub.Changed("a")
		time.Sleep(10 * time.Second)
		expect(t, updates, 0)
		b.set(func(b *books) { b.broken = nil })
		time.Sleep(3 * time.Second)
		expect(t, updates, 2)
		hub.Close()
	})
	bubble(t, "goes on after a batch job could not be found for a while", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		expect(t, updates, 1)
		p := b.jobs["a"]
		b.set(func(b *books) { delete(b.jobs, "a") })
		hub.Changed("a")
		time.Sleep(3 * time.Second)
		b.set(func(b *books) { p.Version = 9; b.jobs["a"] = p })
		time.Sleep(3 * time.Second)
		expect(t, updates, 9)
		hub.Close()
	})
}

func TestSlowWatcher(t *testing.T) {
	t.Parallel()
	bubble(t, "finds the newest snapshot and no other, and slows nobody", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		slow, quick := subscribe(t.Context(), t, hub, "a"), subscribe(t.Context(), t, hub, "a")
		expect(t, quick, 1)
		for range 10 {
			version := b.advance("a", calling.BatchRunning)
			hub.Changed("a")
			time.Sleep(time.Second)
			expect(t, quick, version)
		}
		expect(t, slow, 11)
		expect(t, slow, 0)
		hub.Close()
	})
}

// betweenEmptyLooks is how soon a batch job may be read again that was read in vain.
const betweenEmptyLooks = 50 * time.Millisecond

func TestPace(t *testing.T) {
	t.Parallel()
	bubble(t, "is four snapshots a second at most, whatever is reported", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		got := 0
		for range 1000 { // ten seconds
			b.advance("a", calling.BatchRunning)
			hub.Changed("a")
			time.Sleep(10 * time.Millisecond)
			if waiting(updates) > 0 {
				got++
			}
		}
		// One load to subscribe, one at once, and one each quarter of a second.
		if n := b.count("a"); n < 38 || n > 42 {
			t.Errorf("ten seconds took %d loads", n)
		}
		if got < 38 || got > 42 {
			t.Errorf("ten seconds brought %d snapshots", got)
		}
		hub.Close()
	})
	bubble(t, "is not slowed by reports of nothing new", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		updates := subscribe(t.Context(), t, hub, "a")
		time.Sleep(time.Second)
		expect(t, updates, 1)
		for range 20 {
			hub.Changed("a")
			time.Sleep(betweenEmptyLooks / 2)
			version := b.advance("a", calling.BatchRunning)
			hub.Changed("a")
			time.Sleep(betweenEmptyLooks)
			expect(t, updates, version)
			time.Sleep(time.Second)
		}
		hub.Close()
	})
	bubble(t, "is one load for however many watch", func(t *testing.T) {
		b := newBooks("a")
		hub := open(t, b)
		var all []<-chan calling.Progress
		for range 50 {
			all = append(all, subscribe(t.Context(), t, hub, "a"))
		}
		time.Sleep(9 * time.Second) // between two looks of its own
		before := b.count("a")
		b.advance("a", calling.BatchRunning)
		hub.Changed("a")
		synctest.Wait()
		if n := b.count("a") - before; n != 1 {
			t.Errorf("a change took %d loads", n)
		}
		for _, updates := range all {
			expect(t, updates, 2)
		}
		hub.Close()
	})
	bubble(t, "is no load for what nobody watches", func(t *testing.T) {
		b := newBooks("a", "b")
		hub := open(t, b)
		subscribe(t.Context(), t, hub, "a")
		hub.Changed("b")
		hub.Changed("not there")
		hub.ChangedAll()
		time.Sleep(5 * time.Second)
		if n := b.count("b"); n != 0 {
			t.Errorf("it was read %d times", n)
		}
		hub.Close()
	})
}

func TestChangedAll(t *testing.T) {
	t.Parallel()
	bubble(t, "reads everything that is watched", func(t *testing.T) {
		b := newBooks("a", "b", "c")
		hub := open(t, b)
		watchers := map[string]<-chan calling.Progress{}
		for id := range b.jobs {
			watchers[id] = subscribe(t.Context(), t, hub, id)
			expect(t, watchers[id], 1)
		}
		time.Sleep(500 * time.Millisecond)
		for id := range watchers {
			b.advance(id, calling.BatchRunning)
		}
		hub.ChangedAll()
		for _, updates := range watchers {
			expect(t, updates, 2)
		}
		hub.Close()
	})
}
