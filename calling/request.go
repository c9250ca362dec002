package calling

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The limits and defaults of a batch job (product page).
const (
	MaxContacts        = 10_000
	MaxNameLength      = 200  // characters
	MaxDescription     = 1000 // characters
	MaxConcurrentCalls = 50
	MaxMaxAttempts     = 10

	DefaultConcurrentCalls = 5
	DefaultMaxAttempts     = 3

	// maxScheduleAhead is how many years ahead a start may lie; later ones are
	// taken for a mistake.
	maxScheduleAhead = 10
)

// BatchRequest is what a person asks for, as it came in: nil is absent.
type BatchRequest struct {
	FromPhoneNumberID   string
	Name                string
	Description         *string
	ConcurrentCallLimit *int
	MaxAttempts         *int
	ScheduledStartTime  *string
	Timezone            *string
	CallWindow          *CallWindow
}

// BatchPlan is a request that passed every check on its fields.
type BatchPlan struct {
	FromPhoneNumberID   string
	Name                string
	Description         string // empty = none
	ConcurrentCallLimit int
	MaxAttempts         int
	StartAt             time.Time // UTC, whole microseconds; zero = at once
	Timezone            string
	CallWindow          *CallWindow // nil = always
}

// Warning tells of something that was accepted and may still surprise.
type Warning struct {
	Code   WarningCode
	Detail string
}

// WarningCode names a kind of warning.
type WarningCode string

// The kinds of warning.
const (
	WarnStartInGap      WarningCode = "START_IN_DST_GAP"
	WarnStartInOverlap  WarningCode = "START_IN_DST_OVERLAP"
	WarnLimitLowered    WarningCode = "LIMIT_ABOVE_ORGANIZATION"
	WarnMissingVariable WarningCode = "MISSING_TEMPLATE_VARIABLE"
)

// Values lists every code.
func (WarningCode) Values() []string {
	return names(WarnStartInGap, WarnStartInOverlap, WarnLimitLowered, WarnMissingVariable)
}

// Plan checks every field of the request at the moment now and returns the plan
// with its warnings, or all that is wrong.
func (r BatchRequest) Plan(now time.Time) (BatchPlan, []Warning, []Problem) {
	c := checker{}
	plan := BatchPlan{
		FromPhoneNumberID:   c.required("fromPhoneNumberId", strings.TrimSpace(r.FromPhoneNumberID)),
		Name:                c.name(r.Name),
		Description:         c.description(r.Description),
		ConcurrentCallLimit: c.between("concurrentCallLimit", r.ConcurrentCallLimit, DefaultConcurrentCalls, MaxConcurrentCalls),
		MaxAttempts:         c.between("maxAttempts", r.MaxAttempts, DefaultMaxAttempts, MaxMaxAttempts),
		CallWindow:          r.CallWindow,
	}
	zone := c.timezone(r.Timezone, &plan)
	if r.ScheduledStartTime != nil && strings.TrimSpace(*r.ScheduledStartTime) != "" {
		c.start(*r.ScheduledStartTime, zone, now, &plan)
	}
	if w := plan.CallWindow; w != nil && w.Timezone == "" && zone != nil {
		inherited := *w
		inherited.Timezone = plan.Timezone
		plan.CallWindow = &inherited
	}
	c.problems = append(c.problems, plan.CallWindow.Check()...)
	return plan, c.warnings, c.problems
}

// Problems gathers field problems into one error whose code is the first one's;
// nil when there are none.
func Problems(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Code: problems[0].Code, Detail: Details(problems), Problems: problems}
}

// Details joins the sentences of problems.
func Details(problems []Problem) string {
	details := make([]string, 0, len(problems))
	for _, p := range problems {
		details = append(details, p.Detail)
	}
	return strings.Join(details, " ")
}

// checker collects what is wrong while it reads fields.
type checker struct {
	warnings []Warning
	problems []Problem
}

func (c *checker) refuse(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{Field: field, Code: CodeInvalidRequest, Detail: fmt.Sprintf(format, args...)})
}

