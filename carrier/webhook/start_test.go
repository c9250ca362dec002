package webhook_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/webhook"
)

type answers = map[string]func(http.ResponseWriter, *http.Request, int)

func TestStartAsks(t *testing.T) {
	t.Parallel()
	s := serve(t, answers{http.MethodPut: write(http.StatusCreated, state("queued", ""))})
	c, _ := carrier(t, s.URL, nil)
	first := call()
	first.StartBefore = time.Now().Add(time.Hour)
	for range 2 {
		if refusal, err := c.Start(t.Context(), first); refusal != nil || err != nil {
			t.Fatalf("refused: %+v, %v", refusal, err)
		}
	}
	asked := s.all(http.MethodPut)
	t.Run("for the call, with everything a runtime needs", func(t *testing.T) {
		t.Parallel()
		want := `{"to":"+12025550101","from":"+12025550199","organizationId":"org_1","batchJobId":"batch_1","contactId":"contact_1","attempt":2,` +
			`"agent":{"id":"agent_1","architecture":"pipeline","prompt":"You are calling <John>."},"contactName":"John Smith",` +
			`"variables":{"account":12345678901234567890,"renewalDate":"Feb 1"},"ringTimeoutSeconds":45,"maxDurationSeconds":1800}` + "\n"
		if diff := cmp.Diff(want, asked[0].body); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("in the same words every time", func(t *testing.T) {
		t.Parallel()
		if asked[0].body != asked[1].body {
			t.Errorf("the second time it is\n%s", asked[1].body)
		}
	})
	t.Run("with nothing personal in the address, and the rest in headers", func(t *testing.T) {
		t.Parallel()
		if asked[0].uri != "/v1/calls/"+id {
			t.Errorf("the address is %s", asked[0].uri)
		}
		for name, want := range map[string]string{
			"Authorization": "Bearer " + token, "Content-Type": "application/json",
			"Outdial-Start-Before": first.StartBefore.UTC().Format(time.RFC3339Nano),
		} {
			if got := asked[0].header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if agent := asked[0].header.Get("User-Agent"); !strings.HasPrefix(agent, "Outdial") {
			t.Errorf("it calls itself %q", agent)
		}
	})
}

func TestStartReads(t *testing.T) {
	t.Parallel()
	header := func(name, value string, status int) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set(name, value)
			w.WriteHeader(status)
		}
	}
	clock := newClock()
	in90 := clock.Now().Add(90 * time.Second).Format(http.TimeFormat)
	full := func(retryAfter time.Duration, reason string) *calling.Report {
		return &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, RetryAfter: retryAfter, Reason: reason}
	}
	report := func(o calling.Outcome, reason string) *calling.Report {
		return &calling.Report{Outcome: o, Reason: reason}
	}
	const wrongAddress = "nothing at CARRIER_URL speaks the carrier protocol (404): set it to what comes before /v1/calls"
	const wrongToken = "the runtime refuses the token: set CARRIER_TOKEN to the one it expects"
	known := write(http.StatusOK, state("ringing", ""))
	for behaviour, row := range map[string]struct {
		put, get func(http.ResponseWriter, *http.Request, int)
		refusal  *calling.Report
		err      string // "" = none
		puts     int
	}{
		"a call that is taken":                       {write(201, state("queued", "")), nil, nil, "", 1},
		"a call that is known":                       {write(200, state("answered", "")), nil, nil, "", 1},
		"a call that has ended":                      {write(200, ended), nil, nil, "", 1},
		"a number of another call":                   {write(409, `{}`), nil, report(calling.OutcomeCarrierError, "the runtime already has another call with this id (409)"), "", 1},
		"a refusal with its outcome":                 {write(422, `{"outcome":"invalid_number","reason":"12025550101 does not exist"}`), nil, report(calling.OutcomeInvalidNumber, "… does not exist"), "", 1},
		"a refusal with an outcome of its own":       {write(400, `{"outcome":"meh","reason":"bad"}`), nil, report(calling.OutcomeCarrierError, "bad"), "", 1},
		"a refusal without a word":                   {write(400, ``), nil, report(calling.OutcomeCarrierError, "the runtime refused the call (400)"), "", 1},
		"an agent that is not there":                 {write(404, `{"reason":"no such agent"}`), nil, report(calling.OutcomeCarrierError, "no such agent"), "", 1},
		"an address where nobody is":                 {write(404, "404 page not found"), nil, full(30*time.Second, wrongAddress), "", 1},
		"a runtime that is full":                     {header("Retry-After", "7", 429), nil, full(7*time.Second, "the runtime is full (429)"), "", 1},
		"one that is full until a time":              {header("Retry-After", in90, 503), nil, full(90*time.Second, "the runtime is full (503)"), "", 1},
		"one that is full for ages":                  {header("Retry-After", "999999999", 503), nil, full(time.Hour, "the runtime is full (503)"), "", 1},
		"one that is full for nonsense":              {header("Retry-After", "-3 days", 429), nil, full(0, "the runtime is full (429)"), "", 1},
		"a token that is refused":                    {write(401, ``), nil, full(30*time.Second, wrongToken), "", 1},
		"an ask that came too late":                  {write(412, ``), nil, nil, webhook.ErrTooLate.Error(), 1},
		"a failure after it was taken":               {write(500, ``), known, nil, "", 1},
		"a failure before it was taken":              {once(500, 201), nil, nil, "", 2},
		"failures without end":                       {write(502, ``), nil, nil, "502", 3},
		"failures of both kinds":                     {write(500, ``), write(500, ``), nil, "500", 1},
		"a failure, and then a full runtime":         {once(500, 429), nil, nil, "earlier ask", 2},
		"a failure, and then a refusal":              {once(500, 422), nil, report(calling.OutcomeCarrierError, "the runtime refused the call (422)"), "", 2},
		"a redirect":                                 {header("Location", "https://elsewhere.example", 307), header("Location", "/", 301), nil, "redirect", 1},
		"a status that means something else":         {write(202, ``), known, nil, "", 1},
		"an answer that is huge, of a call taken":    {huge(201), known, nil, "", 1},
		"an answer that breaks off, of a call taken": {breakOff, known, nil, "", 1},
		"a reset after it was taken":                 {reset, known, nil, "", 1},
		"a reset before it was taken":                {func(w http.ResponseWriter, r *http.Request, nth int) { pick(nth, reset, write(201, ``))(w, r, nth) }, nil, nil, "", 2},
		"a look that talks nonsense":                 {reset, write(200, `<html>`), nil, "no call", 1},
		"a look that is about another call":          {reset, write(200, `{"id":"other","state":"ringing"}`), nil, "another id", 1},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers{http.MethodPut: row.put, http.MethodGet: row.get})
			c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.Now = clock.Now })
			refusal, err := c.Start(t.Context(), call())
			if diff := cmp.Diff(row.refusal, refusal); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (row.err == "") || (err != nil && !strings.Contains(err.Error(), row.err)) {
				t.Errorf("the error is %v, want %q", err, row.err)
			}
			if err != nil {
				discreet(t, err.Error())
			}
			if n := s.count(http.MethodPut); n != row.puts {
				t.Errorf("it is asked for %d times, want %d", n, row.puts)
			}
		})
	}
}

