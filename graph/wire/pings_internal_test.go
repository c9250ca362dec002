package wire

import (
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// TestPings: every connection is pinged once in so often, whenever it was opened, and
// no more once it has ended; the clock of the bubble stands still meanwhile.
func TestPings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const every = pingTurns * time.Second
		s := New(Config{PingEvery: every, WriteTimeout: time.Second})
		began := time.Now()
		open := func() (end func(), pinged func() []time.Duration) {
			here, there := net.Pipe()
			f := s.openFrames(here, nil)
			heard := make(chan []time.Duration)
			go func() {
				var at []time.Duration
				for {
					header, err := ws.ReadHeader(there)
					if err != nil {
						heard <- at
						return
					}
					if header.OpCode == ws.OpPing {
						at = append(at, time.Since(began))
					}
				}
			}()
			return f.end, func() []time.Duration { return <-heard }
		}
		endFirst, first := open()
		time.Sleep(every/4 + time.Second/2) // half way between two turns
		endSecond, second := open()
		time.Sleep(2*every + every/2)
		endFirst()
		if got, want := first(), []time.Duration{every, 2 * every}; !slices.Equal(got, want) {
			t.Errorf("the first connection was pinged at %v, not %v", got, want)
		}
		time.Sleep(every)
		endSecond()
		if got, want := second(), []time.Duration{every + every/4, 2*every + every/4, 3*every + every/4}; !slices.Equal(got, want) {
			t.Errorf("the second connection was pinged at %v, not %v", got, want)
		}
		time.Sleep(every)
		endThird, third := open() // the timer begins anew
		opened := time.Since(began)
		time.Sleep(every + every/2)
		endThird()
		if got := third(); len(got) != 1 || got[0] != opened+every {
			t.Errorf("the third connection, opened at %v, was pinged at %v", opened, got)
		}
	})
}
