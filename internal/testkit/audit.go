package testkit

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchchange"
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
		history, err := client.BatchChange.Query().Where(batchchange.BatchJobID(b.ID)).Order(ent.Asc(batchchange.FieldID)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		a.batchJob(b, contacts, attempts, history)
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

func (a *audit) batchJob(b *ent.BatchJob, contacts []*ent.Contact, attempts []*ent.Attempt, history []*ent.BatchChange) {
	a.history(b, history)
	most := a.mostAttempts(b, history)
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
		a.contact(b, most, c, byContact[c.ID])
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

// history checks that the history begins and ends as the batch job did.
func (a *audit) history(b *ent.BatchJob, history []*ent.BatchChange) {
	if len(history) == 0 || history[0].Action != calling.ChangeCreated {
		a.say("the history of batch job %s does not begin with its creation", b.ID)
		return
	}
	for _, change := range history {
		if (change.Actor == calling.ActorAPIKey) != (change.ActorID != "") {
			a.say("batch job %s was %s by %s %q", b.ID, change.Action, change.Actor, change.ActorID)
		}
	}
	if ended := history[len(history)-1].Action == calling.ChangeEnded; ended != b.Status.Terminal() {
		a.say("batch job %s is %s, and the last line of its history is %s", b.ID, b.Status, history[len(history)-1].Action)
	}
}

// mostAttempts is how many attempts a batch job ever allowed, by its history.
func (a *audit) mostAttempts(b *ent.BatchJob, history []*ent.BatchChange) int {
	most := b.MaxAttempts
	for _, change := range history {
		if change.Action != calling.ChangeUpdated {
			continue
		}
		var details struct {
			MaxAttempts struct{ From int } `json:"maxAttempts"`
		}
		if err := json.Unmarshal(change.Details, &details); err != nil {
			a.say("the details %s are no JSON object: %v", change.Details, err)
		}
		most = max(most, details.MaxAttempts.From)
	}
	return most
}

func (a *audit) contact(b *ent.BatchJob, most int, c *ent.Contact, attempts []*ent.Attempt) {
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
	if used != c.AttemptsUsed || used > most+c.ExtraAttempts {
		a.say("contact %s used %d attempts of %d and %d more, its rows say %d", c.ID, c.AttemptsUsed, most, c.ExtraAttempts, used)
	}
	if c.Status == calling.ContactPending && used >= b.MaxAttempts+c.ExtraAttempts {
		a.say("contact %s waits with %d attempts used of %d and %d more", c.ID, used, b.MaxAttempts, c.ExtraAttempts)
	}
	if flying > 1 || (flying == 1) != (c.Status == calling.ContactDialing) {
		a.say("contact %s is %s with %d attempts in flight", c.ID, c.Status, flying)
	}
}
