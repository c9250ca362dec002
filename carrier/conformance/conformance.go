// Package conformance checks a voice-agent runtime against the carrier protocol
// (docs/carrier-protocol.md): each check is a row with what the protocol says,
// how it is tried, and what to do where it fails. It has the runtime dial a
// number, a few times, and hangs up again.
//
// Start reading at Checks.
package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
)

// Dials is how often a runtime that passes dials the number; MaxDials how often
// one that is broken may.
const (
	Dials    = 2
	MaxDials = 4
)

// Config says what to check. All but Patience must be set.
type Config struct {
	URL, Token string         // as CARRIER_URL and CARRIER_TOKEN
	To, From   calling.Number // To is dialed
	Patience   time.Duration  // how long the runtime may take for what it does at once; default 10 seconds
}

// Check is one thing that the protocol asks for.
type Check struct {
	Name string // what a runtime does that passes
	Do   string // what to do about one that does not

	run func(ctx context.Context, s *session) error
}

// Result of a check. Err is nil when it passed, else what was seen.
type Result struct {
	Check Check
	Err   error
}

// Checks returns every check, in the order in which they are made. The slice is
// the caller's own.
func Checks() []Check {
	return []Check{
		{"refuses requests without a token", "answer 401 before anything else unless Authorization is Bearer and your token", withoutToken},
		{"refuses a wrong token", "compare the whole token, not only that there is one", wrongToken},
		{"answers 404 when it is asked for a call it does not know", "answer 404 to GET for ids that were never accepted, and for no others", getUnknown},
		{"answers 404 when it is to hang up a call it does not know", "answer 404 to DELETE for ids that were never accepted", deleteUnknown},
		{
			"refuses a number that is none, with an outcome",
			`answer 422 with {"outcome": "invalid_number", "reason": "…"}, and dial nothing`, badNumber,
		},
		{
			"does not dial what arrives after Outdial-Start-Before",
			"answer 412 to a new id when the header's instant has passed, keep no call of it, and keep the clock right (NTP)", late,
		},
		{"accepts a new call with 201", "answer PUT of a new id with 201 and the call: its id, its state", accept},
		{"answers the same call asked for again with 200", "look the id up before anything else; answer 200 and the call as it is now", again},
		{"refuses another call with a known id", "keep the body of each id and answer 409 when another one comes", otherBody},
		{"accepts a call once when ten ask for it together", "insert the id first, under a unique key or a lock, and dial only where that was new", together},
		{"tells at once how a call stands that is not in the state named", "answer GET ?state=…&wait=… at once when the state is another one", otherState},
		{"waits while a call stays in the state named", "hold GET ?state=…&wait=… for wait seconds while the state is that one, then answer 200", sameState},
		{"tells those who wait when a call changes", "wake requests that wait whenever a call's state changes", wakes},
		{"hangs up", "answer DELETE with 204 and end the call: the next GET says ended", hangUp},
		{
			"tells how a call ended, and when",
			"give a call that ended one of the protocol's outcomes, endedAt, and durationSeconds (0 when nobody answered)", ended,
		},
		{"writes times as RFC 3339, by a clock that is right", "write times as 2027-03-01T09:00:00Z, or null; keep the clock right (NTP)", times},
	}
}

// Run makes every check, one after another, and tells of each as it is done. It
// hangs up what it had dialed, and stops early where nobody answers at all.
func Run(ctx context.Context, config Config, done func(Result)) (failed int) {
	if config.Patience <= 0 {
		config.Patience = 10 * time.Second
	}
	config.URL = strings.TrimRight(config.URL, "/")
	s := &session{Config: config, round: uuid.New(), client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	defer s.end(ctx)
	if first := s.knock(ctx); first.Err != nil {
		done(first) // the checks would all say the same, and not what it is
		return 1
	}
	for _, check := range Checks() {
		err := check.run(ctx, s)
		if err != nil {
			failed++
		}
		done(Result{Check: check, Err: err})
	}
	return failed
}

// knock sees whether a runtime is there that takes the token.
func (s *session) knock(ctx context.Context) Result {
	a, err := s.ask(ctx, http.MethodGet, s.id("knock"), nil, nil)
	switch {
	case err != nil:
		return Result{Check{Name: "can be reached", Do: "start the runtime, and give its address, with http:// or https:// as it speaks, as CARRIER_URL"}, err}
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return Result{
			Check{Name: "takes the token", Do: "give the token that the runtime expects as CARRIER_TOKEN"},
			fmt.Errorf("GET with the token is answered %d", a.status),
		}
	}
	return Result{}
}

// id names a call of this session; the same name gives the same id.
func (s *session) id(name string) string {
	return calling.PublicID(calling.AttemptPrefix, uuid.NewSHA1(s.round, []byte(name)))
}

// first and shared are the calls that are really dialed.
const (
	first  = "first"
	shared = "shared"
)

// dialed has the runtime know a call, and returns how it stands.
func (s *session) dialed(ctx context.Context, name string) (call, error) {
	a, err := s.ask(ctx, http.MethodPut, s.id(name), s.body(s.To, ""), nil)
	if err == nil && a.status != http.StatusCreated && a.status != http.StatusOK {
		err = fmt.Errorf("PUT is answered %d", a.status)
	}
	if err != nil {
		return call{}, fmt.Errorf("cannot be checked without a call: %w", err)
	}
	return s.look(ctx, name, "")
}