func (c *checker) required(field, value string) string {
	switch {
	case value == "":
		c.refuse(field, "%s is required.", field)
	case hasControl(value) || !utf8.ValidString(value):
		c.refuse(field, "%s must not hold control characters.", field)
	}
	return value
}

func (c *checker) name(value string) string {
	value = c.required("name", strings.TrimSpace(value))
	if n := utf8.RuneCountInString(value); n > MaxNameLength {
		c.refuse("name", "name must have at most %d characters; it has %d.", MaxNameLength, n)
	}
	return value
}

func (c *checker) description(value *string) string {
	if value == nil {
		return ""
	}
	if n := utf8.RuneCountInString(*value); n > MaxDescription {
		c.refuse("description", "description must have at most %d characters; it has %d.", MaxDescription, n)
	}
	if strings.ContainsRune(*value, 0) || !utf8.ValidString(*value) {
		c.refuse("description", "description must be UTF-8 text without NUL characters.")
	}
	return *value
}

func (c *checker) between(field string, value *int, byDefault, most int) int {
	if value == nil {
		return byDefault
	}
	if *value < 1 || *value > most {
		c.refuse(field, "%s must be between 1 and %d; it is %d.", field, most, *value)
	}
	return *value
}

// timezone returns the zone the start is in; nil when its name is not known.
func (c *checker) timezone(name *string, plan *BatchPlan) *time.Location {
	plan.Timezone = "UTC"
	if name != nil && *name != "" {
		plan.Timezone = *name
	}
	zone, err := LoadZone(plan.Timezone)
	if err != nil {
		c.problems = append(c.problems, Problem{Field: "timezone", Code: err.Code, Detail: err.Detail})
	}
	return zone
}

// start checks when the batch job starts, and returns the instant even when a
// batch job cannot start then; nil when there is none. In a zone that is not known
// a wall time is no instant, so that only its form is checked.
func (c *checker) start(text string, zone *time.Location, now time.Time, plan *BatchPlan) *ResolvedTime {
	resolved, err := ParseStartTime(text, cmp.Or(zone, time.UTC))
	switch {
	case err != nil:
		c.problems = append(c.problems, Problem{Field: "scheduledStartTime", Code: err.Code, Detail: err.Detail})
		return nil
	case zone == nil:
		return nil
	case resolved.At.Before(now):
		c.problems = append(c.problems, Problem{Field: "scheduledStartTime", Code: CodePastScheduledTime, Detail: fmt.Sprintf(
			"Scheduled time %s is in the past; it is now %s.", utc(resolved.At), utc(now))})
		return &resolved
	case resolved.At.After(now.AddDate(maxScheduleAhead, 0, 0)):
		c.refuse("scheduledStartTime", "scheduledStartTime %s is more than ten years ahead.", Quote(text))
		return &resolved
	}
	switch resolved.Kind {
	case WallGap:
		c.warnings = append(c.warnings, Warning{WarnStartInGap, fmt.Sprintf(
			"%s does not exist in %s because clocks go forward; the batch job starts at %s (%s).",
			Quote(text), plan.Timezone, resolved.At.Format("15:04:05 MST"), utc(resolved.At))})
	case WallOverlap:
		c.warnings = append(c.warnings, Warning{WarnStartInOverlap, fmt.Sprintf(
			"%s comes twice in %s because clocks go back; the batch job starts at the first, %s (%s).",
			Quote(text), plan.Timezone, resolved.At.Format("15:04:05 MST"), utc(resolved.At))})
	case WallNormal:
	}
	plan.StartAt = resolved.At.UTC().Truncate(time.Microsecond)
	return &resolved
}

// ResolveStart returns the instant that a scheduledStartTime in a time zone
// means, nil when it means none, and why no batch job could start then.
func ResolveStart(text, timezone string, now time.Time) (*ResolvedTime, []Problem) {
	c := checker{}
	var plan BatchPlan
	zone := c.timezone(&timezone, &plan)
	resolved := c.start(text, zone, now, &plan)
	return resolved, c.problems
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }
