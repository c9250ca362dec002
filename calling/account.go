package calling

import (
	"strings"
	"time"
	"unicode/utf8"
)

// The bounds of what an organization has beside batch jobs.
const (
	MaxOrganizationCalls    = 1000    // calls at once, over all batch jobs
	MaxPromptLength         = 100_000 // characters of an agent's instructions
	MaxIdempotencyKeyLength = 255     // characters
)

// OrganizationEdit is what somebody wants to be different about an organization:
// nil leaves it as it is.
type OrganizationEdit struct {
	Name                *string
	ConcurrentCallLimit *int
}

// Check returns the edit with its name trimmed, or all that is wrong with it.
func (e OrganizationEdit) Check() (OrganizationEdit, []Problem) {
	c := checker{}
	if e == (OrganizationEdit{}) {
		c.nothing("name or concurrentCallLimit")
	}
	e.Name = c.optionalName(e.Name)
	c.between("concurrentCallLimit", e.ConcurrentCallLimit, 0, MaxOrganizationCalls)
	return e, c.problems
}

// NewAgent is an agent somebody wants.
type NewAgent struct {
	Name         string
	Architecture Architecture
	SystemPrompt string // may be empty
}

// Check returns the agent with its name trimmed, or all that is wrong with it.
func (n NewAgent) Check() (NewAgent, []Problem) {
	c := checker{}
	n.Name = c.name(n.Name)
	c.prompt(n.SystemPrompt)
	return n, c.problems
}

// AgentEdit is what somebody wants to be different about an agent: nil leaves it
// as it is.
type AgentEdit struct {
	Name         *string
	Architecture *Architecture
	SystemPrompt *string
}

// Check returns the edit with its name trimmed, or all that is wrong with it.
func (e AgentEdit) Check() (AgentEdit, []Problem) {
	c := checker{}
	if e == (AgentEdit{}) {
		c.nothing("name, architecture or systemPrompt")
	}
	e.Name = c.optionalName(e.Name)
	if e.SystemPrompt != nil {
		c.prompt(*e.SystemPrompt)
	}
	return e, c.problems
}

// CheckNewNumber returns a number to call from and its label, trimmed, or all
// that is wrong with them.
func CheckNewNumber(text, label string) (number Number, name string, problems []Problem) {
	c := checker{}
	number, ok := ParseNumber(text)
	if !ok {
		c.problems = append(c.problems, Problem{Field: "number", Code: CodeInvalidPhoneFormat, Detail: ExplainNumber(text)})
	}
	return number, c.label(label), c.problems
}

// CheckLabel returns what a number is to be called, trimmed, and what is wrong
// with it. Empty is no name.
func CheckLabel(label string) (string, []Problem) {
	c := checker{}
	return c.label(label), c.problems
}

// CheckNewKey returns the name of an API key that is to be made, trimmed, and
// what is wrong with it or with its end, which may be nil.
func CheckNewKey(name string, expiresAt *time.Time, now time.Time) (string, []Problem) {
	c := checker{}
	name = c.name(name)
	if expiresAt != nil && !expiresAt.After(now) {
		c.refuse("expiresAt", "expiresAt %s is in the past; it is now %s.", utc(*expiresAt), utc(now))
	}
	if expiresAt != nil && expiresAt.After(now.AddDate(maxExpiryAhead, 0, 0)) {
		c.refuse("expiresAt", "expiresAt %s is more than a hundred years ahead; leave it out for a key that does not expire.", utc(*expiresAt))
	}
	return name, c.problems
}

// maxExpiryAhead is how many years ahead a key may expire; every database can
// store that.
const maxExpiryAhead = 100

// TopUp is credits that somebody adds.
type TopUp struct {
	AmountMicros   Micros
	Note           string // for people; may be empty
	IdempotencyKey string // empty = none
}

// Check returns the credits with their note trimmed, and all that is wrong with
// them.
func (t TopUp) Check() (TopUp, []Problem) {
	c := checker{}
	if t.AmountMicros < 1 || t.AmountMicros > MaxTopUp {
		c.refuse("amountMicros", "amountMicros must be between 1 and %d (%s); it is %d.", MaxTopUp, FormatUSD(MaxTopUp), t.AmountMicros)
	}
	t.Note = c.words("note", t.Note)
	c.problems = append(c.problems, CheckIdempotencyKey(t.IdempotencyKey)...)
	return t, c.problems
}

// CheckIdempotencyKey returns what is wrong with an idempotency key.
func CheckIdempotencyKey(key string) []Problem {
	c := checker{}
	if utf8.RuneCountInString(key) > MaxIdempotencyKeyLength || !utf8.ValidString(key) || hasControl(key) {
		c.refuse("idempotencyKey", "idempotencyKey must have at most %d characters, and no control characters.", MaxIdempotencyKeyLength)
	}
	return c.problems
}

func (c *checker) nothing(fields string) {
	c.problems = append(c.problems, Problem{Code: CodeInvalidRequest, Detail: "Nothing is to be updated: give " + fields + "."})
}

func (c *checker) optionalName(name *string) *string {
	if name == nil {
		return nil
	}
	trimmed := c.name(*name)
	return &trimmed
}

func (c *checker) label(label string) string {
	label = strings.TrimSpace(label)
	if n := utf8.RuneCountInString(label); n > MaxNameLength {
		c.refuse("label", "label must have at most %d characters; it has %d.", MaxNameLength, n)
	}
	if hasControl(label) || !utf8.ValidString(label) {
		c.refuse("label", "label must not hold control characters.")
	}
	return label
}

func (c *checker) prompt(text string) {
	if n := utf8.RuneCountInString(text); n > MaxPromptLength {
		c.refuse("systemPrompt", "systemPrompt must have at most %d characters; it has %d.", MaxPromptLength, n)
	}
	if strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		c.refuse("systemPrompt", "systemPrompt must be UTF-8 text without NUL characters.")
	}
}
