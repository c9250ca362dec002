package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
)

// startBody is what a runtime is told about a call. Its bytes are the same on
// every ask: fields are in order and the keys of maps are sorted.
type startBody struct {
	To                 calling.Number `json:"to"`
	From               calling.Number `json:"from"`
	OrganizationID     string         `json:"organizationId"`
	BatchJobID         string         `json:"batchJobId"`
	ContactID          string         `json:"contactId"`
	Attempt            int            `json:"attempt"`
	Agent              agentBody      `json:"agent"`
	ContactName        string         `json:"contactName"`
	Variables          map[string]any `json:"variables"`
	RingTimeoutSeconds int            `json:"ringTimeoutSeconds"`
	MaxDurationSeconds int            `json:"maxDurationSeconds"`
}

type agentBody struct {
	ID           string `json:"id"`
	Architecture string `json:"architecture"`
	Prompt       string `json:"prompt"`
}

func encode(call calling.Call) ([]byte, error) {
	variables := call.Variables
	if variables == nil {
		variables = map[string]any{}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(startBody{
		To: call.To, From: call.From,
		OrganizationID: call.OrganizationID, BatchJobID: call.BatchJobID, ContactID: call.ContactID, Attempt: call.Attempt,
		Agent:       agentBody{ID: call.AgentID, Architecture: strings.ToLower(string(call.Architecture)), Prompt: call.Prompt},
		ContactName: call.ContactName, Variables: variables,
		RingTimeoutSeconds: seconds(call.RingTimeout), MaxDurationSeconds: seconds(call.MaxDuration),
	})
	if err != nil {
		return nil, fmt.Errorf("write the call as JSON: %w", err)
	}
	return text.Bytes(), nil
}

// seconds rounds up: a bound of less than a second is not none.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// state is a call as the runtime tells of it.
type state struct {
	ID              string  `json:"id"`
	State           string  `json:"state"`
	Outcome         string  `json:"outcome"`
	RingingAt       instant `json:"ringingAt"`
	AnsweredAt      instant `json:"answeredAt"`
	EndedAt         instant `json:"endedAt"`
	DurationSeconds float64 `json:"durationSeconds"`
	Reason          string  `json:"reason"`
}

// The states of a call.
const (
	stateQueued = "queued"
	stateEnded  = "ended"
)

var errNonsense = errors.New("the runtime's answer is no call")

// decode reads the state of the call with an id.
func decode(body []byte, id string) (state, error) {
	var s state
	if err := json.Unmarshal(body, &s); err != nil {
		return state{}, errNonsense // what the decoder says may quote the body
	}
	if s.ID != id {
		return state{}, fmt.Errorf("%w: it is about another id", errNonsense)
	}
	if !slices.Contains([]string{stateQueued, "ringing", "answered", stateEnded}, s.State) {
		return state{}, fmt.Errorf("%w: it has no known state", errNonsense)
	}
	return s, nil
}

// instant is an optional RFC 3339 time. One that cannot be read is none: how a
// call ended counts more than when.
type instant struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) != nil {
		return nil
	}
	if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
		i.Time = at.UTC()
	}
	return nil
}

// report is how a call that ended went, in our words.
func (s state) report(call calling.Call) calling.Report {
	r := calling.Report{
		Reason:    private(s.Reason, call),
		RingingAt: s.RingingAt.Time, AnsweredAt: s.AnsweredAt.Time, EndedAt: s.EndedAt.Time,
	}
	var known bool
	if r.Outcome, known = outcome(s.Outcome); !known {
		r.Outcome = calling.OutcomeUnknown
		r.Reason = private(strings.TrimSpace(fmt.Sprintf("the runtime's outcome is %.40q; %s", s.Outcome, s.Reason)), call)
	}
	r.Talk = time.Duration(min(max(s.DurationSeconds, 0), (24*time.Hour).Seconds()) * float64(time.Second))
	if r.Talk == 0 && !r.AnsweredAt.IsZero() && r.EndedAt.After(r.AnsweredAt) {
		r.Talk = r.EndedAt.Sub(r.AnsweredAt)
	}
	return r
}

// outcome reads the protocol's word: our own in lower case.
func outcome(word string) (calling.Outcome, bool) {
	o := calling.Outcome(strings.ToUpper(word))
	return o, o.Rule().Outcome == o
}

// private takes the numbers of a call out of a runtime's words.
func private(reason string, call calling.Call) string {
	for _, number := range []calling.Number{call.To, call.From} {
		if digits := strings.TrimPrefix(string(number), "+"); digits != "" {
			reason = strings.ReplaceAll(reason, digits, "…")
		}
	}
	return reason
}
