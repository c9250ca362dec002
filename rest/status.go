package rest

import (
	"slices"
	"strings"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/predicate"
)

// This door has its own words for where batch jobs and contacts are: fewer for
// batch jobs, and for contacts one word for status and outcome together.

// batchWord is the public word for a batch job's status; paused and cancelling
// ones show as running.
func batchWord(s calling.BatchStatus) string {
	if s == calling.BatchPaused || s == calling.BatchCancelling {
		s = calling.BatchRunning
	}
	return strings.ToLower(string(s))
}

// statusesOf returns the statuses a word stands for; none when it is no word.
// The words of detailedStatus count too.
func statusesOf(word string) []calling.BatchStatus {
	var found []calling.BatchStatus
	for _, name := range calling.BatchStatus("").Values() {
		if s := calling.BatchStatus(name); batchWord(s) == word || strings.ToLower(name) == word {
			found = append(found, s)
		}
	}
	return found
}

// The words for a contact that is not told by its last outcome.
const (
	wordPending   = "pending"
	wordQueued    = "queued"
	wordDialing   = "dialing"
	wordCompleted = "completed"
	wordFailed    = "failed"
	wordCancelled = "cancelled"
)

// namedOutcomes are those that have a word of their own when a contact failed
// with them.
func namedOutcomes() []calling.Outcome {
	return []calling.Outcome{
		calling.OutcomeNoAnswer, calling.OutcomeBusy, calling.OutcomeTimeout,
		calling.OutcomeBlocked, calling.OutcomeInvalidNumber, calling.OutcomeCarrierError,
	}
}

// contactWords lists every word for a contact's status.
func contactWords() []string {
	words := []string{wordPending, wordQueued, wordDialing, wordCompleted}
	for _, o := range namedOutcomes() {
		words = append(words, outcomeWord(o))
	}
	return append(words, wordFailed, wordCancelled)
}

func outcomeWord(o calling.Outcome) string { return strings.ToLower(string(o)) }

// contactWord is the word for a contact, given its newest attempt; nil before
// the first.
func contactWord(c *ent.Contact, newest *ent.Attempt) string {
	switch c.Status {
	case calling.ContactDialing:
		if newest != nil && newest.Status == calling.AttemptQueued {
			return wordQueued
		}
		return wordDialing
	case calling.ContactFailed:
		if c.LastOutcome != nil && slices.Contains(namedOutcomes(), *c.LastOutcome) {
			return outcomeWord(*c.LastOutcome)
		}
		return wordFailed
	case calling.ContactPending, calling.ContactCompleted, calling.ContactCancelled:
	}
	return strings.ToLower(string(c.Status))
}

// withWord finds the contacts a word stands for; false when it is no word.
func withWord(word string) (predicate.Contact, bool) {
	queued := contact.HasAttemptsWith(attempt.StatusEQ(calling.AttemptQueued))
	switch word {
	case wordPending:
		return contact.StatusEQ(calling.ContactPending), true
	case wordQueued:
		return contact.And(contact.StatusEQ(calling.ContactDialing), queued), true
	case wordDialing:
		return contact.And(contact.StatusEQ(calling.ContactDialing), contact.Not(queued)), true
	case wordCompleted:
		return contact.StatusEQ(calling.ContactCompleted), true
	case wordCancelled:
		return contact.StatusEQ(calling.ContactCancelled), true
	case wordFailed:
		return contact.And(contact.StatusEQ(calling.ContactFailed),
			contact.Or(contact.LastOutcomeIsNil(), contact.LastOutcomeNotIn(namedOutcomes()...))), true
	}
	for _, o := range namedOutcomes() {
		if outcomeWord(o) == word {
			return contact.And(contact.StatusEQ(calling.ContactFailed), contact.LastOutcomeEQ(o)), true
		}
	}
	return nil, false
}

// breakdown counts a batch job's contacts by word. queued is how many of those
// in flight wait for their node; it was read apart from the row, so it is bent
// to fit. The counts sum to the row's total.
func breakdown(row *ent.BatchJob, queued int) map[string]int {
	queued = min(queued, row.ContactsDialing)
	counts := map[string]int{
		wordPending: row.ContactsPending, wordQueued: queued, wordDialing: row.ContactsDialing - queued,
		wordCompleted: row.ContactsCompleted, wordCancelled: row.ContactsCancelled,
	}
	rest := row.ContactsFailed
	for _, o := range namedOutcomes() {
		n := min(rest, row.OutcomeCounts[o])
		counts[outcomeWord(o)] = n
		rest -= n
	}
	counts[wordFailed] = rest
	return counts
}
