package chaos

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The events of the observer's journal.
const (
	eventRequest  = "request"  // a PUT arrived
	eventAccepted = "accepted" // the call exists from here on
	eventReplayed = "replayed" // a PUT of a call that exists: nothing rings again
	eventRefused  = "refused"  // for good, with an outcome
	eventFull     = "full"     // 429
	eventFailed   = "failed"   // 500 without accepting
	eventLate     = "late"     // a PUT after its Outdial-Start-Before
	eventConflict = "conflict" // a PUT of a call that exists, with another body
	eventLookup   = "lookup"   // a GET arrived
	eventMissing  = "missing"  // a GET of a call that is not known
	eventRinging  = "ringing"
	eventAnswered = "answered"
	eventEnded    = "ended" // with an outcome; no slot is used any more
	eventHangUp   = "hang_up"
	eventForgot   = "forgot" // every call that was accepted before is forgotten
)

// outcomeDropped is how calls end that their carrier forgot; Outdial is never
// told.
const outcomeDropped = "dropped"

// startBefore is the header after whose time a new call must not be dialed.
const startBefore = "Outdial-Start-Before"

// Line is one line of the observer's journal.
type Line struct {
	Seq        int64     `json:"seq"` // unbroken
	MonoNS     int64     `json:"mono_ns"`
	At         time.Time `json:"wall"`
	Event      string    `json:"event"`
	Conn       int64     `json:"conn,omitempty"`
	Node       string    `json:"node,omitempty"` // the life of a node: who asked
	Key        string    `json:"key,omitempty"`  // the call's id
	Org        string    `json:"org,omitempty"`
	Batch      string    `json:"batch,omitempty"`
	Contact    string    `json:"contact,omitempty"`
	Attempt    int       `json:"attempt,omitempty"`
	To         string    `json:"to,omitempty"`
	From       string    `json:"from,omitempty"`
	BodySHA256 string    `json:"body_sha256,omitempty"`
	Outcome    string    `json:"outcome,omitempty"`
	Seconds    int       `json:"seconds,omitempty"` // how long it was answered, as told to Outdial
	Way        string    `json:"way,omitempty"`     // how the carrier misbehaved
}

// ObserverOptions say how the observer behaves.
type ObserverOptions struct {
	Journal    string        // path of the file
	Seed       uint64        // decides how each call goes
	Misbehaves float64       // share of calls whose first PUT is answered badly
	Shortest   time.Duration // of a call
	Longest    time.Duration
}

// observer is a carrier runtime that speaks the carrier protocol and writes down
// everything it sees before it answers.
type observer struct {
	ObserverOptions
	journal *journal
	began   time.Time
	conns   atomic.Int64

	mu    sync.Mutex
	seq   int64            // guarded by mu
	calls map[string]*call // guarded by mu, as are the calls
	fails map[string]bool  // guarded by mu; the calls whose first PUT was failed
}

// call is a call that was accepted.
type call struct {
	line    Line // as accepted
	fate    fate
	state   string
	ringing time.Time
	answer  time.Time
	end     time.Time
	outcome string
	ending  bool
	changed chan struct{} // closed and replaced at every change of state
}

func newObserver(options ObserverOptions) (*observer, error) {
	j, err := openJournal(options.Journal)
	if err != nil {
		return nil, err
	}
	return &observer{ObserverOptions: options, journal: j, began: time.Now(), calls: map[string]*call{}, fails: map[string]bool{}}, nil
}

type connKey struct{}

// server returns the HTTP server of the carrier protocol. Paths begin with the
// name of whoever asks.
func (o *observer) server() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /{node}/v1/calls/{id}", o.put)
	mux.HandleFunc("GET /{node}/v1/calls/{id}", o.look)
	mux.HandleFunc("DELETE /{node}/v1/calls/{id}", o.hangUp)
	mux.HandleFunc("POST /forget", o.forget)
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: time.Minute,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, o.conns.Add(1))
		},
	}
}

// note writes a line; o.mu is held. What it returns is closed once the line is
// on disk.
func (o *observer) note(line Line) <-chan struct{} {
	o.seq++
	now := time.Now()
	line.Seq, line.At, line.MonoNS = o.seq, now.UTC(), now.Sub(o.began).Nanoseconds()
	return o.journal.add(line)
}

