// Runtime is a voice-agent runtime to start from: it speaks the whole carrier
// protocol (docs/carrier-protocol.md) with nothing but the standard library, and
// rings nobody. Put your agent where dial is. It keeps calls in memory; a runtime
// for production keeps them on disk before it answers 201 (the id, the body, and
// how the call stands), so that after a crash it neither dials an id again nor
// answers 404 for a call it has made.
//
//	go run ./examples/runtime -addr 127.0.0.1:9090 -token secret
package main

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"flag"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// call is what GET answers. Times are nil until they have come.
type call struct {
	ID              string     `json:"id"`
	State           string     `json:"state"` // queued, ringing, answered, ended
	Outcome         string     `json:"outcome,omitempty"`
	RingingAt       *time.Time `json:"ringingAt"`
	AnsweredAt      *time.Time `json:"answeredAt"`
	EndedAt         *time.Time `json:"endedAt"`
	DurationSeconds float64    `json:"durationSeconds"`
	Reason          string     `json:"reason"`

	body    []byte        // as it was asked for
	hungUp  chan struct{} // closed by DELETE
	changed chan struct{} // closed, and made anew, with every change of state
}

type runtime struct {
	token string
	pace  time.Duration // longest ring and longest talk

	mu    sync.Mutex
	calls map[string]*call // guarded by mu, as what is in them
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func main() {
	addr := flag.String("addr", "127.0.0.1:9090", "address to serve on")
	token := flag.String("token", "", "the bearer token to expect: Outdial's CARRIER_TOKEN")
	pace := flag.Duration("pace", 5*time.Second, "longest ring, and longest talk")
	flag.Parse()
	if *token == "" {
		log.Fatal("say which token to expect: -token secret")
	}
	r := &runtime{token: *token, pace: *pace, calls: map[string]*call{}}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/calls/{id}", r.start)
	mux.HandleFunc("GET /v1/calls/{id}", r.look)
	mux.HandleFunc("DELETE /v1/calls/{id}", r.hangUp)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("waiting for calls on http://%s", listener.Addr())
	server := &http.Server{Handler: r.authorized(mux), ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}

func (r *runtime) authorized(next http.Handler) http.Handler {
	want := []byte("Bearer " + r.token)
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if subtle.ConstantTimeCompare([]byte(q.Header.Get("Authorization")), want) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, q)
	})
}

// start dials once for each id, however often it is asked for.
func (r *runtime) start(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, 1<<20))
	var asked struct{ To, From string }
	if err != nil || json.Unmarshal(body, &asked) != nil {
		answer(w, http.StatusBadRequest, map[string]string{"outcome": "carrier_error", "reason": "the body is no call"})
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.calls[q.PathValue("id")]; known != nil { // before everything else: it is not dialed again
		if bytes.Equal(known.body, body) {
			answer(w, http.StatusOK, known)
		} else {
			answer(w, http.StatusConflict, map[string]string{"reason": "the id is another call's"})
		}
		return
	}
	if latest := q.Header.Get("Outdial-Start-Before"); latest != "" {
		if at, err := time.Parse(time.RFC3339Nano, latest); err != nil || time.Now().After(at) {
			answer(w, http.StatusPreconditionFailed, map[string]string{"reason": "too late to dial"})
			return
		}
	}
	if !e164.MatchString(asked.To) {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"outcome": "invalid_number", "reason": "to is no E.164 number"})
		return
	}
	c := &call{ID: q.PathValue("id"), State: "queued", body: body, hungUp: make(chan struct{}), changed: make(chan struct{})}
	r.calls[c.ID] = c           // in production: on disk, before the answer
	log.Printf("dial %q", c.ID) //nolint:gosec // quoted
	go r.dial(c)
	answer(w, http.StatusCreated, c)
}

// look answers once the call is not in the state that was named, or wait is over.
func (r *runtime) look(w http.ResponseWriter, q *http.Request) {
	seconds, _ := strconv.ParseFloat(q.FormValue("wait"), 64) // without it: at once
	deadline := time.After(time.Duration(min(max(seconds, 0), 60) * float64(time.Second)))
	for {
		r.mu.Lock()
		c := r.calls[q.PathValue("id")]
		if c == nil {
			r.mu.Unlock()
			answer(w, http.StatusNotFound, map[string]string{"reason": "no such call"})
			return
		}
		seen, changed := *c, c.changed
		r.mu.Unlock()
		if seen.State == q.FormValue("state") && seconds > 0 {
			select {
			case <-changed:
				continue
			case <-deadline:
			case <-q.Context().Done():
				return
			}
		}
		answer(w, http.StatusOK, &seen)
		return
	}
}

func (r *runtime) hangUp(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[q.PathValue("id")]
	if c == nil {
		answer(w, http.StatusNotFound, map[string]string{"reason": "no such call"})
		return
	}
	select {
	case <-c.hungUp:
	default:
		close(c.hungUp)
	}
	w.WriteHeader(http.StatusNoContent)
}

// dial is where your agent goes: dial c.body's "to", speak by "agent.prompt",
// tell of every change with set, and stop when hungUp is closed. Give up after
// ringTimeoutSeconds of ringing and maxDurationSeconds of talking.
func (r *runtime) dial(c *call) {
	r.set(c, func(now time.Time) { c.State, c.RingingAt = "ringing", &now })
	if !c.sleep(r.someTime()) {
		r.end(c, "cancelled")
		return
	}
	outcomes := []string{"completed", "completed", "completed", "voicemail", "no_answer", "busy"}
	outcome := outcomes[rand.N(len(outcomes))] //nolint:gosec // chance, no secret
	if outcome == "completed" || outcome == "voicemail" {
		r.set(c, func(now time.Time) { c.State, c.AnsweredAt = "answered", &now })
		if !c.sleep(r.someTime()) {
			outcome = "cancelled"
		}
	}
	r.end(c, outcome)
}

func (r *runtime) someTime() time.Duration {
	return rand.N(r.pace + 1) //nolint:gosec // chance, no secret
}

// sleep reports whether nobody hung up meanwhile.
func (c *call) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-c.hungUp:
		return false
	}
}

func (r *runtime) end(c *call, outcome string) {
	r.set(c, func(now time.Time) {
		c.State, c.Outcome, c.EndedAt = "ended", outcome, &now
		if c.AnsweredAt != nil {
			c.DurationSeconds = now.Sub(*c.AnsweredAt).Seconds()
		}
	})
}

// set changes a call and wakes those who wait for that.
func (r *runtime) set(c *call, change func(now time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(time.Now().UTC())
	close(c.changed)
	c.changed = make(chan struct{})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked may have gone
}