// once answers with one status first, then with another.
func once(first, then int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, nth int) {
		pick(nth, write(first, ``), write(then, ``))(w, r, nth)
	}
}

func pick[T any](nth int, all ...T) T { return all[min(nth, len(all))-1] }

// reset breaks the connection after the request was read.
func reset(w http.ResponseWriter, _ *http.Request, _ int) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not an end
	}
	_ = connection.Close()
}

// breakOff announces more than it writes.
func breakOff(w http.ResponseWriter, _ *http.Request, _ int) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"id":`)
}

func huge(status int) func(http.ResponseWriter, *http.Request, int) {
	return write(status, state("ringing", `,"reason":"`+strings.Repeat("a", 2<<20)+`"`))
}

// hang does not answer until whoever asked has gone.
func hang(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }

func TestStartUnreached(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	plain := serve(t, nil)
	for behaviour, address := range map[string]string{
		"nobody listens":    gone.URL,
		"no such name":      "http://runtime.invalid",
		"not the TLS it is": strings.Replace(plain.URL, "http://", "https://", 1),
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			c, _ := carrier(t, address, nil)
			want := &calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, Reason: "runtime unreachable"}
			refusal, err := c.Start(t.Context(), call())
			if diff := cmp.Diff(want, refusal); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
			if err := c.HangUp(t.Context(), call()); err == nil {
				t.Error("hanging up is said to have worked")
			}
		})
	}
	t.Run("without a word to whom it redirects", func(t *testing.T) {
		t.Parallel()
		other := serve(t, answers{http.MethodPut: write(201, ``), http.MethodGet: write(200, ended)})
		s := serve(t, answers{http.MethodPut: func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusPermanentRedirect)
		}})
		c, _ := carrier(t, s.URL, nil)
		if refusal, err := c.Start(t.Context(), call()); err == nil {
			t.Errorf("it is answered %+v", refusal)
		}
		if len(other.all(http.MethodPut))+len(other.all(http.MethodGet)) > 0 {
			t.Error("the other one was asked")
		}
	})
}

func TestStartInTime(t *testing.T) {
	t.Parallel()
	t.Run("asks nobody when it is too late", func(t *testing.T) {
		t.Parallel()
		s := serve(t, answers{http.MethodPut: write(201, ``)})
		clock := newClock()
		c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.Now = clock.Now })
		late := call()
		late.StartBefore = clock.Now()
		if refusal, err := c.Start(t.Context(), late); refusal != nil || !errors.Is(err, webhook.ErrTooLate) {
			t.Errorf("it is answered %+v, %v", refusal, err)
		}
		if n := s.count(http.MethodPut); n > 0 {
			t.Errorf("it is asked for %d times", n)
		}
	})
	t.Run("does not ask again once it is too late", func(t *testing.T) {
		t.Parallel()
		clock := newClock()
		s := serve(t, answers{
			http.MethodPut: write(500, ``),
			http.MethodGet: func(w http.ResponseWriter, _ *http.Request, _ int) {
				clock.forward(time.Minute) // as if the process had been frozen
				w.WriteHeader(http.StatusNotFound)
			},
		})
		c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.Now = clock.Now })
		soon := call()
		soon.StartBefore = clock.Now().Add(time.Minute)
		if refusal, err := c.Start(t.Context(), soon); refusal != nil || !errors.Is(err, webhook.ErrTooLate) {
			t.Errorf("it is answered %+v, %v", refusal, err)
		}
		if n := s.count(http.MethodPut); n != 1 {
			t.Errorf("it is asked for %d times", n)
		}
	})
	t.Run("gives an ask up that is under way then", func(t *testing.T) {
		t.Parallel()
		s := serve(t, answers{http.MethodPut: hang})
		c, _ := carrier(t, s.URL, nil)
		soon := call()
		soon.StartBefore = time.Now().Add(200 * time.Millisecond)
		if refusal, err := c.Start(t.Context(), soon); refusal != nil || !errors.Is(err, webhook.ErrTooLate) {
			t.Errorf("it is answered %+v, %v", refusal, err)
		}
	})
	t.Run("looks for a call whose ask is not answered", func(t *testing.T) {
		t.Parallel()
		s := serve(t, answers{http.MethodPut: hang, http.MethodGet: write(200, state("ringing", ""))})
		c, _ := carrier(t, s.URL, func(c *webhook.Config) { c.AskTimeout = 100 * time.Millisecond })
		if refusal, err := c.Start(t.Context(), call()); refusal != nil || err != nil {
			t.Errorf("it is answered %+v, %v", refusal, err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("the program stops")
		s := serve(t, answers{http.MethodPut: func(w http.ResponseWriter, r *http.Request, nth int) {
			cancel(cause)
			hang(w, r, nth)
		}})
		c, _ := carrier(t, s.URL, nil)
		if refusal, err := c.Start(ctx, call()); refusal != nil || !errors.Is(err, cause) {
			t.Errorf("it is answered %+v, %v", refusal, err)
		}
	})
}

func TestStartComplainsOnceAMinute(t *testing.T) {
	t.Parallel()
	for behaviour, row := range map[string]struct {
		status int
		says   string
	}{
		"of a token that is refused":              {http.StatusUnauthorized, "CARRIER_TOKEN"},
		"of an address where nobody is":           {http.StatusNotFound, "CARRIER_URL"},
		"of a clock that finds it late too early": {http.StatusPreconditionFailed, "NTP"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answers{http.MethodPut: write(row.status, ``)})
			clock := newClock()
			c, log := carrier(t, s.URL, func(c *webhook.Config) { c.Now = clock.Now })
			for range 3 {
				for range 3 {
					if refusal, err := c.Start(t.Context(), call()); refusal == nil && !errors.Is(err, webhook.ErrTooLate) {
						t.Fatal(err)
					}
				}
				clock.forward(time.Minute)
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != 3 || strings.Count(log.String(), row.says) != 3 {
				t.Errorf("it is logged %d times in three minutes: %s", n, log)
			}
		})
	}
}