func asker(r *http.Request, event string) Line {
	conn, _ := r.Context().Value(connKey{}).(int64)
	return Line{Event: event, Conn: conn, Node: r.PathValue("node"), Key: r.PathValue("id")}
}

// start is what a PUT says; the rest of the body is only hashed.
type start struct {
	To             string `json:"to"`
	From           string `json:"from"`
	OrganizationID string `json:"organizationId"`
	BatchJobID     string `json:"batchJobId"`
	ContactID      string `json:"contactId"`
	Attempt        int    `json:"attempt"`
}

func (o *observer) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var asked start
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	sum := sha256.Sum256(body)
	line := asker(r, eventRequest)
	line.Org, line.Batch, line.Contact, line.Attempt = asked.OrganizationID, asked.BatchJobID, asked.ContactID, asked.Attempt
	line.To, line.From, line.BodySHA256 = asked.To, asked.From, hex.EncodeToString(sum[:])

	o.mu.Lock()
	o.note(line)
	c, status, written := o.decide(r, line)
	var known callAnswer
	way := behaves
	if c != nil {
		known = c.answerNow()
	}
	if c != nil && status == http.StatusCreated {
		way = c.fate.first
	}
	o.mu.Unlock()
	<-written
	o.answerPut(w, r, status, way, known)
}

// decide decides on a PUT; o.mu is held.
func (o *observer) decide(r *http.Request, line Line) (c *call, status int, written <-chan struct{}) {
	noteAs := func(event, way string) <-chan struct{} {
		line.Event, line.Way = event, way
		return o.note(line)
	}
	if c = o.calls[line.Key]; c != nil {
		if c.line.BodySHA256 != line.BodySHA256 {
			return c, http.StatusConflict, noteAs(eventConflict, "")
		}
		return c, http.StatusOK, noteAs(eventReplayed, "")
	}
	if before, err := time.Parse(time.RFC3339Nano, r.Header.Get(startBefore)); err == nil && time.Now().After(before) {
		return nil, http.StatusPreconditionFailed, noteAs(eventLate, "")
	}
	f := o.fate(line.To, line.Attempt)
	switch {
	case f.refused:
		line.Outcome = f.outcome
		return nil, http.StatusUnprocessableEntity, noteAs(eventRefused, "")
	case f.first == full:
		return nil, http.StatusTooManyRequests, noteAs(eventFull, string(full))
	case f.first == fails && !o.fails[line.Key]:
		o.fails[line.Key] = true
		return nil, http.StatusInternalServerError, noteAs(eventFailed, string(fails))
	}
	if f.first == fails {
		f.first = behaves
	}
	written = noteAs(eventAccepted, string(f.first))
	c = &call{line: line, fate: f, state: "queued", changed: make(chan struct{})}
	o.calls[line.Key] = c
	go o.carry(c, written)
	return c, http.StatusCreated, written
}

func (o *observer) answerPut(w http.ResponseWriter, r *http.Request, status int, way misbehaviour, known callAnswer) {
	switch way {
	case silent:
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute):
		}
		panic(http.ErrAbortHandler)
	case resets:
		panic(http.ErrAbortHandler)
	case failsAfter:
		http.Error(w, "the carrier stumbled", http.StatusInternalServerError)
		return
	case behaves, fails, full:
	}
	switch status {
	case http.StatusCreated, http.StatusOK:
		writeCall(w, status, known)
	case http.StatusUnprocessableEntity:
		writeCall(w, status, map[string]string{"outcome": "invalid_number", "reason": "there is no such number"})
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "full", status)
	default:
		http.Error(w, http.StatusText(status), status)
	}
}

// carry lets a call ring, talk and end.
func (o *observer) carry(c *call, accepted <-chan struct{}) {
	<-accepted
	o.advance(c, "ringing", "")
	time.Sleep(c.fate.ring)
	if c.fate.talk > 0 {
		o.advance(c, "answered", "")
		time.Sleep(c.fate.talk)
	}
	o.advance(c, "ended", c.fate.outcome)
}

