package calling_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	after := func(b calling.Breaker, outcomes ...calling.Outcome) (string, bool) {
		var recent calling.RecentCalls
		for i, o := range outcomes {
			recent = b.Add(recent, fmt.Sprint("call-", i+1), o, "trunk down")
		}
		return b.Trips(recent)
	}
	many := func(n int, o calling.Outcome) (all []calling.Outcome) {
		for range n {
			all = append(all, o)
		}
		return all
	}
	b := calling.Breaker{Window: 4, Failures: 2}

	t.Run("trips at the failures it says, and names them", func(t *testing.T) {
		t.Parallel()
		note, trips := after(b, calling.OutcomeCarrierError, calling.OutcomeCompleted, calling.OutcomeBlocked)
		const want = "2 of the last 3 calls failed (1 BLOCKED, 1 CARRIER_ERROR). The last one: \"trunk down\"." +
			" When that is mended, resume the batch job, and retry those outcomes. Attempts: call-1, call-3."
		if !trips || note != want {
			t.Errorf("trips: %v, says %q, want %q", trips, note, want)
		}
	})
	t.Run("looks at the last calls only", func(t *testing.T) {
		t.Parallel()
		one, fine := calling.OutcomeUnknown, calling.OutcomeCompleted
		if note, trips := after(b, one, fine, fine, fine, one); trips {
			t.Errorf("trips: %s", note)
		}
		if _, trips := after(b, one, fine, fine, one); !trips {
			t.Error("does not trip at two of four")
		}
	})
	t.Run("people are no failures", func(t *testing.T) {
		t.Parallel()
		for _, rule := range calling.Outcomes() {
			_, trips := after(b, many(4, rule.Outcome)...)
			switch rule.Outcome {
			case calling.OutcomeCarrierError, calling.OutcomeBlocked, calling.OutcomeUnknown:
				if !trips {
					t.Errorf("four times %s does not trip it", rule.Outcome)
				}
			case calling.OutcomeCompleted, calling.OutcomeVoicemail, calling.OutcomeNoAnswer, calling.OutcomeBusy,
				calling.OutcomeTimeout, calling.OutcomeRejected, calling.OutcomeInvalidNumber, calling.OutcomeCancelled:
				if trips {
					t.Errorf("four times %s trips it", rule.Outcome)
				}
			}
		}
	})
	t.Run("can be switched off", func(t *testing.T) {
		t.Parallel()
		if _, trips := after(calling.Breaker{Window: 4}, many(4, calling.OutcomeUnknown)...); trips {
			t.Error("trips")
		}
	})
	t.Run("names no more than people read", func(t *testing.T) {
		t.Parallel()
		note, trips := after(calling.Breaker{Window: 100, Failures: 50}, many(100, calling.OutcomeUnknown)...)
		if !trips || !strings.HasPrefix(note, "100 of the last 100 calls") || !strings.HasSuffix(note, "call-20 and 80 more.") || len(note) > 2000 {
			t.Errorf("says %q", note)
		}
	})
}
