package edge_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// clock is a time in the test's hands.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time { return c.now }

// admitted returns how many of n requests of a viewer are let in.
func admitted(l *edge.Limiter, viewer auth.Viewer, n int) int {
	count := 0
	for range n {
		if l.Admit(viewer) == nil {
			count++
		}
	}
	return count
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	key, session := auth.Viewer{OrganizationID: "org_1", KeyID: "key_1"}, auth.Viewer{OrganizationID: "org_1", SessionID: "session_1"}

	t.Run("lets a sixth of a minute's requests in at once, and then so many a minute", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := edge.NewLimiter(600, c.time)
		if n := admitted(l, key, 1000); n != 100 {
			t.Errorf("%d at once", n)
		}
		total := 0
		for range 60 {
			c.now = c.now.Add(time.Second)
			total += admitted(l, key, 1000)
		}
		if total != 600 {
			t.Errorf("%d in a minute", total)
		}
	})

	t.Run("counts every key and every session by itself", func(t *testing.T) {
		t.Parallel()
		l := edge.NewLimiter(1, newClock().time)
		other := auth.Viewer{OrganizationID: "org_1", KeyID: "key_2"}
		for _, viewer := range []auth.Viewer{key, session, other, {OrganizationID: "org_2"}} {
			if n := admitted(l, viewer, 3); n != 1 {
				t.Errorf("%+v: %d", viewer, n)
			}
		}
	})

	t.Run("says what is too much, and when to come back, which is then right", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := edge.NewLimiter(12, c.time)
		admitted(l, session, 10)
		err := edge.Public(l.Admit(session))
		if err.Code != calling.CodeRateLimited || err.RetryAfter != 5*time.Second ||
			err.Detail != "At most 12 requests a minute may come from one session; try again in 5 seconds." {
			t.Errorf("%+v", err)
		}
		if c.now = c.now.Add(err.RetryAfter); l.Admit(session) != nil {
			t.Error("it was too early")
		}
	})

	t.Run("refused requests cost nothing", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := edge.NewLimiter(60, c.time)
		admitted(l, key, 10_000)
		if c.now = c.now.Add(time.Second); admitted(l, key, 10) != 1 {
			t.Error("they were counted")
		}
	})

	t.Run("remembers over the end of a minute", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		l := edge.NewLimiter(5, c.time)
		c.now = c.now.Add(59 * time.Second)
		admitted(l, key, 5)
		if c.now = c.now.Add(2 * time.Second); admitted(l, key, 5) != 0 {
			t.Error("it forgot")
		}
	})

	t.Run("zero, and no limiter, is no limit", func(t *testing.T) {
		t.Parallel()
		if n := admitted(edge.NewLimiter(0, newClock().time), key, 100_000); n != 100_000 {
			t.Errorf("%d", n)
		}
	})
}

// keys knows one key, and counts how often it is asked.
type keys struct {
	good  string
	asked atomic.Int64
	fails error
}

func (k *keys) Identify(_ context.Context, c auth.Credentials) (auth.Viewer, error) {
	k.asked.Add(1)
	switch {
	case k.fails != nil:
		return auth.Viewer{}, k.fails
	case c.Key != k.good:
		return auth.Viewer{}, calling.Errorf(calling.CodeUnauthenticated, "unknown")
	}
	return auth.Viewer{OrganizationID: "org_1", KeyID: "key_1"}, nil
}

// from runs do in the context of a request from an address.
func from(t *testing.T, address string, do func(ctx context.Context)) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.RemoteAddr = address
	j := &journal{}
	edge.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { do(r.Context()) }), j.logger()).ServeHTTP(httptest.NewRecorder(), r)
}

