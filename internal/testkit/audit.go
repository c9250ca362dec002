package testkit

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/creditentry"
	"github.com/outdial/outdial/store"
)

// Audit counts everything anew from the rows and fails the test where what is
// kept beside them differs: counts of batch jobs, credits, holds, attempts. It
// holds each organization's lock meanwhile, so it may run at any moment.
func Audit(tb testing.TB, s *store.Store) {
	tb.Helper()
	faults, err := Recount(context.WithoutCancel(tb.Context()), s)
	if err != nil {
		tb.Error(err)
	}
	for _, fault := range faults {
		tb.Error(fault)
	}
}

// Recount is Audit for those who are no test: it returns what differs.
func Recount(ctx context.Context, s *store.Store) (faults []string, err error) {
	ctx = auth.WithSystem(ctx)
	ids, err := s.Read().Organization.Query().IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read organizations: %w", err)
	}
	for _, id := range ids {
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockOrganization(ctx, id); err != nil {
				return err
			}
			found, err := recount(ctx, tx.Ent, id)
			faults = append(faults, found...)
			return err
		})
		if err != nil {
			return faults, err
		}
	}
	return faults, nil
}

func recount(ctx context.Context, client *ent.Client, organizationID string) ([]string, error) {
	org, err := client.Organization.Get(ctx, organizationID)
	if err != nil {
		return nil, fmt.Errorf("read the organization: %w", err)
	}
	entries, err := client.CreditEntry.Query().Where(creditentry.OrganizationID(org.ID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	a := audit{}
	a.credits(org, entries)
	batches, err := client.BatchJob.Query().Where(batchjob.OrganizationID(org.ID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read batch jobs: %w", err)
	}
	for _, b := range batches {
		contacts, err := client.Contact.Query().Where(contact.BatchJobID(b.ID)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read contacts: %w", err)
		}
		attempts, err := client.Attempt.Query().Where(attempt.BatchJobID(b.ID)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read attempts: %w", err)
		}
		a.batchJob(b, contacts, attempts)
	}
	return a.faults, nil
}

// audit collects what differs.
type audit struct{ faults []string }

func (a *audit) say(format string, args ...any) {
	a.faults = append(a.faults, fmt.Sprintf(format, args...))
}

func (a *audit) credits(org *ent.Organization, entries []*ent.CreditEntry) {
	var balance, held calling.Micros
	for _, e := range entries {
		balance += e.BalanceDeltaMicros
		held += e.HeldDeltaMicros
	}
	if balance != org.BalanceMicros || held != org.HeldMicros {
		a.say("organization %s has %d and holds %d, its ledger says %d and %d", org.ID, org.BalanceMicros, org.HeldMicros, balance, held)
	}
	if held < 0 || balance < 0 {
		a.say("organization %s is overdrawn: %d, held %d", org.ID, balance, held)
	}
}

func (a *audit) batchJob(b *ent.BatchJob, contacts []*ent.Contact, attempts []*ent.Attempt) {
	counts := map[calling.ContactStatus]int{}
	outcomes := map[calling.Outcome]int{}
	byContact := map[uuid.UUID][]*ent.Attempt{}
	var spent calling.Micros
	for _, one := range attempts {
		byContact[one.ContactID] = append(byContact[one.ContactID], one)
		spent += one.CostMicros
	}
	for _, c := range contacts {
		counts[c.Status]++
		if c.LastOutcome != nil && (c.Status == calling.ContactCompleted || c.Status == calling.ContactFailed) {
			outcomes[*c.LastOutcome]++
		}
		a.contact(b, c, byContact[c.ID])
	}
	got := map[calling.ContactStatus]int{
		calling.ContactPending: b.ContactsPending, calling.ContactDialing: b.ContactsDialing,
		calling.ContactCompleted: b.ContactsCompleted, calling.ContactFailed: b.ContactsFailed,
		calling.ContactCancelled: b.ContactsCancelled,
	}
	for status, n := range got {
		if n != counts[status] {
			a.say("batch job %s counts %d contacts %s, there are %d", b.ID, n, status, counts[status])
		}
	}
	for _, rule := range calling.Outcomes() {
		if o := rule.Outcome; b.OutcomeCounts[o] != outcomes[o] {
			a.say("batch job %s counts %d contacts with %s, there are %d", b.ID, b.OutcomeCounts[o], o, outcomes[o])
		}
	}
	if len(contacts) != b.TotalContacts || spent != b.SpentMicros {
		a.say("batch job %s has %d contacts and spent %d, its rows say %d and %d", b.ID, b.TotalContacts, b.SpentMicros, len(contacts), spent)
	}
	if b.Status.Terminal() && (b.HeldMicros != 0 || counts[calling.ContactPending]+counts[calling.ContactDialing] > 0) {
		a.say("batch job %s is %s, holds %d, and has contacts left: %v", b.ID, b.Status, b.HeldMicros, counts)
	}
}

func (a *audit) contact(b *ent.BatchJob, c *ent.Contact, attempts []*ent.Attempt) {
	numbers := map[int]bool{}
	flying, used := 0, 0
	for _, one := range attempts {
		if numbers[one.Number] || one.Number < 1 || one.Number > c.LastAttempt {
			a.say("contact %s: attempt number %d of %d is wrong or used twice", c.ID, one.Number, c.LastAttempt)
		}
		numbers[one.Number] = true
		if one.Status != calling.AttemptEnded {
			flying++
		} else if one.Dialed {
			used++
		}
	}
	if used != c.AttemptsUsed || used > b.MaxAttempts {
		a.say("contact %s used %d attempts of %d, its rows say %d", c.ID, c.AttemptsUsed, b.MaxAttempts, used)
	}
	if flying > 1 || (flying == 1) != (c.Status == calling.ContactDialing) {
		a.say("contact %s is %s with %d attempts in flight", c.ID, c.Status, flying)
	}
}
