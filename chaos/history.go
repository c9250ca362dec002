package chaos

import (
	"time"

	"github.com/outdial/outdial/calling"
)

// History is everything that is known of a run: what the observer saw, what the
// driver did and was told, and what the database said at the end.
type History struct {
	Lines    []Line
	Creates  []Create
	Controls []Control
	Faults   []Fault
	Shown    []Shown
	State    State
}

// Create is one request to create a batch job. Requests with one key are tries
// of the same.
type Create struct {
	Key         string
	Org         string
	Numbers     []string
	Limit       int
	MaxAttempts int
	StartAt     time.Time // zero = at once
	SentAt      time.Time
	AnsweredAt  time.Time // zero = no answer
	Status      int       // of the answer; 0 = none
	Batch       string    // the id in the answer
}

// Created reports whether the client was told that the batch job exists.
func (c Create) Created() bool { return c.Status >= 200 && c.Status < 300 }

// Action is what a client asked of a batch job.
type Action string

// The actions.
const (
	Pause  Action = "pause"
	Resume Action = "resume"
	Cancel Action = "cancel"
)

// Control is one request to pause, resume or cancel a batch job.
type Control struct {
	Batch      string
	Action     Action
	SentAt     time.Time
	AnsweredAt time.Time // zero = no answer
	Done       bool      // the answer says it was done
}

// Fault is something the driver broke.
type Fault struct {
	Kind  string // of Kinds
	Node  string // the life of the node it befell; "" = not a node
	At    time.Time
	Until time.Time // when it was mended; zero for kills
}

// Shown is how the API showed a batch job at the end.
type Shown struct {
	Batch                        string
	Completed, Failed, Cancelled int
	SpentMicros                  calling.Micros
}

// State is the rows at the end.
type State struct {
	Organizations []Organization
	Batches       []Batch
	Contacts      []Contact
	Attempts      []Attempt
	Audit         []string // what does not add up among the rows
}

// Organization is a row of organizations.
type Organization struct {
	ID    string
	Limit int
}

// Batch is a row of batch jobs.
type Batch struct {
	ID          string
	Org         string
	Status      calling.BatchStatus
	Limit       int
	MaxAttempts int
	Price       calling.Micros
	Spent       calling.Micros
	StartAt     time.Time // scheduled; zero = at once
	CreatedAt   time.Time
	StartedAt   time.Time // zero = not started
}

// Contact is a row of contacts.
type Contact struct {
	ID      string
	Batch   string
	Phone   string
	Status  calling.ContactStatus
	Outcome calling.Outcome // of its last attempt; "" before
	Used    int             // attempts that count
}

// Attempt is a row of attempts.
type Attempt struct {
	ID         string
	Contact    string
	Batch      string
	Number     int
	Status     calling.AttemptStatus
	Outcome    calling.Outcome // "" before it ended
	Dialed     bool
	AcceptedAt time.Time // zero = not known
	Seconds    int       // talked
	Cost       calling.Micros
}
