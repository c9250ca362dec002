package calling

import "slices"

// BatchStatus says where a batch job is now.
type BatchStatus string

// The statuses of a batch job; docs/states.md draws the moves between them.
const (
	BatchPending    BatchStatus = "PENDING"    // accepted, starts at once
	BatchScheduled  BatchStatus = "SCHEDULED"  // waits for its start time
	BatchRunning    BatchStatus = "RUNNING"    // contacts are dialed
	BatchPaused     BatchStatus = "PAUSED"     // no new call starts; PauseReason says why
	BatchCancelling BatchStatus = "CANCELLING" // no new call starts; calls in flight finish
	BatchCompleted  BatchStatus = "COMPLETED"  // every contact is final, whatever the outcomes
	BatchFailed     BatchStatus = "FAILED"     // the batch itself cannot go on
	BatchCancelled  BatchStatus = "CANCELLED"  // cancelled, and no call is in flight any more
)

// Values lists every status, as ent's enum fields ask for it.
func (BatchStatus) Values() []string {
	return names(BatchPending, BatchScheduled, BatchRunning, BatchPaused,
		BatchCancelling, BatchCompleted, BatchFailed, BatchCancelled)
}

// Terminal reports whether a batch with this status is over: it never changes
// again by itself. Only a retry that somebody asks for leads out of COMPLETED.
func (s BatchStatus) Terminal() bool {
	return s == BatchCompleted || s == BatchFailed || s == BatchCancelled
}

// Startable reports whether a batch with this status is waiting to be started.
func (s BatchStatus) Startable() bool { return s == BatchPending || s == BatchScheduled }

// PauseReason says why a batch job is paused.
type PauseReason string

// The reasons for a pause.
const (
	PausedByPerson         PauseReason = "PERSON"
	PausedByCredits        PauseReason = "CREDITS"
	PausedByCircuitBreaker PauseReason = "CIRCUIT_BREAKER"
)

// Values lists every reason, as ent's enum fields ask for it.
func (PauseReason) Values() []string {
	return names(PausedByPerson, PausedByCredits, PausedByCircuitBreaker)
}

// names turns typed enum values into the strings ent and the documentation
// checks work with.
func names[T ~string](values ...T) []string {
	return slices.Collect(func(yield func(string) bool) {
		for _, v := range values {
			if !yield(string(v)) {
				return
			}
		}
	})
}
