package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/webhook"
)

func TestWait(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 11, 23, 20, 1, second, 0, time.UTC) }
	completed := calling.Report{Outcome: calling.OutcomeCompleted, EndedAt: at(30), Talk: 30 * time.Second}
	// sequence answers one after another, and the last for ever.
	sequence := func(all ...func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, nth int) { pick(nth, all...)(w, r, nth) }
	}
	end := func(more string) func(http.ResponseWriter, *http.Request, int) {
		return write(200, state("ended", more))
	}
	for behaviour, row := range map[string]struct {
		get    func(http.ResponseWriter, *http.Request, int)
		want   calling.Report
		absent bool // not known
	}{
		"a call that has ended": {write(200, ended), completed, false},
		"a call that goes its way": {
			sequence(write(200, state("queued", "")), write(200, state("ringing", "")), write(200, state("answered", "")), write(200, ended)),
			completed, false,
		},
		"a call that nobody knows": {write(404, ``), calling.Report{}, true},
		"a call that is forgotten": {
			sequence(write(200, state("ringing", "")), write(404, ``)),
			calling.Report{Outcome: calling.OutcomeUnknown, Reason: "the runtime does not know the call any more"},
			false,
		},
		"every instant": {
			end(`,"outcome":"voicemail","ringingAt":"2026-11-23T20:01:01Z","answeredAt":"2026-11-23T21:01:05.5+01:00","endedAt":"2026-11-23T20:01:30Z","reason":"beep"`),
			calling.Report{
				Outcome: calling.OutcomeVoicemail, Reason: "beep", RingingAt: at(1), AnsweredAt: at(5).Add(time.Second / 2), EndedAt: at(30),
				Talk: 24*time.Second + time.Second/2,
			},
			false,
		},
		"instants that are none": {
			end(`,"outcome":"busy","ringingAt":"yesterday","answeredAt":17,"endedAt":null`), calling.Report{Outcome: calling.OutcomeBusy}, false,
		},
		"a duration beyond all measure": {
			end(`,"outcome":"completed","durationSeconds":1e300`), calling.Report{Outcome: calling.OutcomeCompleted, Talk: 24 * time.Hour}, false,
		},
		"a duration below nothing": {end(`,"outcome":"completed","durationSeconds":-5`), calling.Report{Outcome: calling.OutcomeCompleted}, false},
		"an outcome that is none": {
			end(`,"outcome":"meh","reason":"who knows"`),
			calling.Report{Outcome: calling.OutcomeUnknown, Reason: `the runtime's outcome is "meh"; who knows`},
			false,
		},
		"no outcome": {end(``), calling.Report{Outcome: calling.OutcomeUnknown, Reason: `the runtime's outcome is "";`}, false},
		"a reason that names the number": {
			end(`,"outcome":"blocked","reason":"+12025550101 is on a list"`),
			calling.Report{Outcome: calling.OutcomeBlocked, Reason: "+… is on a list"},
			false,
		},
		"a runtime that is not itself": {
			sequence(write(500, ``), write(429, ``), reset, write(200, ended)), completed, false,
		},
		"a runtime that talks nonsense": {
			sequence(write(200, `<html>`), write(200, `{"id":"another","state":"ended"}`), write(200, state("asleep", "")), write(200, ended)), completed, false,
		},
		"answers that do not end":         {sequence(huge(200), breakOff, write(200, ended)), completed, false},
		"a redirect, and a token refused": {sequence(write(302, ``), write(401, ``), write(200, ended)), completed, false},
		"a body that comes slowly": {
			func(w http.ResponseWriter, _ *http.Request, _ int) {
				for _, b := range []byte(ended) {
					_, _ = w.Write([]byte{b})
					_ = http.NewResponseController(w).Flush()
				}
			},
			completed, false,
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers{http.MethodGet: row.get})
			c, _ := carrier(t, s.URL, nil)
			report, known, err := c.Wait(t.Context(), call(), nil)
			if err != nil || known == row.absent {
				t.Errorf("known is %t, the error %v", known, err)
			}
			if diff := cmp.Diff(row.want, report); diff != "" {
				t.Error(diff)
			}
			if n := s.count(http.MethodPut); n > 0 {
				t.Errorf("the call is asked for %d times", n)
			}
		})
	}
	for _, rule := range calling.Outcomes() {
		t.Run("the protocol's word for "+string(rule.Outcome), func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers{http.MethodGet: end(`,"outcome":"` + strings.ToLower(string(rule.Outcome)) + `"`)})
			c, _ := carrier(t, s.URL, nil)
			if report, _, err := c.Wait(t.Context(), call(), nil); err != nil || report.Outcome != rule.Outcome {
				t.Errorf("is read as %s: %v", report.Outcome, err)
			}
		})
	}
}

