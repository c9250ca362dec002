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
	Reason  string  `json:"reason,omitempty"`  // the beginning of the carrier's words
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
func (b Breaker) Add(recent RecentCalls, attempt string, outcome Outcome, reason string) RecentCalls {
	if b.Failures <= 0 {
		return nil
	}
	one := RecentCall{}
	if fails(outcome) {
		words := []rune(reason)
		one = RecentCall{Failed: attempt, Outcome: outcome, Reason: string(words[:min(len(words), maxReasonKept)])}
	}
	all := append(slices.Clone(recent), one)
	return all[max(0, len(all)-b.Window):]
}

// What a note has room for: failing calls that it names, and characters of the
// carrier's words.
const (
	maxNamed      = 20
	maxReasonKept = 100
)

// Trips reports whether too many of the last calls failed, with a note that
// counts the outcomes and names the calls.
func (b Breaker) Trips(recent RecentCalls) (note string, trips bool) {
	byOutcome := map[Outcome]int{}
	var named []string
	reason := ""
	for _, c := range recent {
		if c.Failed != "" {
			byOutcome[c.Outcome]++
			if c.Reason != "" {
				reason = fmt.Sprintf(" The last one: %q.", c.Reason)
			}
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
	return fmt.Sprintf("%d of the last %s failed (%s).%s When that is mended, resume the batch job, and retry those outcomes."+
		" Attempts: %s%s.", failed, Plural(len(recent), "call"), strings.Join(outcomes, ", "), reason, strings.Join(named, ", "), more), true
}
