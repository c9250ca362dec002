package dialer

import (
	"context"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

// pace is how fast the batch job may dial at present.
func (j *job) pace() calling.Pace {
	p := calling.Pace{Level: j.CarrierFullLevel}
	if j.CarrierFullUntil != nil {
		p.Until = *j.CarrierFullUntil
	}
	return p
}

// slowDown notes that the carrier was full.
func (j *job) slowDown(now time.Time, wish, step time.Duration) {
	p := j.pace().Refused(now, wish, step)
	until := store.Instant(p.Until)
	j.CarrierFullUntil, j.CarrierFullLevel, j.changed = &until, p.Level, true
}

// room is how many calls at once the batch job may have now. It forgets a full
// carrier once that has no consequences any more.
func (t *turn) room(j *job) int {
	step := t.dialer.FullDelay
	p := j.pace()
	next := p.Next(t.now, step)
	if !next.IsZero() {
		t.wake(next)
	} else if j.CarrierFullUntil != nil {
		j.CarrierFullUntil, j.CarrierFullLevel, j.changed = nil, 0, true
	}
	return p.Room(j.ConcurrentCallLimit, t.now, step)
}

// breakCircuits pauses batch jobs whose calls fail too often, and takes back the
// slots that nobody has claimed.
func (t *turn) breakCircuits(ctx context.Context) error {
	for _, j := range t.jobs {
		if j.Status != calling.BatchRunning {
			continue
		}
		note, trips := t.dialer.Breaker.Trips(j.RecentCalls)
		if !trips {
			continue
		}
		t.pause(j, calling.PausedByCircuitBreaker, note)
		if _, err := t.withdraw(ctx, j); err != nil {
			return err
		}
		t.dialer.Log.WarnContext(ctx, "a batch job was paused because its calls fail", "batch_job", j.ID, "calls", note)
	}
	return nil
}

// pause has the program itself pause a batch job.
func (t *turn) pause(j *job, reason calling.PauseReason, note string) {
	j.Status, j.PauseReason, j.PauseNote, j.changed = calling.BatchPaused, &reason, note, true
	t.recordSystem(j, calling.ChangePaused, note, details{"pauseReason": reason})
}
