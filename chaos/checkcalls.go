package chaos

import (
	"slices"
	"time"

	"github.com/outdial/outdial/calling"
)

// checkDoubles looks at every contact's calls.
func (c *checker) checkDoubles() {
	type attempt struct {
		contact string
		number  int
	}
	first := map[attempt]string{}
	for _, key := range c.keys {
		s := c.seen[key]
		if other, known := first[attempt{s.Contact, s.Attempt}]; known {
			c.say(Double, "attempt %d of contact %s was dialed as %s and as %s", s.Attempt, s.Contact, other, key)
		}
		first[attempt{s.Contact, s.Attempt}] = key
		if len(s.accepted) > 1 && !c.excused(s) {
			c.say(Double, "call %s was accepted %d times", key, len(s.accepted))
		}
	}
	for id, calls := range c.byContact {
		c.checkSequence(id, calls)
	}
	byNumber := map[string][]*seen{}
	for _, key := range c.keys {
		byNumber[c.seen[key].To] = append(byNumber[c.seen[key].To], c.seen[key])
	}
	for to, calls := range byNumber {
		c.checkOverlap("number "+to, calls)
	}
}

// excused reports whether a call that was accepted twice was forgotten between,
// before Outdial had written down that the carrier had it.
func (c *checker) excused(s *seen) bool {
	if len(c.forgotAt) == 0 {
		return false
	}
	for _, a := range c.attempts[s.Contact] {
		if a.ID == s.Key && !a.AcceptedAt.IsZero() && c.forgottenAfter(a.AcceptedAt) {
			return false
		}
	}
	return c.forgottenAfter(s.accepted[0].from)
}

// checkSequence looks at one contact's calls in the order of their attempts.
func (c *checker) checkSequence(contact string, calls []*seen) {
	dials := 0
	for i, s := range calls {
		if len(s.accepted) == 0 {
			continue
		}
		dials++
		if i > 0 && !calls[i-1].outcome.Rule().Retried && !calls[i-1].dropped && !calls[i-1].ended.IsZero() {
			c.say(Double, "contact %s was called (attempt %d) after %s", contact, s.Attempt, calls[i-1].outcome)
		}
		if i > 0 && calls[i-1].dropped {
			c.say(Double, "contact %s was called again (attempt %d) after a call whose end nobody knows", contact, s.Attempt)
		}
	}
	if b, known := c.batches[calls[0].Batch]; known && dials > b.MaxAttempts {
		c.say(Double, "contact %s was called %d times, %d are allowed", contact, dials, b.MaxAttempts)
	}
}

func (c *checker) checkOverlap(who string, calls []*seen) {
	var all []span
	for _, s := range calls {
		all = append(all, s.accepted...)
	}
	slices.SortFunc(all, func(a, b span) int { return a.from.Compare(b.from) })
	for i := 1; i < len(all); i++ {
		if before := all[i-1]; before.until.IsZero() || before.until.After(all[i].from) {
			c.say(Double, "%s was called twice at a time, the second time at %s", who, all[i].from)
		}
	}
}

// checkPhantoms looks whom calls were for.
func (c *checker) checkPhantoms() {
	for _, key := range c.keys {
		s := c.seen[key]
		contact, known := c.contacts[s.Contact]
		batch := c.batches[s.Batch]
		switch {
		case !known:
			c.say(Phantom, "call %s was for %s, who is in no batch job", key, s.To)
			continue
		case contact.Batch != s.Batch || contact.Phone != s.To || batch.Org != s.Org:
			c.say(Phantom, "call %s was for %s of %s of %s, contact %s is %s of %s of %s",
				key, s.To, s.Batch, s.Org, contact.ID, contact.Phone, contact.Batch, batch.Org)
		case len(s.accepted) > 0 && !batch.StartAt.IsZero() && s.accepted[0].from.Before(batch.StartAt.Add(-time.Second)):
			c.say(Phantom, "call %s came %s before its start", key, batch.StartAt.Sub(s.accepted[0].from))
		}
		if !slices.ContainsFunc(c.attempts[s.Contact], func(a Attempt) bool { return a.ID == key && a.Number == s.Attempt }) {
			c.say(Phantom, "call %s, attempt %d of contact %s, is no attempt's", key, s.Attempt, s.Contact)
		}
	}
}

