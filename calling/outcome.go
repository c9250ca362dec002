package calling

// Outcome says how an attempt ended.
type Outcome string

// The outcomes of an attempt; Outcomes says what each leads to.
const (
	OutcomeCompleted     Outcome = "COMPLETED"
	OutcomeVoicemail     Outcome = "VOICEMAIL"
	OutcomeNoAnswer      Outcome = "NO_ANSWER"
	OutcomeBusy          Outcome = "BUSY"
	OutcomeTimeout       Outcome = "TIMEOUT"
	OutcomeRejected      Outcome = "REJECTED"
	OutcomeBlocked       Outcome = "BLOCKED"
	OutcomeInvalidNumber Outcome = "INVALID_NUMBER"
	OutcomeCarrierError  Outcome = "CARRIER_ERROR"
	OutcomeCancelled     Outcome = "CANCELLED"
	OutcomeUnknown       Outcome = "UNKNOWN"
)

// OutcomeRule says what an outcome leads to.
type OutcomeRule struct {
	Outcome Outcome
	Retried bool          // dialed again by default while attempts are left
	Final   ContactStatus // the contact's status when it is not dialed again
	Meaning string        // one sentence, repeated in the documentation
}

// Answered reports whether somebody, or a voicemail, answered.
func (o Outcome) Answered() bool { return o == OutcomeCompleted || o == OutcomeVoicemail }

// Rang reports whether the person's telephone rang, whoever answered: of these
// attempts the answered ones are a share. A busy line does not ring, and what the
// network refused or nobody knows of says nothing about people.
func (o Outcome) Rang() bool { return o.Answered() || o == OutcomeNoAnswer || o == OutcomeRejected }

// Outcomes returns the one table of outcomes. The slice is the caller's own.
func Outcomes() []OutcomeRule {
	return []OutcomeRule{
		{OutcomeCompleted, false, ContactCompleted, "The agent spoke with somebody."},
		{OutcomeVoicemail, false, ContactCompleted, "A voicemail answered."},
		{OutcomeNoAnswer, true, ContactFailed, "It rang and nobody answered."},
		{OutcomeBusy, true, ContactFailed, "The line was busy."},
		{OutcomeTimeout, true, ContactFailed, "The network did not connect the call in time."},
		{OutcomeRejected, false, ContactFailed, "The person declined the call."},
		{OutcomeBlocked, false, ContactFailed, "The call was blocked on its way."},
		{OutcomeInvalidNumber, false, ContactFailed, "The number does not exist."},
		{OutcomeCarrierError, false, ContactFailed, "The carrier failed after it had accepted the call."},
		{OutcomeCancelled, false, ContactCancelled, "The call was hung up because its batch job was cancelled."},
		{OutcomeUnknown, false, ContactFailed, "It cannot be known whether the call went out; it is never dialed again by itself."},
	}
}

// Values lists every outcome, as ent's enum fields ask for it.
func (Outcome) Values() []string {
	rules := Outcomes()
	values := make([]string, len(rules))
	for i, r := range rules {
		values[i] = string(r.Outcome)
	}
	return values
}

// Rule returns the outcome's row of the table; an outcome that is not in it is
// treated as UNKNOWN.
func (o Outcome) Rule() OutcomeRule {
	var unknown OutcomeRule
	for _, r := range Outcomes() {
		if r.Outcome == o {
			return r
		}
		unknown = r // the table's last row
	}
	return unknown
}