func TestGuard(t *testing.T) {
	t.Parallel()
	const address = "192.0.2.1:1000"
	try := func(t *testing.T, g *edge.Guard, address, key string) calling.Code {
		t.Helper()
		var err error
		from(t, address, func(ctx context.Context) { _, err = g.Identify(ctx, auth.Credentials{Key: key}) })
		if err == nil {
			return ""
		}
		return calling.CodeOf(err)
	}
	wrong := func(t *testing.T, g *edge.Guard, address string, n int) (limited int) {
		t.Helper()
		for i := range n {
			if try(t, g, address, fmt.Sprint("wrong", i)) == calling.CodeRateLimited {
				limited++
			}
		}
		return limited
	}

	t.Run("stops asking for addresses that try wrong keys", func(t *testing.T) {
		t.Parallel()
		k := &keys{good: "good"}
		g := edge.NewGuard(k, newClock().time)
		if n := wrong(t, g, address, 100); n != 90 || k.asked.Load() != 10 {
			t.Errorf("%d refused, %d asked", n, k.asked.Load())
		}
		if got := try(t, g, "192.0.2.1:2000", "good"); got != calling.CodeRateLimited {
			t.Errorf("a key it has not seen is answered %q", got)
		}
		if got := try(t, g, "192.0.2.2:1000", "good"); got != "" {
			t.Errorf("another address is answered %q", got)
		}
	})

	t.Run("goes on with keys that were good, and with everybody after a while", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		k := &keys{good: "good"}
		g := edge.NewGuard(k, c.time)
		try(t, g, address, "good")
		wrong(t, g, address, 100)
		if got := try(t, g, address, "good"); got != "" {
			t.Errorf("the good key is answered %q", got)
		}
		k.good = "revoked since"
		if got := try(t, g, address, "good"); got != calling.CodeUnauthenticated {
			t.Errorf("a key that was revoked is answered %q", got)
		}
		c.now = c.now.Add(2 * time.Second)
		if got := try(t, g, address, "revoked since"); got != "" {
			t.Errorf("after a while: %q", got)
		}
	})

	t.Run("good keys and failures of our own are never counted", func(t *testing.T) {
		t.Parallel()
		k := &keys{good: "good"}
		g := edge.NewGuard(k, newClock().time)
		for range 1000 {
			if got := try(t, g, address, "good"); got != "" {
				t.Fatal(got)
			}
		}
		k.fails = context.DeadlineExceeded
		for range 1000 {
			try(t, g, address, "other")
		}
		k.fails = nil
		if got := try(t, g, address, "good"); got != "" {
			t.Error(got)
		}
	})

	t.Run("a client with IPv6 has one address, however many it has", func(t *testing.T) {
		t.Parallel()
		g := edge.NewGuard(&keys{}, newClock().time)
		limited := 0
		for i := range 100 {
			limited += wrong(t, g, fmt.Sprintf("[2001:db8:1:2::%x]:1000", i), 1)
		}
		if limited != 90 || wrong(t, g, "[2001:db8:1:3::1]:1000", 1) != 0 {
			t.Errorf("%d refused", limited)
		}
	})
}

func TestClientAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ remote, forwarded, want string }{
		"on this machine":                 {"127.0.0.1:80", "203.0.113.9, 192.0.2.7", "192.0.2.7"},
		"on this network":                 {"10.1.2.3:80", "2001:db8:1:2::3", "2001:db8:1:2::/64"},
		"that says nothing":               {"127.0.0.1:80", "", "127.0.0.1"},
		"that says nonsense":              {"127.0.0.1:80", "unknown", "127.0.0.1"},
		"elsewhere, which is not trusted": {"192.0.2.1:80", "203.0.113.9", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
			r.RemoteAddr = row.remote
			if row.forwarded != "" {
				r.Header.Set("X-Forwarded-For", row.forwarded)
			}
			var got string
			log := slog.New(slog.DiscardHandler)
			edge.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = edge.ClientAddress(r.Context()) }), log).
				ServeHTTP(httptest.NewRecorder(), r)
			if got != row.want {
				t.Errorf("it is %s, want %s", got, row.want)
			}
		})
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"192.0.2.1:80": "192.0.2.1", "[::ffff:192.0.2.1]:80": "192.0.2.1", "[2001:db8::1%eth0]:80": "2001:db8::/64",
		"[::1]:80": "::/64", "@": "@", "host:80": "host",
	} {
		from(t, given, func(ctx context.Context) {
			if got := edge.ClientAddress(ctx); got != want {
				t.Errorf("%s is %s", given, got)
			}
		})
	}
	if got := edge.ClientAddress(t.Context()); got != "" {
		t.Errorf("outside a request: %s", got)
	}
}

func TestRefuseSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	j := &journal{}
	for wait, want := range map[time.Duration]string{0: "", time.Millisecond: "1", 90 * time.Second: "90", 1001 * time.Millisecond: "2"} {
		w := httptest.NewRecorder()
		edge.Refuse(j.logger(), &calling.Error{Code: calling.CodeRateLimited, Detail: "Too many.", RetryAfter: wait}).
			ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		if got := w.Header().Get("Retry-After"); got != want || w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), "Too many.") {
			t.Errorf("%s: %q, %d", wait, got, w.Code)
		}
	}
}

func TestObserversAreToldOfEveryAnswer(t *testing.T) {
	t.Parallel()
	j := &journal{}
	var told []string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "broken" {
			panic("broken")
		}
		w.WriteHeader(http.StatusTeapot)
	})
	h := edge.Wrap(mux, j.logger(), func(r *http.Request, status int, took time.Duration) {
		told = append(told, fmt.Sprint(r.Pattern, " ", status, " ", took >= 0))
	})
	for _, path := range []string{"/things/1", "/things/broken", "/nothing"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	}
	if got := strings.Join(told, ", "); got != "GET /things/{id} 418 true, GET /things/{id} 500 true,  404 true" {
		t.Error(got)
	}
}
