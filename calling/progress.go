package calling

import "time"

// Progress is a batch job at one moment: the snapshot subscribers see. The
// counts by status sum to Total.
type Progress struct {
	BatchJobID     string
	OrganizationID string
	Version        int64 // persisted, strictly increasing; of two snapshots the higher one is newer
	Status         BatchStatus
	PauseReason    PauseReason // empty unless paused

	Total     int
	Pending   int
	Dialing   int
	Completed int
	Failed    int
	Cancelled int
	Outcomes  map[Outcome]int // final contacts by how they ended, the cancelled as CANCELLED; sums to Final

	CallsInFlight    int
	Limit            int    // calls at once the batch job may have: the lower of its own and the organization's
	Carrier          string // the one it was made for; empty = any
	Attempts         int    // attempts dialed and ended so far
	SpentMicros      Micros
	HeldMicros       Micros
	CallWindow       *CallWindow // nil = always open
	StartsAt         time.Time   // zero when immediate
	StartedAt        time.Time   // zero before the start
	EndedAt          time.Time   // zero before the end
	CarrierFullUntil time.Time   // nobody is dialed before, because the carrier was full; zero = it was not
	OccurredAt       time.Time   // when the snapshot was taken
}

// Final counts the contacts that are done.
func (p Progress) Final() int { return p.Completed + p.Failed + p.Cancelled }

// CallsPerMinute is how many attempts ended a minute since the start; 0 before.
func (p Progress) CallsPerMinute() float64 {
	end := p.OccurredAt
	if !p.EndedAt.IsZero() {
		end = p.EndedAt
	}
	if p.StartedAt.IsZero() || !end.After(p.StartedAt) {
		return 0
	}
	return float64(p.Attempts) / end.Sub(p.StartedAt).Minutes()
}

// etaSpread is how much longer than the steady pace the later guess allows for
// retries at the end.
const etaSpread = 1.5

// Eta guesses between which moments the batch job will have ended, from the
// pace so far; false while nothing can be said.
func (p Progress) Eta() (low, high time.Time, ok bool) {
	if p.Status != BatchRunning || p.StartedAt.IsZero() || p.Final() == 0 || !p.OccurredAt.After(p.StartedAt) {
		return time.Time{}, time.Time{}, false
	}
	each := p.OccurredAt.Sub(p.StartedAt) / time.Duration(p.Final())
	left := each * time.Duration(p.Total-p.Final())
	return p.OccurredAt.Add(left), p.OccurredAt.Add(time.Duration(float64(left) * etaSpread)), true
}

// WaitingFor says what keeps a batch job from dialing as fast as it may.
type WaitingFor string

// What a batch job can wait for.
const (
	WaitingForStartTime     WaitingFor = "START_TIME"
	WaitingForCallWindow    WaitingFor = "CALL_WINDOW"
	WaitingForRetry         WaitingFor = "RETRY"
	WaitingForResume        WaitingFor = "RESUME"
	WaitingForCredits       WaitingFor = "CREDITS"
	WaitingForCallsInFlight WaitingFor = "CALLS_IN_FLIGHT"
	WaitingForCarrier       WaitingFor = "CARRIER"
	WaitingForSlots         WaitingFor = "SLOTS"
	WaitingForOtherCarrier  WaitingFor = "OTHER_CARRIER"
)

// Values lists everything a batch job can wait for.
func (WaitingFor) Values() []string {
	return names(WaitingForStartTime, WaitingForCallWindow, WaitingForRetry, WaitingForResume,
		WaitingForCredits, WaitingForCallsInFlight, WaitingForCarrier, WaitingForSlots, WaitingForOtherCarrier)
}

// Waiting says what the batch job waits for, as far as its own counts tell; empty
// when it dials as fast as it may, or is over. Of one that dials nobody it supposes
// that nobody is due.
func (p Progress) Waiting() WaitingFor {
	switch p.Status {
	case BatchScheduled:
		return WaitingForStartTime
	case BatchPaused:
		if p.PauseReason == PausedByCredits {
			return WaitingForCredits
		}
		return WaitingForResume
	case BatchCancelling:
		return WaitingForCallsInFlight
	case BatchRunning:
		return p.runningWait()
	case BatchPending, BatchCompleted, BatchFailed, BatchCancelled:
	}
	return ""
}

func (p Progress) runningWait() WaitingFor {
	switch {
	case p.Pending == 0:
		return WaitingForCallsInFlight
	case !p.CallWindow.Contains(p.OccurredAt):
		return WaitingForCallWindow
	case p.OccurredAt.Before(p.CarrierFullUntil):
		return WaitingForCarrier
	case p.Dialing == 0:
		return WaitingForRetry
	}
	return ""
}
