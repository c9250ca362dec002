package calling_test

import (
	"slices"
	"testing"

	"github.com/outdial/outdial/calling"
)

func TestPermit(t *testing.T) {
	t.Parallel()
	for _, rule := range calling.BatchActions() {
		if rule.Action.Rule().Done != rule.Done || rule.Done == "" || rule.Change == "" {
			t.Errorf("%s is told as %+v", rule.Action, rule.Action.Rule())
		}
		for _, value := range calling.BatchStatus("").Values() {
			status := calling.BatchStatus(value)
			got := rule.Action.Permit(status)
			if got.Action != rule.Action || got.Allowed != slices.Contains(rule.Allowed, status) || got.Allowed != (got.Reason == "") {
				t.Errorf("%s of one that is %s: %+v", rule.Action, status, got)
			}
			if got.Allowed && status.Terminal() && rule.Action != calling.ActionRetry {
				t.Errorf("%s leads out of %s", rule.Action, status)
			}
		}
	}
	const want = "A batch job that is completed cannot be cancelled; only one that is pending or scheduled or running or paused can."
	if got := calling.ActionCancel.Permit(calling.BatchCompleted).Reason; got != want {
		t.Errorf("says %q", got)
	}
	if calling.BatchAction("EXPLODE").Permit(calling.BatchRunning).Allowed {
		t.Error("what is not in the table is allowed")
	}
}