// checkLimits sweeps the intervals from accepted to ended.
func (c *checker) checkLimits() {
	limits := map[string]int{}
	for _, o := range c.State.Organizations {
		limits[o.ID] = o.Limit
	}
	for _, b := range c.State.Batches {
		limits[b.ID] = b.Limit
	}
	for who, n := range c.peaks() {
		if limit, known := limits[who]; known && n > limit {
			c.say(OverLimit, "%s had %d calls at a time, its limit is %d", who, n, limit)
		}
	}
}

// peaks returns the most calls at a time by batch job and by organization.
func (c *checker) peaks() map[string]int {
	type edge struct {
		at   time.Time
		step int
		call *seen
	}
	var edges []edge
	for _, s := range c.seen {
		for _, taken := range s.accepted {
			edges = append(edges, edge{taken.from, 1, s})
			if !taken.until.IsZero() {
				edges = append(edges, edge{taken.until, -1, s})
			}
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if order := a.at.Compare(b.at); order != 0 {
			return order
		}
		return a.step - b.step // at one instant, the end first
	})
	now, most := map[string]int{}, map[string]int{}
	for _, e := range edges {
		for _, who := range []string{e.call.Batch, e.call.Org} {
			now[who] += e.step
			most[who] = max(most[who], now[who])
		}
	}
	return most
}

// takesEffect is how long a request that was not answered may still be carried
// out.
const takesEffect = 30 * time.Second

// checkStops looks for calls accepted between the answer of a pause or cancel
// and the next resume.
func (c *checker) checkStops() {
	for _, control := range c.Controls {
		if !control.Done || control.Action == Resume {
			continue
		}
		from, until := control.AnsweredAt, time.Time{}
		if control.Action == Pause {
			until = c.nextResume(control)
		}
		for _, key := range c.keys {
			s := c.seen[key]
			for _, taken := range s.accepted {
				if at := taken.from; s.Batch == control.Batch && at.After(from) && (until.IsZero() || at.Before(until)) {
					c.say(Stopped, "call %s of %s was accepted %s after the %s had answered", key, s.Batch, at.Sub(from), control.Action)
				}
			}
		}
	}
}

// nextResume returns from when on the batch job may have been resumed; zero =
// never.
func (c *checker) nextResume(pause Control) time.Time {
	var next time.Time
	for _, r := range c.Controls {
		ends := r.AnsweredAt
		if ends.IsZero() {
			ends = r.SentAt.Add(takesEffect)
		}
		if r.Batch == pause.Batch && r.Action == Resume && ends.After(pause.SentAt) && (next.IsZero() || r.SentAt.Before(next)) {
			next = r.SentAt
		}
	}
	return next
}

// peak returns the most calls at a time of the organization that had most.
func (h *History) peak() int {
	c := &checker{History: h, seen: map[string]*seen{}}
	c.index()
	peaks, most := c.peaks(), 0
	for _, o := range h.State.Organizations {
		most = max(most, peaks[o.ID])
	}
	return most
}

// dialed reports whether the observer knows of a dial, and the last one.
func (c *checker) dialed(contact string) (last *seen, dials int) {
	for _, s := range c.byContact[contact] {
		last = s
		dials++
	}
	return last, dials
}

// explained says why the end of a contact does not follow from its calls; ""
// when it does.
func (c *checker) explained(contact Contact, batch Batch) string {
	last, dials := c.dialed(contact.ID)
	switch contact.Status {
	case calling.ContactCancelled:
		if !c.cancelled[batch.ID] && contact.Outcome != calling.OutcomeCancelled {
			return "is cancelled, which nobody asked for"
		}
		return ""
	case calling.ContactPending, calling.ContactDialing:
		return "has no end state: " + string(contact.Status) + " in a batch job that is " + string(batch.Status)
	case calling.ContactCompleted, calling.ContactFailed:
	}
	switch {
	case contact.Outcome == calling.OutcomeUnknown:
		return "" // checkUnknown's
	case last == nil:
		return "ended as " + string(contact.Outcome) + " without a call"
	case last.outcome != contact.Outcome:
		return "ended as " + string(contact.Outcome) + ", its last call as " + string(last.outcome)
	case last.outcome.Rule().Final != contact.Status:
		return "is " + string(contact.Status) + " after " + string(last.outcome)
	case last.outcome.Rule().Retried && dials < batch.MaxAttempts:
		return "was given up before its last attempt"
	}
	return ""
}
