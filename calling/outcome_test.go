package calling_test

import (
	"testing"

	"github.com/outdial/outdial/calling"
)

func TestWhatRangAndWhatWasAnswered(t *testing.T) {
	t.Parallel()
	type kind struct{ rang, answered bool }
	want := map[calling.Outcome]kind{
		calling.OutcomeCompleted:     {true, true},
		calling.OutcomeVoicemail:     {true, true},
		calling.OutcomeNoAnswer:      {true, false},
		calling.OutcomeRejected:      {true, false},
		calling.OutcomeBusy:          {},
		calling.OutcomeTimeout:       {},
		calling.OutcomeBlocked:       {},
		calling.OutcomeInvalidNumber: {},
		calling.OutcomeCarrierError:  {},
		calling.OutcomeCancelled:     {},
		calling.OutcomeUnknown:       {},
	}
	for _, rule := range calling.Outcomes() {
		row, known := want[rule.Outcome]
		if got := (kind{rule.Outcome.Rang(), rule.Outcome.Answered()}); !known || got != row {
			t.Errorf("%s: %+v", rule.Outcome, got)
		}
	}
}
