package progress_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/progress"
)

// put adds a batch job of an organization.
func (b *books) put(organization, id string, status calling.BatchStatus) {
	b.set(func(b *books) {
		b.jobs[id] = calling.Progress{BatchJobID: id, OrganizationID: organization, Version: 1, Status: status, OccurredAt: time.Now()}
	})
}

// change changes a batch job of an organization.
func (b *books) change(hub *progress.Hub, id string, status calling.BatchStatus) {
	b.advance(id, status)
	b.set(func(b *books) {
		p := b.jobs[id]
		p.OccurredAt = time.Now()
		b.jobs[id] = p
	})
	if hub != nil {
		hub.Changed(id)
	}
}

func follow(ctx context.Context, tb testing.TB, hub *progress.Hub, organization string, again <-chan struct{}) <-chan []calling.Progress {
	tb.Helper()
	updates, err := hub.Activity(ctx, organization, again)
	if err != nil {
		tb.Fatal(err)
	}
	return updates
}

// hear returns what an event tells: ids with versions, "nothing" for an event
// without any, "" when there is none.
func hear(updates <-chan []calling.Progress) string {
	synctest.Wait()
	select {
	case news := <-updates:
		words := []string{}
		for _, p := range news {
			words = append(words, fmt.Sprintf("%s%d", p.BatchJobID, p.Version))
		}
		if len(words) == 0 {
			return "nothing"
		}
		return strings.Join(words, " ")
	default:
		return ""
	}
}

func expectNews(t *testing.T, updates <-chan []calling.Progress, want string) {
	t.Helper()
	if got := hear(updates); got != want {
		t.Errorf("tells %q, want %q", got, want)
	}
}

func TestActivity(t *testing.T) {
	t.Parallel()
	bubble(t, "tells what is not over at once, newest first, and then what changes", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		b.put("org", "b", calling.BatchCompleted)
		b.put("org", "c", calling.BatchScheduled)
		hub := open(t, b)
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "c1 a1")
		time.Sleep(time.Second)
		expectNews(t, updates, "")
		b.change(hub, "a", calling.BatchCompleted)
		b.put("org", "d", calling.BatchPending) // was created
		hub.Changed("d")
		time.Sleep(time.Second)
		expectNews(t, updates, "d1 a2")
		b.change(hub, "b", calling.BatchRunning) // by a retry
		time.Sleep(time.Second)
		expectNews(t, updates, "b2")
		hub.Close()
	})
	bubble(t, "has a first event also where there is nothing to tell", func(t *testing.T) {
		hub := open(t, newBooks())
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "nothing")
		time.Sleep(time.Minute)
		expectNews(t, updates, "")
		hub.Close()
	})
	bubble(t, "tells at most twice a second", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		hub := open(t, b)
		updates := follow(t.Context(), t, hub, "org", nil)
		events := 0
		for range 1000 { // ten seconds
			b.change(hub, "a", calling.BatchRunning)
			if hear(updates) != "" {
				events++
			}
			time.Sleep(10 * time.Millisecond)
		}
		if events < 10 || events > 21 {
			t.Errorf("%d events in ten seconds", events)
		}
		hub.Close()
	})
	bubble(t, "who is slow is told the newest of everything, and slows nobody", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		b.put("org", "b", calling.BatchRunning)
		hub := open(t, b)
		slow, quick := follow(t.Context(), t, hub, "org", nil), follow(t.Context(), t, hub, "org", nil)
		expectNews(t, slow, "b1 a1")
		expectNews(t, quick, "b1 a1")
		for i := range 5 {
			b.change(hub, "a", calling.BatchRunning)
			time.Sleep(time.Second)
			expectNews(t, quick, fmt.Sprintf("a%d", i+2))
		}
		b.change(hub, "b", calling.BatchCancelled)
		time.Sleep(time.Second)
		expectNews(t, quick, "b2")
		expectNews(t, slow, "a2") // was on its way all the time
		time.Sleep(time.Second)
		expectNews(t, slow, "b2 a6")
		hub.Close()
	})
	bubble(t, "tells everything again, what has just ended included", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		b.put("org", "b", calling.BatchRunning)
		hub := open(t, b)
		again := make(chan struct{}, 1)
		updates := follow(t.Context(), t, hub, "org", again)
		expectNews(t, updates, "b1 a1")
		b.change(hub, "a", calling.BatchFailed)
		time.Sleep(time.Second)
		expectNews(t, updates, "a2")
		later := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, later, "b1")
		time.Sleep(time.Second)
		again <- struct{}{}
		expectNews(t, updates, "b1 a2")
		time.Sleep(2 * time.Minute)
		b.change(hub, "b", calling.BatchRunning)
		time.Sleep(time.Second)
		expectNews(t, updates, "b2")
		again <- struct{}{}
		time.Sleep(time.Second)
		expectNews(t, updates, "b2")
		hub.Close()
	})
}

