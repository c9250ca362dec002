package webhook_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/carrier/webhook"
	"github.com/outdial/outdial/dialer"
)

var _ dialer.Carrier = (*webhook.Carrier)(nil)

const (
	id      = "01a20a28-3a32-79a9-a7e6-d63a55d58ab9"
	token   = "a-token-nobody-may-see"
	patient = 30 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func call() calling.Call {
	return calling.Call{
		ID: id, OrganizationID: "org_1", BatchJobID: "batch_1", ContactID: "contact_1", Attempt: 2,
		To: "+12025550101", From: "+12025550199", AgentID: "agent_1", Architecture: calling.Pipeline,
		Prompt: "You are calling <John>.", ContactName: "John Smith",
		Variables:   map[string]any{"renewalDate": "Feb 1", "account": json.Number("12345678901234567890")},
		RingTimeout: 45 * time.Second, MaxDuration: 30 * time.Minute,
	}
}

// asked is a request as a runtime got it.
type asked struct {
	method, uri, body string
	header            http.Header
}

// runtime is a server that does as it is told, and what it was asked.
type runtime struct {
	*httptest.Server

	mu          sync.Mutex
	asked       []asked // guarded by mu
	connections int     // guarded by mu
}

// serve starts a runtime that answers nth, counted from 1, PUT, GET or DELETE
// with what the functions write; one that is nil answers as a runtime that does
// not know the call.
func serve(t *testing.T, on map[string]func(w http.ResponseWriter, r *http.Request, nth int)) *runtime {
	t.Helper()
	s := &runtime{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a body that breaks off is another's matter
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone()})
		s.mu.Unlock()
		if answer := on[r.Method]; answer != nil {
			answer(w, r, s.count(r.Method))
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.connections++
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *runtime) count(method string) int { return len(s.all(method)) }

func (s *runtime) all(method string) []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []asked
	for _, a := range s.asked {
		if a.method == method {
			found = append(found, a)
		}
	}
	return found
}

// write answers with a status and a text.
func write(status int, text string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// state is the body of a call in a state, with more of its fields.
func state(state, more string) string {
	return `{"id":"` + id + `","state":"` + state + `"` + more + `}`
}

const ended = `{"id":"` + id + `","state":"ended","outcome":"completed","endedAt":"2026-11-23T20:01:30Z","durationSeconds":30}`

// carrier is one before a runtime, with what it logged. Nothing private may be
// in it, which the end of the test looks at.
func carrier(t *testing.T, address string, change func(*webhook.Config)) (*webhook.Carrier, *logged) {
	t.Helper()
	log := &logged{}
	config := webhook.Config{
		URL: address + "/", Token: token, AskTimeout: patient, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&config)
	}
	c := webhook.New(config)
	t.Cleanup(func() {
		c.Close()
		discreet(t, log.String())
	})
	return c, log
}

// discreet fails when a text says what nobody may see.
func discreet(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{token, "2025550101", "2025550199", "John", "12345678901234567890"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told: %s", secret, text)
		}
	}
}

// logged is a log that is kept.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// String returns everything that was logged.
func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// clock is one that is put forward by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)} }

// Now is the hour it shows.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
