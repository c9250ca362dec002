package wire

import (
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// everyPing is long enough for each turn to have a second of its own.
const everyPing = pingTurns * time.Second

// pinged is a connection and when it was pinged, since it was opened.
type pinged struct {
	*frames
	heard chan []time.Duration
}

// openPinged opens a connection whose client does nothing but read.
func openPinged(s *Server) pinged {
	here, there := net.Pipe()
	p := pinged{s.openFrames(here, nil), make(chan []time.Duration, 1)}
	began := time.Now()
	go func() {
		var at []time.Duration
		for {
			header, err := ws.ReadHeader(there)
			if err != nil {
				p.heard <- at
				return
			}
			if header.OpCode == ws.OpPing {
				at = append(at, time.Since(began))
			}
		}
	}()
	return p
}

// leave ends the connection and says when it was pinged, to the turn.
func (p pinged) leave() []time.Duration {
	p.end()
	at := <-p.heard
	for i := range at {
		at[i] = at[i].Round(time.Second)
	}
	return at
}

// times returns the first n moments at which a connection should be pinged.
func times(n int) (all []time.Duration) {
	for i := range n {
		all = append(all, time.Duration(i+1)*everyPing)
	}
	return all
}

// TestPings: every connection is pinged once in so often, whenever it was opened and
// whatever becomes of the others; the clock is the bubble's.
func TestPings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{PingEvery: everyPing, WriteTimeout: 10 * time.Second})
		check := func(what string, got, want []time.Duration) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s was pinged at %v, not %v", what, got, want)
			}
		}
		first, leaving := openPinged(s), openPinged(s)
		for range 8 { // as many that do not read, beside those that do
			here, _ := net.Pipe()
			defer s.openFrames(here, nil).end()
		}
		time.Sleep(everyPing/3 + 100*time.Millisecond) // between two turns
		second := openPinged(s)
		time.Sleep(everyPing)
		check("who leaves", leaving.leave(), times(1))
		time.Sleep(2 * everyPing)
		check("the first", first.leave(), times(3))
		check("the second", second.leave(), times(3))
	})
}

// TestPingsAfterAll: when all connections have ended nothing is left, and the next one
// is pinged as the first was.
func TestPingsAfterAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{PingEvery: everyPing, WriteTimeout: time.Second})
		for range 2 {
			one, other := openPinged(s), openPinged(s)
			time.Sleep(everyPing + everyPing/2 + 100*time.Millisecond)
			for _, p := range []pinged{one, other} {
				if got := p.leave(); !slices.Equal(got, times(1)) {
					t.Errorf("pinged at %v", got)
				}
			}
			s.pings.mu.Lock()
			for turn, there := range s.pings.turns {
				if there != nil {
					t.Errorf("turn %d holds %d", turn, len(there))
				}
			}
			if s.pings.open != 0 || s.pings.timer != nil {
				t.Errorf("%d are open, timer %v", s.pings.open, s.pings.timer)
			}
			s.pings.mu.Unlock()
			time.Sleep(everyPing)
		}
	})
}

// TestPingsAfterStandstill: who stood still pings everybody at once, as they may have
// little time left, and once; a shorter delay changes nothing of what comes later.
func TestPingsAfterStandstill(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		still time.Duration
		want  []time.Duration
	}{
		"short": {10 * time.Second, times(3)},
		"long":  {everyPing + 30*time.Second, []time.Duration{everyPing, 2*everyPing + 35*time.Second, 3*everyPing + 30*time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := New(Config{PingEvery: everyPing, WriteTimeout: time.Second})
				began, p := time.Now(), openPinged(s)
				time.Sleep(everyPing + 5*time.Second - 100*time.Millisecond)
				s.pings.mu.Lock()
				s.pings.timer.Stop()
				s.pings.mu.Unlock()
				time.Sleep(test.still)
				s.pings.mu.Lock()
				s.pings.timer.Reset(0)
				s.pings.mu.Unlock()
				time.Sleep(3*everyPing + 40*time.Second - time.Since(began))
				if got := p.leave(); !slices.Equal(got, test.want) {
					t.Errorf("pinged at %v, not %v", got, test.want)
				}
			})
		})
	}
}