func TestActivityOfAnOrganization(t *testing.T) {
	t.Parallel()
	bubble(t, "is told although no batch job changed, to its own followers only", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		hub := open(t, b)
		updates, theirs := follow(t.Context(), t, hub, "org", nil), follow(t.Context(), t, hub, "other", nil)
		expectNews(t, updates, "a1")
		expectNews(t, theirs, "nothing")
		time.Sleep(time.Second)
		hub.Changed("org")
		expectNews(t, updates, "nothing")
		expectNews(t, theirs, "")
		time.Sleep(time.Second)
		expectNews(t, updates, "")
		hub.Close()
	})
}

func TestActivityOfOthers(t *testing.T) {
	t.Parallel()
	bubble(t, "is not told, nor read more than once", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		b.put("other", "z", calling.BatchRunning)
		hub := open(t, b)
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "a1")
		for range 20 {
			b.change(hub, "z", calling.BatchRunning)
			time.Sleep(time.Second)
		}
		expectNews(t, updates, "")
		if n := b.count("z"); n != 1 {
			t.Errorf("was read %d times", n)
		}
		theirs := follow(t.Context(), t, hub, "other", nil)
		expectNews(t, theirs, "z21")
		b.change(hub, "z", calling.BatchPaused)
		time.Sleep(time.Second)
		expectNews(t, theirs, "z22")
		expectNews(t, updates, "")
		hub.Close()
	})
}

func TestActivityThatNobodyReported(t *testing.T) {
	t.Parallel()
	bubble(t, "is found after some seconds", func(t *testing.T) {
		b := newBooks()
		for _, id := range []string{"a", "b", "c"} {
			b.put("org", id, calling.BatchRunning)
		}
		hub := open(t, b)
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "c1 b1 a1")
		time.Sleep(time.Second)
		b.change(nil, "a", calling.BatchRunning)
		b.change(nil, "b", calling.BatchCompleted)
		b.put("org", "d", calling.BatchPending)
		b.put("org", "e", calling.BatchCancelled) // came and went
		time.Sleep(6 * time.Second)
		expectNews(t, updates, "e1 d1 b2 a2")
		b.change(nil, "a", calling.BatchPaused)
		hub.ChangedAll() // a node that was away may have missed something
		time.Sleep(time.Second)
		expectNews(t, updates, "a3")
		hub.Close()
	})
	bubble(t, "is found within two seconds where nodes cannot tell each other", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		hub := open(t, b)
		ctx, stop := context.WithCancel(t.Context())
		go progress.NewPolling(hub, slog.New(slog.DiscardHandler)).Listen(ctx, "", nil, nil)
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "a1")
		b.change(nil, "a", calling.BatchPaused)
		b.put("org", "b", calling.BatchPending)
		time.Sleep(2 * time.Second)
		expectNews(t, updates, "b1 a2")
		stop()
		hub.Close()
	})
	bubble(t, "is found when reading has failed for a while", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		hub := open(t, b)
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "a1")
		b.set(func(b *books) { b.broken = errBroken })
		b.change(hub, "a", calling.BatchPaused)
		time.Sleep(10 * time.Second)
		expectNews(t, updates, "")
		b.set(func(b *books) { b.broken = nil })
		time.Sleep(5 * time.Second)
		expectNews(t, updates, "a2")
		hub.Close()
	})
}

func TestActivityEnds(t *testing.T) {
	t.Parallel()
	bubble(t, "with the last who follows, and begins with the next", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		hub := open(t, b)
		for range 3 {
			ctx, leave := context.WithCancel(t.Context())
			expectNews(t, follow(ctx, t, hub, "org", nil), "a1")
			leave()
			time.Sleep(time.Minute)
			before := b.count("org")
			time.Sleep(time.Minute)
			if after := b.count("org"); after != before {
				t.Errorf("was read %d times with nobody there", after-before)
			}
		}
		hub.Close()
	})
	bubble(t, "silently with the hub", func(t *testing.T) {
		b := newBooks()
		b.put("org", "a", calling.BatchRunning)
		hub := open(t, b)
		updates := follow(t.Context(), t, hub, "org", nil)
		expectNews(t, updates, "a1")
		hub.Close()
		b.change(hub, "a", calling.BatchPaused)
		time.Sleep(time.Minute)
		expectNews(t, updates, "")
		expectNews(t, follow(t.Context(), t, hub, "org", nil), "")
	})
}
