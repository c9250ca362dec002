package webhook_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/webhook"
)

// failing starts a runtime that fails while broken says so, though it has taken
// the call, and a carrier before it.
func failing(t *testing.T) (s *runtime, c *webhook.Carrier, clock *clock, broken *atomic.Bool) {
	t.Helper()
	broken, clock = &atomic.Bool{}, newClock()
	broken.Store(true)
	s = serve(t, answers{
		http.MethodPut: func(w http.ResponseWriter, _ *http.Request, _ int) {
			if broken.Load() {
				w.WriteHeader(http.StatusBadGateway)
			}
		},
		http.MethodGet: write(200, state("ringing", "")),
	})
	c, _ = carrier(t, s.URL, func(c *webhook.Config) { c.Now = clock.Now })
	return s, c, clock, broken
}

// start asks n times and returns the last refusal.
func start(t *testing.T, c *webhook.Carrier, n int) (refusal *calling.Report) {
	t.Helper()
	for range n {
		var err error
		if refusal, err = c.Start(t.Context(), call()); err != nil {
			t.Fatal(err)
		}
	}
	return refusal
}

func TestCircuit(t *testing.T) {
	t.Parallel()
	t.Run("opens after five failures, for longer each time, and closes with a success", func(t *testing.T) {
		t.Parallel()
		s, c, clock, broken := failing(t)
		if refusal := start(t, c, 5); refusal != nil {
			t.Fatalf("it is open after fewer: %+v", refusal)
		}
		asked := 5
		for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			opening := want * time.Second
			refusal := start(t, c, 1)
			if refusal == nil || !refusal.NotDialed || refusal.RetryAfter != opening {
				t.Fatalf("it is answered %+v, should stay away for %s", refusal, opening)
			}
			clock.forward(opening - time.Second/2)
			if refusal := start(t, c, 1); refusal == nil || refusal.RetryAfter != time.Second/2 {
				t.Errorf("half a second before its end it is answered %+v", refusal)
			}
			if n := s.count(http.MethodPut); n != asked {
				t.Errorf("the runtime was asked %d times, want %d", n, asked)
			}
			clock.forward(time.Second / 2)
			start(t, c, 1) // one is let through, and fails
			asked++
		}
		clock.forward(time.Minute)
		broken.Store(false)
		if refusal := start(t, c, 50); refusal != nil {
			t.Errorf("it stays open: %+v", refusal)
		}
		broken.Store(true)
		if start(t, c, 5) != nil || start(t, c, 1) == nil {
			t.Error("it does not open again after five")
		}
	})
	t.Run("stays closed while failures are not one after another", func(t *testing.T) {
		t.Parallel()
		_, c, _, broken := failing(t)
		for range 5 {
			broken.Store(true)
			start(t, c, 4)
			broken.Store(false)
			start(t, c, 1)
		}
		if refusal := start(t, c, 1); refusal != nil {
			t.Errorf("it is open: %+v", refusal)
		}
	})
	t.Run("lets calls be waited for and hung up", func(t *testing.T) {
		t.Parallel()
		s, c, _, _ := failing(t)
		start(t, c, 5)
		if err := c.HangUp(t.Context(), call()); err != nil || s.count(http.MethodDelete) != 1 {
			t.Errorf("hanging up says %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, known, _ := c.Wait(ctx, call(), nil); !known || s.count(http.MethodGet) <= 5 {
			t.Errorf("waiting asks %d times", s.count(http.MethodGet)-5)
		}
	})
	t.Run("lets one through at a time", func(t *testing.T) {
		t.Parallel()
		var broken atomic.Bool
		broken.Store(true)
		inside, leave := make(chan struct{}), make(chan struct{})
		clock := newClock()
		s := serve(t, answers{
			http.MethodPut: func(w http.ResponseWriter, _ *http.Request, _ int) {
				if broken.Load() {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				inside <- struct{}{}
				<-leave
			},
			http.MethodGet: write(200, state("ringing", "")),
		})
		c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.Now = clock.Now })
		start(t, c, 5)
		clock.forward(time.Second)
		broken.Store(false)
		let := make(chan *calling.Report, 1)
		go func() { let <- start(t, c, 1) }()
		<-inside
		for range 3 {
			if refusal := start(t, c, 1); refusal == nil || refusal.RetryAfter <= 0 {
				t.Errorf("another is answered %+v", refusal)
			}
		}
		close(leave)
		if refusal := <-let; refusal != nil {
			t.Errorf("the one is answered %+v", refusal)
		}
	})
}
