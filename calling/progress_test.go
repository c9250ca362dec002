package calling_test

import (
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
)

// halfway is a batch job that has run for ten minutes: 20 of 60 contacts are
// final after 30 attempts.
func halfway(change func(*calling.Progress)) calling.Progress {
	p := calling.Progress{
		Status: calling.BatchRunning, Total: 60, Pending: 35, Dialing: 5, Completed: 12, Failed: 6, Cancelled: 2,
		Attempts: 30, StartedAt: february(), OccurredAt: february().Add(10 * time.Minute),
	}
	change(&p)
	return p
}

func TestFinal(t *testing.T) {
	t.Parallel()
	if got := halfway(func(*calling.Progress) {}).Final(); got != 20 {
		t.Errorf("%d contacts are final, want 20", got)
	}
}

func TestCallsPerMinute(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		behaviour string
		change    func(*calling.Progress)
		want      float64
	}{
		{"counts attempts since the start", func(*calling.Progress) {}, 3},
		{"stands still after the end", func(p *calling.Progress) {
			p.EndedAt, p.OccurredAt = p.StartedAt.Add(5*time.Minute), p.StartedAt.Add(100*time.Hour)
		}, 6},
		{"is nothing before the start", func(p *calling.Progress) { p.StartedAt = time.Time{} }, 0},
		{"is nothing at the start", func(p *calling.Progress) { p.OccurredAt = p.StartedAt }, 0},
		{"is nothing where clocks of two nodes differ", func(p *calling.Progress) { p.OccurredAt = p.StartedAt.Add(-time.Second) }, 0},
		{"is nothing without attempts", func(p *calling.Progress) { p.Attempts = 0 }, 0},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			if got := halfway(row.change).CallsPerMinute(); got != row.want {
				t.Errorf("is %v, want %v", got, row.want)
			}
		})
	}
}

func TestEta(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		behaviour string
		change    func(*calling.Progress)
		low, high time.Duration // after OccurredAt; zero high = nothing is said
	}{
		{"goes on at the pace so far, and half as long again", func(*calling.Progress) {}, 20 * time.Minute, 30 * time.Minute},
		{"is now when nothing is left", func(p *calling.Progress) { p.Total = 20 }, 0, 1},
		{"is unknown before the first contact is final", func(p *calling.Progress) { p.Completed, p.Failed, p.Cancelled = 0, 0, 0 }, 0, 0},
		{"is unknown while paused", func(p *calling.Progress) { p.Status = calling.BatchPaused }, 0, 0},
		{"is unknown before the start", func(p *calling.Progress) { p.Status = calling.BatchScheduled }, 0, 0},
		{"is unknown after the end", func(p *calling.Progress) { p.Status = calling.BatchCompleted }, 0, 0},
		{"is unknown while cancelling", func(p *calling.Progress) { p.Status = calling.BatchCancelling }, 0, 0},
		{"is unknown at the start", func(p *calling.Progress) { p.OccurredAt = p.StartedAt }, 0, 0},
		{"is unknown without a start", func(p *calling.Progress) { p.StartedAt = time.Time{} }, 0, 0},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			p := halfway(row.change)
			low, high, ok := p.Eta()
			if !ok {
				if row.high != 0 || !low.IsZero() || !high.IsZero() {
					t.Errorf("says nothing, or %s to %s", low, high)
				}
				return
			}
			if row.high == 0 {
				t.Fatalf("is guessed between %s and %s", low, high)
			}
			want := p.OccurredAt.Add(row.high.Truncate(time.Second))
			if !low.Equal(p.OccurredAt.Add(row.low)) || !high.Equal(want) {
				t.Errorf("is between %s and %s", low.Sub(p.OccurredAt), high.Sub(p.OccurredAt))
			}
		})
	}
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	status := func(s calling.BatchStatus) func(*calling.Progress) {
		return func(p *calling.Progress) { p.Status = s }
	}
	paused := func(why calling.PauseReason) func(*calling.Progress) {
		return func(p *calling.Progress) { p.Status, p.PauseReason = calling.BatchPaused, why }
	}
	closed := span("UTC", "00:00", "12:00") // it is ten past noon
	for _, row := range []struct {
		behaviour string
		change    func(*calling.Progress)
		want      calling.WaitingFor
	}{
		{"nothing while it dials", func(*calling.Progress) {}, ""},
		{"nothing before it is started at once", status(calling.BatchPending), ""},
		{"nothing once completed", status(calling.BatchCompleted), ""},
		{"nothing once failed", status(calling.BatchFailed), ""},
		{"nothing once cancelled", status(calling.BatchCancelled), ""},
		{"its start time", status(calling.BatchScheduled), calling.WaitingForStartTime},
		{"the calls that are left when cancelled", status(calling.BatchCancelling), calling.WaitingForCallsInFlight},
		{"somebody who resumes it", paused(calling.PausedByPerson), calling.WaitingForResume},
		{"somebody who resumes it after too many failures", paused(calling.PausedByCircuitBreaker), calling.WaitingForResume},
		{"credits", paused(calling.PausedByCredits), calling.WaitingForCredits},
		{"the last calls", func(p *calling.Progress) { p.Pending = 0 }, calling.WaitingForCallsInFlight},
		{"the last calls, whatever the window", func(p *calling.Progress) { p.Pending, p.CallWindow = 0, closed }, calling.WaitingForCallsInFlight},
		{"a full carrier", func(p *calling.Progress) { p.CarrierFullUntil = p.OccurredAt.Add(1) }, calling.WaitingForCarrier},
		{"its call window", func(p *calling.Progress) { p.CallWindow = closed }, calling.WaitingForCallWindow},
		{"its call window, with nobody on the line", func(p *calling.Progress) { p.CallWindow, p.Dialing = closed, 0 }, calling.WaitingForCallWindow},
		{"nothing inside its window", func(p *calling.Progress) { p.CallWindow = span("UTC", "12:00", "13:00") }, ""},
		{"retries", func(p *calling.Progress) { p.Dialing = 0 }, calling.WaitingForRetry},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			if got := halfway(row.change).Waiting(); got != row.want {
				t.Errorf("waits for %q, want %q", got, row.want)
			}
		})
	}
}
