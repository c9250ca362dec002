package calling

import (
	"strings"
	"time"
)

// AttemptStatus says where one dial of a contact is now. Attempts are numbered
// from 1 within their contact and numbers are never reused.
type AttemptStatus string

// The statuses of an attempt. QUEUED and DIALING attempts are in flight: each
// holds one slot of its batch job and of its organization.
const (
	AttemptQueued  AttemptStatus = "QUEUED"  // committed, has its slot; the carrier was not asked yet
	AttemptDialing AttemptStatus = "DIALING" // claimed by a node, which asked or is about to ask the carrier
	AttemptEnded   AttemptStatus = "ENDED"   // has its outcome; never changes again
)

// Values lists every status, as ent's enum fields ask for it.
func (AttemptStatus) Values() []string {
	return names(AttemptQueued, AttemptDialing, AttemptEnded)
}

// Call is everything a carrier needs to place one attempt. Asking twice with
// the same ID means the same call.
type Call struct {
	ID             string // the attempt's id; the carrier's idempotency key
	OrganizationID string
	BatchJobID     string
	ContactID      string
	Attempt        int // 1-based number of the attempt within its contact

	To   Number
	From Number

	AgentID      string
	Architecture Architecture
	Prompt       string // rendered for this contact
	ContactName  string
	Variables    map[string]any // the contact's custom fields; shared, not to be written to

	StartBefore time.Time     // nobody may be dialed for this ask later than this; zero = the call is only waited for
	StartedAt   time.Time     // when the attempt was first claimed; the same on every later ask
	RingTimeout time.Duration // ringing longer than this ends as TIMEOUT or NO_ANSWER
	MaxDuration time.Duration // talking longer than this is ended by the carrier
}

// maxReason bounds what is kept of a carrier's words, in characters.
const maxReason = 500

// Clean returns the report as it can be stored, whatever a carrier has put into
// it: an outcome of the table, else UNKNOWN; words that are text and not longer
// than 500 characters; times of this century; no talk below nothing or above a
// day.
func (r Report) Clean() Report {
	r.Outcome = r.Outcome.Rule().Outcome
	r.Reason = strings.ReplaceAll(strings.ToValidUTF8(r.Reason, "?"), "\x00", "")
	if long := []rune(r.Reason); len(long) > maxReason {
		r.Reason = string(long[:maxReason])
	}
	for _, at := range []*time.Time{&r.RingingAt, &r.AnsweredAt, &r.EndedAt} {
		if at.Year() < 2000 || at.Year() > 2099 {
			*at = time.Time{}
		}
	}
	r.Talk = min(max(r.Talk, 0), 24*time.Hour)
	r.RetryAfter = min(max(r.RetryAfter, 0), 24*time.Hour)
	return r
}

// CarrierFull reports whether nothing rang because the carrier was full or
// could not be reached: reason to dial less for a while.
func (r Report) CarrierFull() bool { return r.NotDialed && r.Outcome == OutcomeCarrierError }

// Report is how a call ended, in the carrier's words made ours.
type Report struct {
	Outcome    Outcome
	Reason     string        // short, for people; no personal data
	NotDialed  bool          // nothing rang (carrier full or unreachable): the contact's attempt is not spent
	RetryAfter time.Duration // with NotDialed: the carrier's wish; 0 = none
	RingingAt  time.Time     // zero when it never rang
	AnsweredAt time.Time     // zero when nobody answered
	EndedAt    time.Time     // zero means now
	Talk       time.Duration // how long the call was answered, as the carrier charges it; 0 when it was not
}
