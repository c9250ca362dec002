package chaos

import (
	"time"

	"github.com/outdial/outdial/calling"
)

// checkContacts looks for contacts that were lost.
func (c *checker) checkContacts() {
	for _, contact := range c.State.Contacts {
		if fault := c.explained(contact, c.batches[contact.Batch]); fault != "" {
			c.say(Lost, "contact %s of %s %s", contact.ID, contact.Batch, fault)
		}
	}
	for _, b := range c.State.Batches {
		if !b.Status.Terminal() {
			c.say(Lost, "batch job %s is still %s", b.ID, b.Status)
		}
	}
}

// checkCreates compares what clients were told of their creates with the rows.
func (c *checker) checkCreates() {
	byNumber := map[string]string{} // number -> batch job
	sizes := map[string]int{}
	for _, contact := range c.State.Contacts {
		if other, known := byNumber[contact.Phone]; known && other != contact.Batch {
			c.say(Torn, "%s is in two batch jobs, %s and %s", contact.Phone, other, contact.Batch)
		}
		byNumber[contact.Phone] = contact.Batch
		sizes[contact.Batch]++
	}
	told := map[string]string{} // key -> batch job
	asked := map[string]bool{}
	for _, create := range c.Creates {
		for _, number := range create.Numbers {
			asked[number] = true
		}
		c.checkCreate(create, byNumber, sizes)
		if !create.Created() {
			continue
		}
		if other, known := told[create.Key]; known && other != create.Batch {
			c.say(Torn, "key %s was answered with %s and with %s", create.Key, other, create.Batch)
		}
		told[create.Key] = create.Batch
	}
	for _, contact := range c.State.Contacts {
		if len(c.Creates) > 0 && !asked[contact.Phone] {
			c.say(Torn, "contact %s of %s was never uploaded", contact.Phone, contact.Batch)
		}
	}
}

func (c *checker) checkCreate(create Create, byNumber map[string]string, sizes map[string]int) {
	found := map[string]int{}
	for _, number := range create.Numbers {
		if batch, known := byNumber[number]; known {
			found[batch]++
		}
	}
	for batch, n := range found {
		if n != len(create.Numbers) || sizes[batch] != n {
			c.say(Torn, "create %s: batch job %s has %d of %d contacts, and %d in all", create.Key, batch, n, len(create.Numbers), sizes[batch])
		}
		if create.Created() && batch != create.Batch {
			c.say(Torn, "create %s was answered with %s, its contacts are in %s", create.Key, create.Batch, batch)
		}
	}
	if !create.Created() {
		return
	}
	if missing := len(create.Numbers) - found[create.Batch]; missing > 0 {
		c.say(Lost, "create %s was answered with %s, which lacks %d of %d contacts", create.Key, create.Batch, missing, len(create.Numbers))
	}
	if b, known := c.batches[create.Batch]; known && (b.Limit != create.Limit || b.MaxAttempts != create.MaxAttempts || b.Org != create.Org) {
		c.say(Torn, "batch job %s has limit %d, %d attempts and belongs to %s; asked for were %d, %d, %s",
			b.ID, b.Limit, b.MaxAttempts, b.Org, create.Limit, create.MaxAttempts, create.Org)
	}
}

// checkBooks compares rows, API and observer.
func (c *checker) checkBooks() {
	for _, fault := range c.State.Audit {
		c.say(Books, "%s", fault)
	}
	counts := map[string]map[calling.ContactStatus]int{}
	for _, contact := range c.State.Contacts {
		if counts[contact.Batch] == nil {
			counts[contact.Batch] = map[calling.ContactStatus]int{}
		}
		counts[contact.Batch][contact.Status]++
	}
	for _, s := range c.Shown {
		n := counts[s.Batch]
		if s.Completed != n[calling.ContactCompleted] || s.Failed != n[calling.ContactFailed] || s.Cancelled != n[calling.ContactCancelled] {
			c.say(Books, "the API shows %s with %d completed, %d failed, %d cancelled; its rows say %v", s.Batch, s.Completed, s.Failed, s.Cancelled, n)
		}
		if b := c.batches[s.Batch]; b.Spent != s.SpentMicros {
			c.say(Books, "the API shows that %s spent %d, its row says %d", s.Batch, s.SpentMicros, b.Spent)
		}
	}
	for _, a := range c.State.Attempts {
		c.checkAttempt(a)
	}
}

// checkAttempt compares an attempt with its call.
func (c *checker) checkAttempt(a Attempt) {
	s, known := c.seen[a.ID]
	b := c.batches[a.Batch]
	switch {
	case a.Status != calling.AttemptEnded:
		c.say(Books, "attempt %s of %s still holds its slot", a.ID, a.Batch)
	case !known:
		if a.Dialed && a.Outcome != calling.OutcomeUnknown {
			c.say(Books, "attempt %s counts as dialed (%s), the carrier never had it", a.ID, a.Outcome)
		}
		if a.Cost != 0 {
			c.say(Books, "attempt %s, which the carrier never had, cost %d", a.ID, a.Cost)
		}
	case len(s.accepted) > 0 && !a.Dialed:
		c.say(Books, "attempt %s counts as not dialed (%s), its call ended as %s", a.ID, a.Outcome, s.outcome)
	case a.Outcome != s.outcome && a.Outcome != calling.OutcomeUnknown:
		c.say(Books, "attempt %s ended as %s, its call as %s", a.ID, a.Outcome, s.outcome)
	case a.Outcome != calling.OutcomeUnknown && a.Cost != costOf(b, s):
		c.say(Books, "attempt %s cost %d, its call of %d seconds costs %d", a.ID, a.Cost, s.seconds, costOf(b, s))
	}
}

// costOf is what a call costs, by the seconds the carrier told.
func costOf(b Batch, s *seen) calling.Micros {
	return calling.CallCost(b.Price, time.Duration(s.seconds)*time.Second)
}
