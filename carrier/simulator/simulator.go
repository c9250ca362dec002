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
	inFlight map[string]int // guarded by mu; askers by call id
	flying   map[string]int // guarded by mu; calls by batch job and by organization
	peaks    map[string]int // guarded by mu; the most of the same
}

// New returns a simulator.
func New(config Config) *Simulator {
	s := &Simulator{
		seed: config.Seed, scale: config.TimeScale, now: config.Now,
		inFlight: map[string]int{}, flying: map[string]int{}, peaks: map[string]int{},
	}
	if s.scale <= 0 {
		s.scale = 1
	}
	if s.now == nil {
		s.now = time.Now //nolint:forbidigo // the one default of the injected clock
	}
	return s
}

// Place implements dialer.Carrier: it waits for the simulated call to end. The
// report's instants are those of the watch on the wall, Talk is simulated time.
func (s *Simulator) Place(ctx context.Context, call calling.Call) (calling.Report, error) {
	s.begin(call)
	defer s.end(call)
	course := s.Course(call.To, call.Attempt)
	course.limit(call.RingTimeout, call.MaxDuration)
	ringing := call.StartedAt
	answered := ringing.Add(s.scaled(course.Ring))
	ended := answered.Add(s.scaled(course.Talk))
	if err := s.waitUntil(ctx, ended); err != nil {
		return calling.Report{}, err
	}
	report := calling.Report{
		Outcome: course.Outcome, Reason: course.Reason, NotDialed: course.NotDialed, EndedAt: ended,
	}
	if course.NotDialed {
		return report, nil
	}
	if course.rings() {
		report.RingingAt = ringing
	}
	if course.Talk > 0 {
		report.AnsweredAt, report.Talk = answered, course.Talk
	}
	return report, nil
}

// Find implements dialer.Carrier. A simulated call begins with its claim, so
// every call that was claimed is known.
func (s *Simulator) Find(ctx context.Context, call calling.Call) (report calling.Report, known bool, err error) {
	report, err = s.Place(ctx, call)
	return report, err == nil, err
}

func (s *Simulator) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.scale)
}

func (s *Simulator) waitUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(at.Sub(s.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin and end count calls in flight as a carrier sees them: a call asked for
// twice is one call.
func (s *Simulator) begin(call calling.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[call.ID]++
	if s.inFlight[call.ID] > 1 {
		return
	}
	for _, key := range []string{call.BatchJobID, call.OrganizationID} {
		s.flying[key]++
		s.peaks[key] = max(s.peaks[key], s.flying[key])
	}
}

func (s *Simulator) end(call calling.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight[call.ID]--
	if s.inFlight[call.ID] > 0 {
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
