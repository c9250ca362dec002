package calling_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	now := february()
	policy := calling.RetryPolicy{MaxAttempts: 3, Delay: 5 * time.Minute, MaxDelay: 4 * time.Hour}
	ends := func(status calling.ContactStatus) calling.Decision {
		return calling.Decision{Status: status, Spent: true}
	}
	again := func(after time.Duration) calling.Decision {
		return calling.Decision{Status: calling.ContactPending, Spent: true, NextAttemptAt: now.Add(after)}
	}
	const m = time.Minute
	for _, row := range []struct {
		outcome             calling.Outcome
		first, second, last calling.Decision // by attempts spent before: 0, 1, 2
	}{
		{calling.OutcomeCompleted, ends(calling.ContactCompleted), ends(calling.ContactCompleted), ends(calling.ContactCompleted)},
		{calling.OutcomeVoicemail, ends(calling.ContactCompleted), ends(calling.ContactCompleted), ends(calling.ContactCompleted)},
		{calling.OutcomeNoAnswer, again(5 * m), again(10 * m), ends(calling.ContactFailed)},
		{calling.OutcomeBusy, again(5 * m), again(10 * m), ends(calling.ContactFailed)},
		{calling.OutcomeTimeout, again(5 * m), again(10 * m), ends(calling.ContactFailed)},
		{calling.OutcomeRejected, ends(calling.ContactFailed), ends(calling.ContactFailed), ends(calling.ContactFailed)},
		{calling.OutcomeBlocked, ends(calling.ContactFailed), ends(calling.ContactFailed), ends(calling.ContactFailed)},
		{calling.OutcomeInvalidNumber, ends(calling.ContactFailed), ends(calling.ContactFailed), ends(calling.ContactFailed)},
		{calling.OutcomeCarrierError, ends(calling.ContactFailed), ends(calling.ContactFailed), ends(calling.ContactFailed)},
		{calling.OutcomeCancelled, ends(calling.ContactCancelled), ends(calling.ContactCancelled), ends(calling.ContactCancelled)},
		{calling.OutcomeUnknown, ends(calling.ContactFailed), ends(calling.ContactFailed), ends(calling.ContactFailed)},
		{"SOMETHING_NEW", ends(calling.ContactFailed), ends(calling.ContactFailed), ends(calling.ContactFailed)}, // as UNKNOWN
	} {
		for spent, want := range []calling.Decision{row.first, row.second, row.last, row.last} {
			t.Run(fmt.Sprintf("%s after %d", row.outcome, spent), func(t *testing.T) {
				t.Parallel()
				// What the carrier wishes counts only where nothing was dialed.
				got := policy.Decide(calling.Report{Outcome: row.outcome, RetryAfter: time.Second}, spent, now)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
			t.Run(fmt.Sprintf("%s not dialed after %d spends nothing", row.outcome, spent), func(t *testing.T) {
				t.Parallel()
				got := policy.Decide(calling.Report{Outcome: row.outcome, NotDialed: true}, spent, now)
				if diff := cmp.Diff(calling.Decision{Status: calling.ContactPending, NextAttemptAt: now.Add(5 * m)}, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	t.Run("every outcome has its row", func(t *testing.T) {
		t.Parallel()
		if n := len(calling.Outcomes()); n != 11 {
			t.Errorf("there are %d outcomes, 11 rows above", n)
		}
	})
}

func TestDecideWhen(t *testing.T) {
	t.Parallel()
	now := february()
	busy := calling.Report{Outcome: calling.OutcomeBusy}
	for _, row := range []struct {
		behaviour string
		policy    calling.RetryPolicy
		report    calling.Report
		spent     int
		want      time.Duration // after now; negative = not again
	}{
		{"one attempt allows no retry", calling.RetryPolicy{MaxAttempts: 1, Delay: time.Minute}, busy, 0, -1},
		{"the first retry waits the delay", calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute}, busy, 0, time.Minute},
		{"the second twice as long", calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute}, busy, 1, 2 * time.Minute},
		{"the ninth 256 times", calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute}, busy, 8, 256 * time.Minute},
		{"there is no tenth", calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute}, busy, 9, -1},
		{"up to the bound", calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute, MaxDelay: 4 * time.Minute}, busy, 2, 4 * time.Minute},
		{"and not beyond it", calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute, MaxDelay: 5 * time.Minute}, busy, 3, 5 * time.Minute},
		{"a delay above the bound is kept", calling.RetryPolicy{MaxAttempts: 10, Delay: 6 * time.Hour, MaxDelay: 4 * time.Hour}, busy, 0, 6 * time.Hour},
		{"and not doubled, nor shortened later", calling.RetryPolicy{MaxAttempts: 10, Delay: 6 * time.Hour, MaxDelay: 4 * time.Hour}, busy, 1, 6 * time.Hour},
		{"no delay is at once", calling.RetryPolicy{MaxAttempts: 10}, busy, 5, 0},
		{
			"the carrier's wish counts where nothing was dialed",
			calling.RetryPolicy{MaxAttempts: 1, Delay: time.Minute},
			calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, RetryAfter: 7 * time.Second},
			0, 7 * time.Second,
		},
		{
			"a negative wish is none",
			calling.RetryPolicy{MaxAttempts: 1, Delay: time.Minute},
			calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true, RetryAfter: -time.Second},
			0, time.Minute,
		},
		{
			"what was not dialed does not double",
			calling.RetryPolicy{MaxAttempts: 10, Delay: time.Minute},
			calling.Report{Outcome: calling.OutcomeCarrierError, NotDialed: true},
			4, time.Minute,
		},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			got := row.policy.Decide(row.report, row.spent, now)
			if row.want < 0 {
				if got.Status == calling.ContactPending || !got.NextAttemptAt.IsZero() {
					t.Errorf("is dialed again: %+v", got)
				}
				return
			}
			if got.Status != calling.ContactPending || !got.NextAttemptAt.Equal(now.Add(row.want)) {
				t.Errorf("waits %s as %s, want %s", got.NextAttemptAt.Sub(now), got.Status, row.want)
			}
		})
	}
}
