package calling

import (
	"slices"
	"strings"
)

// BatchAction is something that can be asked for with a batch job.
type BatchAction string

// The actions; which statuses allow them is said by BatchActions.
const (
	ActionPause      BatchAction = "PAUSE"
	ActionResume     BatchAction = "RESUME"
	ActionCancel     BatchAction = "CANCEL"  // calls in flight finish
	ActionHangUp     BatchAction = "HANG_UP" // cancel, and calls in flight are hung up
	ActionReschedule BatchAction = "RESCHEDULE"
	ActionUpdate     BatchAction = "UPDATE"
	ActionRetry      BatchAction = "RETRY"
)

// Values lists every action.
func (BatchAction) Values() []string {
	return names(ActionPause, ActionResume, ActionCancel, ActionHangUp, ActionReschedule, ActionUpdate, ActionRetry)
}

// BatchActionRule says when an action is allowed and what it is called.
type BatchActionRule struct {
	Action  BatchAction
	Done    string       // "paused"
	Change  ChangeAction // how the history names it
	Allowed []BatchStatus
}

// BatchActions returns the one table of actions. The slice is the caller's own.
func BatchActions() []BatchActionRule {
	open := []BatchStatus{BatchPending, BatchScheduled, BatchRunning, BatchPaused}
	closing := append(slices.Clone(open), BatchCancelling)
	return []BatchActionRule{
		{ActionPause, "paused", ChangePaused, []BatchStatus{BatchRunning}},
		{ActionResume, "resumed", ChangeResumed, []BatchStatus{BatchPaused}},
		{ActionCancel, "cancelled", ChangeCancelled, open},
		{ActionHangUp, "cancelled with its calls hung up", ChangeCancelled, closing},
		{ActionReschedule, "rescheduled", ChangeRescheduled, []BatchStatus{BatchPending, BatchScheduled}},
		{ActionUpdate, "updated", ChangeUpdated, closing},
		{ActionRetry, "retried", ChangeRetried, []BatchStatus{BatchRunning, BatchPaused, BatchCompleted}},
	}
}

// Rule returns the action's row of the table; an action that is not in it is
// allowed with no status.
func (a BatchAction) Rule() BatchActionRule {
	for _, r := range BatchActions() {
		if r.Action == a {
			return r
		}
	}
	return BatchActionRule{Action: a, Done: strings.ToLower(string(a))}
}

// AllowedAction says whether an action is allowed now.
type AllowedAction struct {
	Action  BatchAction
	Allowed bool
	Reason  string // why not, a sentence; empty when it is allowed
}

// Permit says whether a batch job with this status may be changed in this way.
func (a BatchAction) Permit(status BatchStatus) AllowedAction {
	rule := a.Rule()
	if slices.Contains(rule.Allowed, status) {
		return AllowedAction{Action: a, Allowed: true}
	}
	words := make([]string, 0, len(rule.Allowed))
	for _, s := range rule.Allowed {
		words = append(words, strings.ToLower(string(s)))
	}
	return AllowedAction{Action: a, Reason: "A batch job that is " + strings.ToLower(string(status)) + " cannot be " + rule.Done +
		"; only one that is " + strings.Join(words, " or ") + " can."}
}
