package chaos

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
)

// Kind names a promise that was broken.
type Kind string

// What must not happen.
const (
	// Double: two accepted calls for one attempt, two calls to one contact at a
	// time, more calls than attempts are allowed, or a call after an outcome that
	// ends the contact.
	Double Kind = "double"
	// Lost: a contact of a batch job a client was told of that has no end state, or
	// one that its calls do not explain.
	Lost Kind = "lost"
	// Phantom: a call for nobody, for somebody else's contact, or more than a
	// second before its time.
	Phantom Kind = "phantom"
	// OverLimit: more calls between accepted and ended than a batch job's or an
	// organization's limit, at any instant.
	OverLimit Kind = "over_limit"
	// Torn: some but not all contacts of a create, or two batch jobs for one key.
	Torn Kind = "torn"
	// Books: rows, ledger, API and the observer's calls disagree.
	Books Kind = "books"
	// Unknown: an attempt that ended as UNKNOWN although the carrier kept its calls.
	Unknown Kind = "unknown"
	// Stopped: a call accepted after a pause or cancel had answered.
	Stopped Kind = "stopped"
	// Shared: two nodes that nothing kept from each other followed one call in turn.
	Shared Kind = "shared"
	// Changed: one call id was asked for with two bodies.
	Changed Kind = "changed"
	// Broke: the observer's journal has a gap, or a node raced, panicked or stopped
	// badly.
	Broke Kind = "broke"
)

// Violation is a broken promise and who it befell.
type Violation struct {
	Kind Kind
	Text string
}

func (v Violation) String() string { return string(v.Kind) + ": " + v.Text }

// Check compares what happened with what may not. It is a pure function.
func Check(h *History) []Violation {
	c := &checker{History: h, seen: map[string]*seen{}}
	c.index()
	c.checkJournal()
	c.checkDoubles()
	c.checkContacts()
	c.checkPhantoms()
	c.checkLimits()
	c.checkCreates()
	c.checkBooks()
	c.checkUnknown()
	c.checkStops()
	c.checkShared()
	return c.found
}

// checker is a history with its indexes.
type checker struct {
	*History

	seen      map[string]*seen // by call id
	keys      []string         // the call ids as they were first accepted or refused
	byContact map[string][]*seen
	batches   map[string]Batch
	contacts  map[string]Contact
	attempts  map[string][]Attempt // by contact
	cancelled map[string]bool      // batch jobs that somebody asked to cancel
	forgotAt  []time.Time          // when the carrier forgot its calls
	found     []Violation
}

// seen is what the observer saw of one call id.
type seen struct {
	Line // as accepted or refused first

	accepted []span // each time it was; more than one is a double, unless forgotten between
	refused  bool
	unheard  bool      // it was refused and then looked for, by who had not heard of the refusal, or whose turn was lost
	ended    time.Time // the last time; zero = not
	outcome  calling.Outcome
	dropped  bool
	seconds  int
}

// span is from when until when a call took up a slot.
type span struct {
	from  time.Time
	until time.Time // zero = it never ended
}

func (c *checker) say(kind Kind, format string, args ...any) {
	c.found = append(c.found, Violation{kind, fmt.Sprintf(format, args...)})
}

func (c *checker) index() {
	for _, line := range c.Lines {
		if line.Event == eventForgot {
			c.forgotAt = append(c.forgotAt, line.At)
		}
		s := c.seen[line.Key]
		if line.Event == eventMissing && s != nil && len(s.accepted) == 0 {
			s.unheard = true
		}
		if line.Event != eventAccepted && line.Event != eventRefused && line.Event != eventEnded {
			continue
		}
		if s == nil {
			s = &seen{Line: line}
			c.seen[line.Key] = s
			c.keys = append(c.keys, line.Key)
		}
		s.add(line)
	}
	c.indexState()
	c.dropUnheard()
	c.byContact = map[string][]*seen{}
	for _, key := range c.keys {
		s := c.seen[key]
		c.byContact[s.Contact] = append(c.byContact[s.Contact], s)
	}
	for _, all := range c.byContact {
		slices.SortStableFunc(all, func(a, b *seen) int { return cmp.Compare(a.Attempt, b.Attempt) })
	}
}

