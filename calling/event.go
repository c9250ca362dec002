package calling

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// EventType says what happened, for those who want to be told by a webhook.
type EventType string

// The events. A ping happens when somebody asks for it.
const (
	EventBatchStarted     EventType = "BATCH_STARTED"
	EventBatchPaused      EventType = "BATCH_PAUSED"
	EventBatchCompleted   EventType = "BATCH_COMPLETED"
	EventBatchFailed      EventType = "BATCH_FAILED"
	EventBatchCancelled   EventType = "BATCH_CANCELLED"
	EventContactCompleted EventType = "CONTACT_COMPLETED"
	EventContactFailed    EventType = "CONTACT_FAILED"
	EventPing             EventType = "PING"
)

// Values lists every event, as ent's enum fields ask for it.
func (EventType) Values() []string {
	return names(EventBatchStarted, EventBatchPaused, EventBatchCompleted, EventBatchFailed, EventBatchCancelled,
		EventContactCompleted, EventContactFailed, EventPing)
}

// Name is the event's name on the wire, such as "batch.started".
func (e EventType) Name() string {
	return strings.Replace(strings.ToLower(string(e)), "_", ".", 1)
}

// Wanted reports whether endpoints may ask for the event. A ping is sent to
// whoever it is asked for.
func (e EventType) Wanted() bool { return e != EventPing }

// EventBody returns what is sent of an event: its name, when it happened, and
// what there is to know of it, as JSON.
func EventBody(e EventType, at time.Time, data any) ([]byte, error) {
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{e.Name(), at.UTC(), data})
	if err != nil {
		return nil, fmt.Errorf("encode the event %s: %w", e, err)
	}
	return body, nil
}

// BatchEvent is what events of a batch job tell: how it stood when it happened.
type BatchEvent struct {
	BatchJobID        string          `json:"batchJobId"`
	Name              string          `json:"name"`
	Status            BatchStatus     `json:"status"`
	PauseReason       *PauseReason    `json:"pauseReason"` // null unless it is paused
	PauseNote         string          `json:"pauseNote,omitempty"`
	TotalContacts     int             `json:"totalContacts"`
	ContactsPending   int             `json:"contactsPending"`
	ContactsDialing   int             `json:"contactsDialing"`
	ContactsCompleted int             `json:"contactsCompleted"`
	ContactsFailed    int             `json:"contactsFailed"`
	ContactsCancelled int             `json:"contactsCancelled"`
	Outcomes          map[Outcome]int `json:"outcomes"` // of contacts that are final, which they add up to
	Attempts          int             `json:"attempts"` // that have ended
	SpentMicros       Micros          `json:"spentMicros"`
	StartedAt         *time.Time      `json:"startedAt"`
	EndedAt           *time.Time      `json:"endedAt"`
}

// ContactEvent is what events of a contact tell. It holds the number and the row,
// by which receivers find the contact in their own data, and no name and no
// custom fields.
type ContactEvent struct {
	BatchJobID  string        `json:"batchJobId"`
	ContactID   string        `json:"contactId"`
	Row         int           `json:"row"` // of the upload, from 1
	Phone       Number        `json:"phone"`
	Status      ContactStatus `json:"status"`
	Outcome     *Outcome      `json:"outcome"`     // of the last attempt; null = it was never dialed
	Attempts    int           `json:"attempts"`    // that were used
	AttemptID   string        `json:"attemptId"`   // of the last one, the carrier's name for the call; empty = none
	TalkSeconds int           `json:"talkSeconds"` // over all attempts
	CostMicros  Micros        `json:"costMicros"`  // over all attempts
}

// MaxDeliveryTries is how often a delivery is tried: over about a day.
const MaxDeliveryTries = 10

// The waits between tries grow fourfold from the first one to the longest.
const (
	firstDeliveryWait   = 10 * time.Second
	longestDeliveryWait = 6 * time.Hour
)

// DeliveryWait returns how long a delivery waits after so many tries that failed:
// about 10 seconds, 40, 3 minutes, and so on, up to 6 hours. roll, from 0 up to 1,
// moves it by up to a fifth, so that what failed together does not come again
// together. asked is what the receiver wished for, 0 when nothing; it makes the
// wait longer only, and not above the longest.
func DeliveryWait(tries int, roll float64, asked time.Duration) time.Duration {
	wait := firstDeliveryWait
	for range tries - 1 {
		wait = min(4*wait, longestDeliveryWait)
	}
	wait = time.Duration(float64(wait) * (0.8 + 0.4*roll))
	return max(wait, min(asked, longestDeliveryWait))
}

// DeliveryStatus says where an event is on its way to a webhook endpoint.
type DeliveryStatus string

// The statuses of a delivery.
const (
	DeliveryPending   DeliveryStatus = "PENDING"   // waits for its next try
	DeliveryDelivered DeliveryStatus = "DELIVERED" // was answered with a status from 200 to 299
	DeliveryFailed    DeliveryStatus = "FAILED"    // is not tried any more
)

// Values lists every status, as ent's enum fields ask for it.
func (DeliveryStatus) Values() []string {
	return names(DeliveryPending, DeliveryDelivered, DeliveryFailed)
}