// advance moves a call on, which nobody sees before it is written.
func (o *observer) advance(c *call, state, outcome string) {
	o.mu.Lock()
	if c.ending {
		o.mu.Unlock()
		return
	}
	c.ending = state == "ended"
	line := c.line
	line.Event, line.Outcome, line.Node, line.Conn = state, outcome, "", 0
	at := time.Now().UTC()
	switch state {
	case "ringing":
		c.ringing = at
	case "answered":
		c.answer = at
	case "ended":
		c.end, c.outcome = at, outcome
		line.Seconds = c.seconds()
	}
	written := o.note(line)
	o.mu.Unlock()
	<-written
	o.mu.Lock()
	c.state = state
	close(c.changed)
	c.changed = make(chan struct{})
	o.mu.Unlock()
}

// seconds is how long the call was answered, in whole seconds rounded up.
func (c *call) seconds() int {
	if c.answer.IsZero() || c.end.IsZero() {
		return 0
	}
	return int((c.end.Sub(c.answer) + time.Second - 1) / time.Second)
}

// callAnswer is a call in the carrier protocol.
type callAnswer struct {
	ID              string     `json:"id"`
	State           string     `json:"state"`
	Outcome         string     `json:"outcome,omitempty"`
	RingingAt       *time.Time `json:"ringingAt"`
	AnsweredAt      *time.Time `json:"answeredAt"`
	EndedAt         *time.Time `json:"endedAt"`
	DurationSeconds int        `json:"durationSeconds"`
	Reason          string     `json:"reason"`
}

// answerNow says how the call stands, and nothing that is not written yet; o.mu is
// held.
func (c *call) answerNow() callAnswer {
	a := callAnswer{ID: c.line.Key, State: c.state, Reason: "observed"}
	shown := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	switch c.state {
	case "ended":
		a.Outcome, a.EndedAt, a.DurationSeconds = c.outcome, shown(c.end), c.seconds()
		a.AnsweredAt, a.RingingAt = shown(c.answer), shown(c.ringing)
	case "answered":
		a.AnsweredAt, a.RingingAt = shown(c.answer), shown(c.ringing)
	case "ringing":
		a.RingingAt = shown(c.ringing)
	}
	return a
}

func (o *observer) look(w http.ResponseWriter, r *http.Request) {
	line := asker(r, eventLookup)
	o.mu.Lock()
	c := o.calls[line.Key]
	if c == nil {
		line.Event = eventMissing
		written := o.note(line)
		o.mu.Unlock()
		<-written
		http.Error(w, "no such call", http.StatusNotFound)
		return
	}
	written := o.note(line)
	o.mu.Unlock()
	<-written
	seconds, _ := strconv.Atoi(r.URL.Query().Get("wait")) // 0 when it is no number
	until := time.After(time.Duration(min(max(seconds, 0), 60)) * time.Second)
	for {
		o.mu.Lock()
		now, changed := c.answerNow(), c.changed
		o.mu.Unlock()
		if seconds <= 0 || now.State != strings.ToLower(r.URL.Query().Get("state")) {
			writeCall(w, http.StatusOK, now)
			return
		}
		select {
		case <-changed:
		case <-until:
			seconds = 0
		case <-r.Context().Done():
			return
		}
	}
}

func (o *observer) hangUp(w http.ResponseWriter, r *http.Request) {
	line := asker(r, eventHangUp)
	o.mu.Lock()
	c := o.calls[line.Key]
	o.note(line)
	o.mu.Unlock()
	if c == nil {
		http.Error(w, "no such call", http.StatusNotFound)
		return
	}
	o.advance(c, "ended", "cancelled")
	w.WriteHeader(http.StatusNoContent)
}

// forget makes the carrier one that was restarted and kept nothing: calls under
// way end, and nobody is told of any call that was accepted before.
func (o *observer) forget(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	for _, c := range o.calls {
		if !c.ending {
			c.ending = true
			line := c.line
			line.Event, line.Outcome = eventEnded, outcomeDropped
			o.note(line)
		}
	}
	o.calls = map[string]*call{}
	written := o.note(Line{Event: eventForgot})
	o.mu.Unlock()
	<-written
	w.WriteHeader(http.StatusNoContent)
}

func writeCall(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who does not wait for the answer asks again
}
