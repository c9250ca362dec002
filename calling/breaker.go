package calling

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// RecentCall is what the circuit breaker remembers of a call that has ended.
type RecentCall struct {
	Failed  string  `json:"failed,omitempty"`  // the attempt's id when it failed; empty when all was well
	Outcome Outcome `json:"outcome,omitempty"` // how it failed
}

// RecentCalls are the last calls of a batch job, oldest first.
type RecentCalls []RecentCall

// Breaker pauses a batch job whose calls fail too often to be chance: a broken
// carrier, a blocked number, an agent that cannot speak. Who does not answer, is
// busy or declines is no failure.
type Breaker struct {
	Window   int // how many of the last calls are looked at
	Failures int // failures among them that trip it; 0 = the breaker is off
}

// DefaultBreaker trips when half of the last 20 calls failed.
func DefaultBreaker() Breaker { return Breaker{Window: 20, Failures: 10} }

// fails reports whether an outcome is the calling side's trouble.
func fails(o Outcome) bool {
	return o == OutcomeCarrierError || o == OutcomeBlocked || o == OutcomeUnknown
}

// Add returns the last calls with one more that has ended, and no more of them
// than the window holds.
func (b Breaker) Add(recent RecentCalls, attempt string, outcome Outcome) RecentCalls {
	if b.Failures <= 0 {
		return nil
	}
	one := RecentCall{}
	if fails(outcome) {
		one = RecentCall{Failed: attempt, Outcome: outcome}
	}
	all := append(slices.Clone(recent), one)
	return all[max(0, len(all)-b.Window):]
}

// maxNamed is how many failing calls a note names.
const maxNamed = 20

// Trips reports whether too many of the last calls failed, with a note that
// counts the outcomes and names the calls.
func (b Breaker) Trips(recent RecentCalls) (note string, trips bool) {
	byOutcome := map[Outcome]int{}
	var named []string
	for _, c := range recent {
		if c.Failed != "" {
			byOutcome[c.Outcome]++
			named = append(named, c.Failed)
		}
	}
	if b.Failures <= 0 || len(named) < b.Failures {
		return "", false
	}
	var outcomes []string
	for _, o := range slices.Sorted(maps.Keys(byOutcome)) {
		outcomes = append(outcomes, fmt.Sprintf("%d %s", byOutcome[o], o))
	}
	failed, more := len(named), ""
	if len(named) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(named)-maxNamed)
		named = named[:maxNamed]
	}
	return fmt.Sprintf("%d of the last %s failed (%s). Attempts: %s%s.",
		failed, Plural(len(recent), "call"), strings.Join(outcomes, ", "), strings.Join(named, ", "), more), true
}
