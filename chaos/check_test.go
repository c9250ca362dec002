package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/chaos"
)

// at is a moment of the hand-made histories: seconds after they begin.
func at(seconds float64) time.Time {
	return time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

// story makes a history by hand: one organization with a limit of 2, one batch
// job with a limit of 1 and two attempts for each contact.
type story struct{ chaos.History }

func newStory() *story {
	s := &story{}
	s.State.Organizations = []chaos.Organization{{ID: "org", Limit: 2}}
	s.State.Batches = []chaos.Batch{{
		ID: "batch", Org: "org", Status: calling.BatchCompleted, Limit: 1, MaxAttempts: 2, Price: 120_000,
	}}
	s.Creates = []chaos.Create{{Key: "key", Org: "org", Limit: 1, MaxAttempts: 2, SentAt: at(-1), AnsweredAt: at(0), Status: 200, Batch: "batch"}}
	return s
}

// line adds a line of the observer.
func (s *story) line(event string, seconds float64, call, contact string, attempt int) *chaos.Line {
	s.Lines = append(s.Lines, chaos.Line{
		Seq: int64(len(s.Lines) + 1), At: at(seconds), Event: event, Key: call, Contact: contact, Attempt: attempt,
		Org: "org", Batch: "batch", To: "+1202" + contact, Node: "n1.1",
	})
	return &s.Lines[len(s.Lines)-1]
}

// calls adds a contact with one call that somebody answered for ten seconds.
func (s *story) calls(contact string, from float64) {
	s.dial(contact, 1, from, "completed")
	s.contact(contact, calling.ContactCompleted, calling.OutcomeCompleted, 1)
}

// dial adds a call and its attempt.
func (s *story) dial(contact string, attempt int, from float64, outcome string) {
	call := fmt.Sprintf("%s/%d", contact, attempt)
	s.line("accepted", from, call, contact, attempt)
	end := s.line("ended", from+10, call, contact, attempt)
	end.Outcome, end.Node = outcome, ""
	row := chaos.Attempt{
		ID: call, Contact: contact, Batch: "batch", Number: attempt, Status: calling.AttemptEnded, Dialed: true,
		Outcome: calling.Outcome(strings.ToUpper(outcome)),
	}
	if outcome == "completed" {
		end.Seconds, row.Seconds, row.Cost = 10, 10, 10_000
	}
	s.State.Attempts = append(s.State.Attempts, row)
}

// contact adds a contact's row and its number to the create.
func (s *story) contact(id string, status calling.ContactStatus, outcome calling.Outcome, used int) {
	s.Creates[0].Numbers = append(s.Creates[0].Numbers, "+1202"+id)
	s.State.Contacts = append(s.State.Contacts, chaos.Contact{
		ID: id, Batch: "batch", Phone: "+1202" + id, Status: status, Outcome: outcome, Used: used,
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	t.Run("finds nothing where nothing is wrong", func(t *testing.T) {
		t.Parallel()
		s := newStory()
		s.calls("a", 1)
		s.dial("b", 1, 20, "busy")
		s.dial("b", 2, 40, "busy")
		s.contact("b", calling.ContactFailed, calling.OutcomeBusy, 2)
		s.Controls = []chaos.Control{
			{Batch: "batch", Action: chaos.Pause, SentAt: at(30), AnsweredAt: at(31), Done: true},
			{Batch: "batch", Action: chaos.Resume, SentAt: at(39), AnsweredAt: at(41), Done: true},
			{Batch: "batch", Action: chaos.Cancel, SentAt: at(39), AnsweredAt: at(39)}, // refused
		}
		s.Shown = []chaos.Shown{{Batch: "batch", Completed: 1, Failed: 1}}
		if found := chaos.Check(&s.History); len(found) > 0 {
			t.Error(found)
		}
	})
	for _, row := range violations() {
		t.Run(string(row.want)+": "+row.behaviour, func(t *testing.T) {
			t.Parallel()
			s := newStory()
			s.calls("a", 1)
			row.spoil(s)
			found := chaos.Check(&s.History)
			if !slices.ContainsFunc(found, func(v chaos.Violation) bool { return v.Kind == row.want }) {
				t.Errorf("found %v", found)
			}
		})
	}
}

// spoiled is a history in which one thing is wrong.
type spoiled struct {
	want      chaos.Kind
	behaviour string
	spoil     func(*story)
}

func violations() []spoiled {
	return slices.Concat(doubles(), losses(), strays(), stops(), books(), others())
}

func doubles() []spoiled {
	return []spoiled{
		{chaos.Double, "one call accepted twice", func(s *story) { s.line("accepted", 20, "a/1", "a", 1) }},
		{chaos.Double, "one attempt under two ids", func(s *story) {
			s.line("accepted", 20, "other", "a", 1)
			s.line("ended", 30, "other", "a", 1).Outcome = "completed"
		}},
		{chaos.Double, "two calls to a contact at a time", func(s *story) {
			s.dial("b", 1, 20, "busy")
			s.dial("b", 2, 25, "busy")
			s.contact("b", calling.ContactFailed, calling.OutcomeBusy, 2)
		}},
		{chaos.Double, "two calls to a number at a time", func(s *story) {
			s.line("accepted", 5, "other", "b", 1).To = "+1202a"
			s.line("ended", 20, "other", "b", 1).Outcome = "completed"
		}},
		{chaos.Double, "more calls than attempts", func(s *story) {
			for i := range 3 {
				s.dial("b", i+1, float64(20+20*i), "busy")
			}
			s.contact("b", calling.ContactFailed, calling.OutcomeBusy, 3)
		}},
		{chaos.Double, "a call after one that ends the contact", func(s *story) {
			s.dial("b", 1, 20, "rejected")
			s.dial("b", 2, 40, "completed")
			s.contact("b", calling.ContactCompleted, calling.OutcomeCompleted, 2)
		}},
		{chaos.Double, "a call again although its acceptance was written down before the carrier forgot it", func(s *story) {
			s.line("forgot", 30, "", "", 0)
			s.line("accepted", 40, "a/1", "a", 1)
			s.State.Attempts[0].AcceptedAt = at(2)
		}},
	}
}

func losses() []spoiled {
	return []spoiled{
		{chaos.Lost, "a contact without an end", func(s *story) { s.contact("b", calling.ContactPending, "", 0) }},
		{chaos.Lost, "a contact that failed without a call", func(s *story) {
			s.contact("b", calling.ContactFailed, calling.OutcomeBusy, 1)
		}},
		{chaos.Lost, "a contact that was given up early", func(s *story) {
			s.dial("b", 1, 20, "busy")
			s.contact("b", calling.ContactFailed, calling.OutcomeBusy, 1)
		}},
		{chaos.Lost, "another outcome than the call's", func(s *story) { s.State.Contacts[0].Outcome = calling.OutcomeVoicemail }},
		{chaos.Lost, "another status than the outcome's", func(s *story) { s.State.Contacts[0].Status = calling.ContactFailed }},
		{chaos.Lost, "a contact cancelled that nobody cancelled", func(s *story) {
			s.contact("b", calling.ContactCancelled, "", 0)
		}},
		{chaos.Lost, "a batch job without an end", func(s *story) { s.State.Batches[0].Status = calling.BatchRunning }},
		{chaos.Lost, "a number of an answered create without a row", func(s *story) {
			s.State.Contacts = nil
		}},
	}
}

func strays() []spoiled {
	return []spoiled{
		{chaos.Phantom, "a call for nobody", func(s *story) { s.line("accepted", 20, "x", "nobody", 1) }},
		{chaos.Phantom, "a call to another number", func(s *story) { s.State.Contacts[0].Phone = "+12025550100" }},
		{chaos.Phantom, "a call in another organization's name", func(s *story) { s.State.Batches[0].Org = "other" }},
		{chaos.Phantom, "a call before its time", func(s *story) { s.State.Batches[0].StartAt = at(2.5) }},
		{chaos.Phantom, "a call without its attempt", func(s *story) { s.State.Attempts = nil }},
		{chaos.OverLimit, "two calls in a batch job of one", func(s *story) { s.calls("b", 10.9) }},
		{chaos.OverLimit, "three calls in an organization of two", func(s *story) {
			s.State.Batches[0].Limit = 9
			s.calls("b", 2)
			s.calls("c", 3)
		}},
		{chaos.OverLimit, "a call beside one that has not ended", func(s *story) {
			s.Lines = s.Lines[:1]
			s.calls("b", 600)
		}},
	}
}

func stops() []spoiled {
	return []spoiled{
		{chaos.Stopped, "a call after a pause had answered", func(s *story) {
			s.Controls = []chaos.Control{{Batch: "batch", Action: chaos.Pause, SentAt: at(0), AnsweredAt: at(0.9), Done: true}}
		}},
		{chaos.Stopped, "a call after a cancel had answered, whoever resumed", func(s *story) {
			s.Controls = []chaos.Control{
				{Batch: "batch", Action: chaos.Cancel, SentAt: at(0), AnsweredAt: at(0.9), Done: true},
				{Batch: "batch", Action: chaos.Resume, SentAt: at(0.95), AnsweredAt: at(0.99), Done: true},
			}
		}},
		{chaos.Stopped, "a call between a pause and the resume", func(s *story) {
			s.Controls = []chaos.Control{
				{Batch: "batch", Action: chaos.Resume, SentAt: at(-5), AnsweredAt: at(-4), Done: true},
				{Batch: "batch", Action: chaos.Pause, SentAt: at(0), AnsweredAt: at(0.9), Done: true},
				{Batch: "batch", Action: chaos.Resume, SentAt: at(1.1), AnsweredAt: at(2), Done: true},
			}
		}},
	}
}

func books() []spoiled {
	return []spoiled{
		{chaos.Books, "what the recount found", func(s *story) { s.State.Audit = []string{"one missing"} }},
		{chaos.Books, "the API counts otherwise", func(s *story) {
			s.Shown = []chaos.Shown{{Batch: "batch", Completed: 2}}
		}},
		{chaos.Books, "the API shows another price", func(s *story) {
			s.Shown = []chaos.Shown{{Batch: "batch", Completed: 1, SpentMicros: 1}}
		}},
		{chaos.Books, "a call that cost less than it took", func(s *story) { s.State.Attempts[0].Cost = 9_000 }},
		{chaos.Books, "a call that counts as not dialed", func(s *story) { s.State.Attempts[0].Dialed = false }},
		{chaos.Books, "an attempt with another outcome than its call", func(s *story) {
			s.State.Attempts[0].Outcome = calling.OutcomeVoicemail
		}},
		{chaos.Books, "an attempt that never ended", func(s *story) { s.State.Attempts[0].Status = calling.AttemptDialing }},
		{chaos.Books, "an attempt the carrier never had", func(s *story) {
			s.State.Attempts = append(s.State.Attempts, chaos.Attempt{
				ID: "x", Contact: "a", Batch: "batch", Number: 2, Status: calling.AttemptEnded, Dialed: true, Outcome: calling.OutcomeBusy,
			})
		}},
	}
}

func others() []spoiled {
	return []spoiled{
		{chaos.Torn, "some contacts of a create", func(s *story) { s.Creates[0].Numbers = append(s.Creates[0].Numbers, "+1202b") }},
		{chaos.Torn, "some contacts of a create nobody answered", func(s *story) {
			s.Creates[0] = chaos.Create{Key: "key", Numbers: []string{"+1202a", "+1202b"}}
		}},
		{chaos.Torn, "two batch jobs for one key", func(s *story) {
			second := s.Creates[0]
			second.Batch = "batch2"
			s.Creates = append(s.Creates, second)
		}},
		{chaos.Torn, "contacts that nobody uploaded", func(s *story) { s.Creates[0].Numbers = []string{"+1202b"} }},
		{chaos.Torn, "another limit than was asked for", func(s *story) { s.Creates[0].Limit = 5 }},
		{chaos.Unknown, "an attempt whose call the carrier knows", func(s *story) {
			s.State.Attempts[0].Outcome = calling.OutcomeUnknown
		}},
		{chaos.Shared, "two nodes that follow a call in turn", func(s *story) {
			s.line("lookup", 3, "a/1", "", 0).Node = "n2.1"
			s.line("lookup", 4, "a/1", "", 0)
		}},
		{chaos.Changed, "a call asked for with two bodies", func(s *story) { s.line("conflict", 3, "a/1", "a", 1) }},
		{chaos.Broke, "a gap in the journal", func(s *story) { s.Lines[1].Seq = 3 }},
	}
}

func TestCheckAllowsACallToComeBackFromANodeThatDied(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.line("lookup", 3, "a/1", "", 0).Node = "n2.1"
	s.Faults = append(s.Faults, chaos.Fault{Kind: "kill", Node: "n2.1", At: at(3.5)})
	s.line("lookup", 4, "a/1", "", 0)
	if found := chaos.Check(&s.History); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestCheckAllowsARefusalThatNobodyHeard(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.line("refused", 20, "b/1", "b", 1).Outcome = "invalid_number"
	if found := chaos.Check(&s.History); len(found) == 0 {
		t.Error("a refusal that the rows know nothing of passes")
	}
	s.line("missing", 30, "b/1", "b", 1)
	if found := chaos.Check(&s.History); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestCheckAllowsARefusalThatWasLookedForAgainBeforeItWasWritten(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.line("refused", 20, "b/1", "b", 1).Outcome = "invalid_number"
	s.line("missing", 30, "b/1", "b", 1)
	s.State.Attempts = append(s.State.Attempts, chaos.Attempt{
		ID: "b/1", Contact: "b", Batch: "batch", Number: 1, Status: calling.AttemptEnded, Dialed: true,
		Outcome: calling.OutcomeInvalidNumber,
	})
	s.contact("b", calling.ContactFailed, calling.OutcomeInvalidNumber, 1)
	if found := chaos.Check(&s.History); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestCheckAllowsWhatACarrierThatForgotExcuses(t *testing.T) {
	t.Parallel()
	s := newStory()
	// Accepted, forgotten before that was written down, and dialed as if never.
	s.line("accepted", 1, "a/1", "a", 1)
	s.line("ended", 5, "a/1", "a", 1).Outcome = "dropped"
	s.line("forgot", 5, "", "", 0)
	s.calls("a", 20)
	// Accepted and written down, then forgotten: nobody knows.
	s.line("accepted", 40, "b/1", "b", 1)
	s.line("ended", 45, "b/1", "b", 1).Outcome = "dropped"
	s.line("forgot", 45, "", "", 0)
	s.State.Attempts = append(s.State.Attempts, chaos.Attempt{
		ID: "b/1", Contact: "b", Batch: "batch", Number: 1, Status: calling.AttemptEnded, Dialed: true,
		Outcome: calling.OutcomeUnknown, AcceptedAt: at(41),
	})
	s.contact("b", calling.ContactFailed, calling.OutcomeUnknown, 1)
	if found := chaos.Check(&s.History); len(found) > 0 {
		t.Error(found)
	}
}
