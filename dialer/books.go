package dialer

import (
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
)

// books keeps the credits during a turn: every change of what an organization
// has or holds goes through it and becomes a line of the ledger.
type books struct {
	turn    *turn
	entries []ent.CreditEntry
	paid    map[string]*capture // by batch job
}

// capture sums what calls of one batch job cost during the turn.
type capture struct {
	calls               int
	balanceDelta, freed calling.Micros
}

// pay takes the cost of a call from the batch job's hold, and what the hold
// does not cover from the balance.
func (b *books) pay(j *job, cost calling.Micros) {
	if cost == 0 {
		return
	}
	if b.paid == nil {
		b.paid = map[string]*capture{}
	}
	c := b.paid[j.ID]
	if c == nil {
		c = &capture{}
		b.paid[j.ID] = c
	}
	fromHold := min(cost, j.HeldMicros)
	c.calls++
	c.balanceDelta -= cost
	c.freed += fromHold
	j.HeldMicros -= fromHold
	j.SpentMicros += cost
	b.turn.org.BalanceMicros -= cost
	b.turn.org.HeldMicros -= fromHold
}

// release gives back what is left of a batch job's hold.
func (b *books) release(j *job) {
	if j.HeldMicros == 0 {
		return
	}
	b.turn.org.HeldMicros -= j.HeldMicros
	b.add(calling.CreditRelease, j.ID, 0, -j.HeldMicros, "rest of the hold given back")
	j.HeldMicros = 0
}

// hold sets credits aside for a batch job; that they are there is for the caller
// to see.
func (b *books) hold(j *job, amount calling.Micros, note string) {
	if amount == 0 {
		return
	}
	j.HeldMicros += amount
	b.turn.org.HeldMicros += amount
	b.add(calling.CreditHold, j.ID, 0, amount, note)
}

// topUp adds credits on behalf of an API key; empty for the program itself.
func (b *books) topUp(keyID string, amount calling.Micros, note string) {
	b.turn.org.BalanceMicros += amount
	b.entries = append(b.entries, ent.CreditEntry{
		ID: newID(calling.CreditEntryPrefix), CreatedAt: b.turn.now, Kind: calling.CreditTopUp,
		BalanceDeltaMicros: amount, Note: note, CreatedBy: keyID,
	})
}

// available is what the organization may still commit.
func (b *books) available() calling.Micros {
	return max(0, b.turn.org.BalanceMicros-b.turn.org.HeldMicros)
}

func (b *books) add(kind calling.CreditKind, batchJobID string, balance, held calling.Micros, note string) {
	b.entries = append(b.entries, ent.CreditEntry{
		ID: newID(calling.CreditEntryPrefix), CreatedAt: b.turn.now, Kind: kind,
		BalanceDeltaMicros: balance, HeldDeltaMicros: held, BatchJobID: &batchJobID, Note: note,
	})
}

func newCreditEntry(client *ent.Client, organizationID string, kind calling.CreditKind, balance, held calling.Micros, note string) *ent.CreditEntryCreate {
	return client.CreditEntry.Create().SetID(newID(calling.CreditEntryPrefix)).SetOrganizationID(organizationID).
		SetKind(kind).SetBalanceDeltaMicros(balance).SetHeldDeltaMicros(held).SetNote(note)
}

// save has the ledger's new lines and the organization's sums written.
func (b *books) save() {
	// In the order of the batch jobs, so that the ledger reads the same in every run.
	for _, j := range b.turn.jobs {
		if c := b.paid[j.ID]; c != nil {
			b.add(calling.CreditCapture, j.ID, c.balanceDelta, -c.freed, "paid for "+calling.Plural(c.calls, "call"))
		}
	}
	if len(b.entries) == 0 {
		return
	}
	b.turn.writes.Ledger, b.turn.writes.Credits = b.entries, b.turn.org
}
