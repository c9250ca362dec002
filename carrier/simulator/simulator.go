// Package simulator is a carrier that rings nobody. How a call goes is a pure
// function of a seed, the number dialed and the attempt, so that a list of
// contacts always comes out the same; when it goes so is reckoned from the
// moment the attempt was first placed, so that a call outlives the process that
// placed it and is never dialed anew. Numbers with the suffixes of Suffixes
// force an outcome.
package simulator

import (
	"context"
	"sync"
	"time"

	"github.com/outdial/outdial/calling"
)

// Config of a simulator.
type Config struct {
	Seed      uint64
	TimeScale float64          // simulated seconds that pass in one; above 0; default 1
	Now       func() time.Time // default time.Now
}

// Simulator is the carrier. It is safe for concurrent use.
type Simulator struct {
	seed  uint64
	scale float64
	now   func() time.Time

	mu       sync.Mutex
	inFlight map[string]*flight // guarded by mu; by call id
	flying   map[string]int     // guarded by mu; calls by batch job and by organization
	peaks    map[string]int     // guarded by mu; the most of the same
}

// New returns a simulator.
func New(config Config) *Simulator {
	s := &Simulator{
		seed: config.Seed, scale: config.TimeScale, now: config.Now,
		inFlight: map[string]*flight{}, flying: map[string]int{}, peaks: map[string]int{},
	}
	if s.scale <= 0 {
		s.scale = 1
	}
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // the one default of the injected clock
	}
	return s
}

// Start implements dialer.Carrier. A simulated call begins with its claim, so
// there is nothing to ask for; whether it is refused is part of its course.
func (s *Simulator) Start(context.Context, calling.Call) (refusal *calling.Report, err error) {
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Keeps implements dialer.Carrier: what a call is like is reckoned anew by
// whoever waits for it.
func (s *Simulator) Keeps() bool { return true }

// Wait implements dialer.Carrier: it waits for the simulated call to end. Every
// call that was claimed is known. The report's instants are those of the watch on
// the wall, Talk is simulated time.
func (s *Simulator) Wait(ctx context.Context, call calling.Call, found func()) (report calling.Report, known bool, err error) {
	if found != nil {
		found()
	}
	hungUp := s.begin(call)
	defer s.end(call)
	course := s.Course(call.To, call.Attempt)
	course.limit(call.RingTimeout, call.MaxDuration)
	ringing := call.StartedAt
	answered := ringing.Add(s.scaled(course.Ring))
	ended := answered.Add(s.scaled(course.Talk))
	timer := time.NewTimer(ended.Sub(s.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hungUp:
		ended = s.now()
		course.hangUp(time.Duration(float64(ended.Sub(answered)) * s.scale))
	case <-ctx.Done():
		return calling.Report{}, true, context.Cause(ctx)
	}
	report = calling.Report{
		Outcome: course.Outcome, Reason: course.Reason, NotDialed: course.NotDialed, EndedAt: ended,
	}
	if course.NotDialed {
		return report, true, nil
	}
	if course.rings() {
		report.RingingAt = ringing
	}
	if course.Talk > 0 {
		report.AnsweredAt, report.Talk = answered, course.Talk
	}
	return report, true, nil
}

// HangUp implements dialer.Carrier for the calls that this process waits for.
func (s *Simulator) HangUp(_ context.Context, call calling.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.inFlight[call.ID]; f != nil && !f.hungUp {
		f.hungUp = true
		close(f.hangUp)
	}
	return nil
}

func (s *Simulator) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.scale)
}

// flight is a call that somebody in this process waits for.
type flight struct {
	waiting int           // how many do
	hangUp  chan struct{} // closed when it is hung up
	hungUp  bool
}

// begin and end count calls in flight as a carrier sees them: a call asked for
// twice is one call.
func (s *Simulator) begin(call calling.Call) (hungUp <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.inFlight[call.ID]; f != nil {
		f.waiting++
		return f.hangUp
	}
	f := &flight{waiting: 1, hangUp: make(chan struct{})}
	s.inFlight[call.ID] = f
	for _, key := range []string{call.BatchJobID, call.OrganizationID} {
		s.flying[key]++
		s.peaks[key] = max(s.peaks[key], s.flying[key])
	}
	return f.hangUp
}

func (s *Simulator) end(call calling.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.inFlight[call.ID]
	if f.waiting--; f.waiting > 0 {
		return
	}
	delete(s.inFlight, call.ID)
	for _, key := range []string{call.BatchJobID, call.OrganizationID} {
		s.flying[key]--
		if s.flying[key] == 0 {
			delete(s.flying, key)
		}
	}
}

// Peak returns the most calls that were in flight at once for a batch job or an
// organization, as this carrier saw them.
func (s *Simulator) Peak(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peaks[id]
}