func TestWaitAsks(t *testing.T) {
	t.Parallel()
	states := []string{"ringing", "answered", "ended"}
	s := serve(t, answers{http.MethodGet: func(w http.ResponseWriter, r *http.Request, nth int) {
		write(200, state(states[nth-1], ""))(w, r, nth)
	}})
	c, _ := carrier(t, s.URL, nil)
	if _, _, err := c.Wait(t.Context(), call(), nil); err != nil {
		t.Fatal(err)
	}
	var uris []string
	for _, a := range s.all(http.MethodGet) {
		uris = append(uris, a.uri)
	}
	path := "/v1/calls/" + id + "?state="
	if diff := cmp.Diff([]string{path + "queued&wait=55", path + "ringing&wait=55", path + "answered&wait=55"}, uris); diff != "" {
		t.Error(diff)
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	cause := errors.New("the program stops")
	for behaviour, get := range map[string]func(http.ResponseWriter, *http.Request, int){
		"with its context, while it waits": hang,
		"with its context, between looks":  write(500, ``),
		"with its context, while it reads": func(w http.ResponseWriter, r *http.Request, nth int) {
			breakOff(w, r, nth)
			_ = http.NewResponseController(w).Flush()
			hang(w, r, nth)
		},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			s := serve(t, answers{http.MethodGet: func(w http.ResponseWriter, r *http.Request, nth int) {
				time.AfterFunc(20*time.Millisecond, func() { cancel(cause) })
				get(w, r, nth)
			}})
			c, _ := carrier(t, s.URL, nil)
			if _, known, err := c.Wait(ctx, call(), nil); !known || !errors.Is(err, cause) {
				t.Errorf("known is %t, the error %v", known, err)
			}
		})
	}
	t.Run("with the call, though a look was never answered", func(t *testing.T) {
		t.Parallel()
		s := serve(t, answers{http.MethodGet: func(w http.ResponseWriter, r *http.Request, nth int) {
			pick(nth, hang, write(200, ended))(w, r, nth)
		}})
		c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.AskTimeout, c.LongPoll = 50*time.Millisecond, 50*time.Millisecond })
		if report, _, err := c.Wait(t.Context(), call(), nil); err != nil || report.Outcome != calling.OutcomeCompleted {
			t.Errorf("it is %+v: %v", report, err)
		}
	})
	t.Run("with the call, though the runtime was started anew", func(t *testing.T) {
		t.Parallel()
		waiting := make(chan struct{})
		before := serve(t, answers{http.MethodGet: func(w http.ResponseWriter, r *http.Request, nth int) {
			if nth == 1 {
				close(waiting)
			}
			hang(w, r, nth)
		}})
		c, _ := carrier(t, before.URL, nil)
		var report calling.Report
		var err error
		var wait sync.WaitGroup
		wait.Go(func() { report, _, err = c.Wait(t.Context(), call(), nil) })
		<-waiting
		_ = before.Listener.Close()
		before.CloseClientConnections()
		after := &http.Server{ReadHeaderTimeout: patient, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { write(200, ended)(w, r, 1) })}
		listener, listenErr := (&net.ListenConfig{}).Listen(t.Context(), "tcp", before.Listener.Addr().String())
		if listenErr != nil {
			t.Fatal(listenErr)
		}
		go func() { _ = after.Serve(listener) }()
		t.Cleanup(func() { _ = after.Close() })
		wait.Wait()
		if err != nil || report.Outcome != calling.OutcomeCompleted {
			t.Errorf("it is %+v: %v", report, err)
		}
	})
}

func TestHangUp(t *testing.T) {
	t.Parallel()
	for status, ok := range map[int]bool{200: true, 202: true, 204: true, 404: true, 302: false, 401: false, 500: false, 503: false} {
		t.Run(fmt.Sprintf("answered %d", status), func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers{http.MethodDelete: write(status, ``)})
			c, _ := carrier(t, s.URL, nil)
			if err := c.HangUp(t.Context(), call()); (err == nil) != ok {
				t.Errorf("says %v", err)
			}
		})
	}
}

func TestKeeps(t *testing.T) {
	t.Parallel()
	if !webhook.New(webhook.Config{URL: "http://localhost", Token: token}).Keeps() {
		t.Error("calls are said to end with the process")
	}
}

// carry has a call started and waits for its end.
func carry(t *testing.T, c *webhook.Carrier) {
	t.Helper()
	if refusal, err := c.Start(t.Context(), call()); refusal != nil || err != nil {
		t.Errorf("refused: %+v, %v", refusal, err)
	}
	if _, _, err := c.Wait(t.Context(), call(), nil); err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	takes := answers{http.MethodPut: write(http.StatusCreated, state("queued", "")), http.MethodGet: write(200, ended)}
	t.Run("one for calls one after another", func(t *testing.T) {
		t.Parallel()
		s := serve(t, takes)
		c, _ := carrier(t, s.URL, nil)
		for range 50 {
			carry(t, c)
		}
		if s.connections != 1 {
			t.Errorf("%d connections", s.connections)
		}
	})
	t.Run("no more than calls at once", func(t *testing.T) {
		t.Parallel()
		const calls = 20
		s := serve(t, takes)
		c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.Calls = calls })
		var all sync.WaitGroup
		for range calls {
			all.Go(func() {
				for range 20 {
					carry(t, c)
				}
			})
		}
		all.Wait()
		// A dial that was begun is finished even if another connection came free.
		if s.connections > 2*calls {
			t.Errorf("%d connections for %d calls at once", s.connections, calls)
		}
	})
}
