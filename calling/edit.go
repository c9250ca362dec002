package calling

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxReasonLength bounds why somebody changed a batch job, in characters.
const MaxReasonLength = 500

// CheckReason returns why somebody changes a batch job, trimmed, and what is
// wrong with it.
func CheckReason(reason string) (string, []Problem) {
	c := checker{}
	reason = c.words("reason", reason)
	return reason, c.problems
}

// words checks a text for people that may be empty.
func (c *checker) words(field, text string) string {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n > MaxReasonLength {
		c.refuse(field, "%s must have at most %d characters; it has %d.", field, MaxReasonLength, n)
	}
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		c.refuse(field, "%s must be UTF-8 text without NUL characters.", field)
	}
	return text
}

// BatchEdit is what somebody wants to be different about a batch job: nil leaves
// it as it is.
type BatchEdit struct {
	Name                *string
	Description         *string // empty = none any more
	ConcurrentCallLimit *int
	MaxAttempts         *int
}

// Check returns the edit with its name trimmed, or all that is wrong with it.
func (e BatchEdit) Check() (BatchEdit, []Problem) {
	if e == (BatchEdit{}) {
		return e, []Problem{{Code: CodeInvalidRequest, Detail: "Nothing is to be updated: give name, description, concurrentCallLimit or maxAttempts."}}
	}
	c := checker{}
	if e.Name != nil {
		name := c.name(*e.Name)
		e.Name = &name
	}
	c.description(e.Description)
	c.between("concurrentCallLimit", e.ConcurrentCallLimit, 0, MaxConcurrentCalls)
	c.between("maxAttempts", e.MaxAttempts, 0, MaxMaxAttempts)
	return e, c.problems
}

// NewStart is another start somebody wants for a batch job.
type NewStart struct {
	ScheduledStartTime *string // as in BatchRequest; nil or empty = at once
	Timezone           *string // nil or empty = the one the batch job has
}

// Plan checks the start as BatchRequest.Plan does, at the moment now, for a
// batch job with this time zone. A zero instant is a start at once.
func (s NewStart) Plan(now time.Time, timezone string) (at time.Time, zone string, warnings []Warning, problems []Problem) {
	c := checker{}
	if s.Timezone == nil || *s.Timezone == "" {
		s.Timezone = &timezone
	}
	var plan BatchPlan
	location := c.timezone(s.Timezone, &plan)
	if s.ScheduledStartTime != nil && strings.TrimSpace(*s.ScheduledStartTime) != "" {
		c.start(*s.ScheduledStartTime, location, now, &plan)
	}
	return plan.StartAt, plan.Timezone, c.warnings, c.problems
}

// CheckRetried returns the outcomes whose contacts somebody wants to be dialed
// again, each once, or what is wrong with them.
func CheckRetried(outcomes []Outcome) ([]Outcome, []Problem) {
	c := checker{}
	if len(outcomes) == 0 {
		c.refuse("outcomes", "outcomes must name at least one outcome.")
	}
	for _, o := range outcomes {
		switch {
		case o == OutcomeCompleted:
			c.refuse("outcomes", "outcomes must not name %s: those contacts have been spoken with.", o)
		case o.Rule().Outcome != o:
			c.refuse("outcomes", "outcomes names %s, which is no outcome.", Quote(string(o)))
		}
	}
	outcomes = slices.Clone(outcomes)
	slices.Sort(outcomes)
	return slices.Compact(outcomes), c.problems
}

// The bounds of credits.
const (
	MaxTopUp   = 1_000_000 * USD     // added at once
	MaxBalance = 1_000_000_000 * USD // of one organization
)