// dropUnheard forgets refusals that may have died with the node that heard them,
// unless the rows know of them: nobody's phone rang.
func (c *checker) dropUnheard() {
	c.keys = slices.DeleteFunc(c.keys, func(key string) bool {
		s := c.seen[key]
		if !s.unheard || slices.ContainsFunc(c.attempts[s.Contact], func(a Attempt) bool {
			return a.ID == key && a.Dialed && a.Outcome == s.outcome
		}) {
			return false
		}
		delete(c.seen, key)
		return true
	})
}

func (c *checker) indexState() {
	c.batches, c.contacts, c.attempts = map[string]Batch{}, map[string]Contact{}, map[string][]Attempt{}
	for _, b := range c.State.Batches {
		c.batches[b.ID] = b
	}
	for _, one := range c.State.Contacts {
		c.contacts[one.ID] = one
	}
	for _, a := range c.State.Attempts {
		c.attempts[a.Contact] = append(c.attempts[a.Contact], a)
	}
	c.cancelled = map[string]bool{}
	for _, control := range c.Controls {
		if control.Action == Cancel {
			c.cancelled[control.Batch] = true
		}
	}
}

func (s *seen) add(line Line) {
	switch line.Event {
	case eventAccepted:
		s.accepted = append(s.accepted, span{from: line.At})
		s.ended, s.dropped, s.unheard = time.Time{}, false, false
	case eventRefused:
		s.unheard = false
		s.refused, s.ended, s.outcome = true, line.At, calling.Outcome(strings.ToUpper(line.Outcome))
	case eventEnded:
		s.ended, s.seconds = line.At, line.Seconds
		if len(s.accepted) > 0 {
			s.accepted[len(s.accepted)-1].until = line.At
		}
		s.dropped = line.Outcome == outcomeDropped
		s.outcome = calling.Outcome(strings.ToUpper(line.Outcome))
	}
}

// forgottenAfter reports whether the carrier forgot its calls after t.
func (c *checker) forgottenAfter(t time.Time) bool {
	return slices.ContainsFunc(c.forgotAt, func(at time.Time) bool { return at.After(t) })
}

func (c *checker) checkJournal() {
	for i, line := range c.Lines {
		if line.Seq != int64(i+1) {
			c.say(Broke, "the observer's journal has line %d where %d is due", line.Seq, i+1)
			return
		}
	}
	for _, line := range c.Lines {
		if line.Event == eventConflict {
			c.say(Changed, "call %s was asked for again with another body by %s", line.Key, line.Node)
		}
	}
}

func (c *checker) checkUnknown() {
	for _, a := range c.State.Attempts {
		if a.Outcome != calling.OutcomeUnknown {
			continue
		}
		s := c.seen[a.ID]
		if s == nil || len(s.accepted) == 0 {
			c.say(Unknown, "attempt %d of contact %s ended as UNKNOWN although the carrier never took its call", a.Number, a.Contact)
		} else if !c.forgottenAfter(s.accepted[0].from) {
			c.say(Unknown, "attempt %d of contact %s ended as UNKNOWN although the carrier knew its call", a.Number, a.Contact)
		}
	}
}

// checkShared looks for two nodes that followed one call in turn, where neither
// was killed nor kept from its leases. What a node asks on waking it asks in good
// faith, and a call whose ask was not answered is handed over.
func (c *checker) checkShared() {
	kept, killed := map[string]bool{}, map[string]bool{}
	for _, f := range c.Faults {
		if f.Kind == faultKill {
			killed[f.Node] = true
		} else {
			if f.Node == "" {
				return // a database that was away kept everybody from their leases
			}
			kept[f.Node] = true
		}
	}
	askers := map[string][]string{}
	for _, line := range c.Lines {
		if line.Key == "" || line.Node == "" || line.Event == eventHangUp || kept[line.Node] {
			continue
		}
		list := askers[line.Key]
		if len(list) == 0 || list[len(list)-1] != line.Node {
			between := list[slices.Index(list, line.Node)+1:]
			if slices.Contains(list, line.Node) && slices.ContainsFunc(between, func(n string) bool { return !killed[n] }) {
				c.say(Shared, "call %s was followed by %s and %s in turn", line.Key, strings.Join(list, ", "), line.Node)
			}
			askers[line.Key] = append(list, line.Node)
		}
	}
}
