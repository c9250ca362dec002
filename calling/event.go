package calling

import "strings"

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
