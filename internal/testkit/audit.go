package testkit

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchchange"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/store"
)

// Audit counts everything anew from the rows and fails the test where what is
// kept beside them differs: counts of batch jobs, credits, holds, attempts. It
// holds each organization's lock meanwhile, so it may run at any moment.
func Audit(tb testing.TB, s *store.Store) {
	tb.Helper()
	ctx := auth.WithSystem(context.WithoutCancel(tb.Context()))
	for _, id := range s.Read().Organization.Query().IDsX(ctx) {
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockOrganization(ctx, id); err != nil {
				return err
			}
			auditCredits(ctx, tb, tx.Ent, tx.Ent.Organization.GetX(ctx, id))
			for _, batch := range tx.Ent.BatchJob.Query().Where(batchjob.OrganizationID(id)).AllX(ctx) {
				auditBatchJob(ctx, tb, tx.Ent, batch)
			}
			return nil
		})
		if err != nil {
			tb.Error(err)
		}
	}
}

func auditCredits(ctx context.Context, tb testing.TB, client *ent.Client, org *ent.Organization) {
	tb.Helper()
	var balance, held calling.Micros
	for _, e := range client.CreditEntry.Query().AllX(ctx) {
		if e.OrganizationID == org.ID {
			balance += e.BalanceDeltaMicros
			held += e.HeldDeltaMicros
		}
	}
	if balance != org.BalanceMicros || held != org.HeldMicros {
		tb.Errorf("organization %s has %d and holds %d, its ledger says %d and %d", org.ID, org.BalanceMicros, org.HeldMicros, balance, held)
	}
	if held < 0 || balance < 0 {
		tb.Errorf("organization %s is overdrawn: %d, held %d", org.ID, balance, held)
	}
}

func auditBatchJob(ctx context.Context, tb testing.TB, client *ent.Client, b *ent.BatchJob) {
	tb.Helper()
	counts := map[calling.ContactStatus]int{}
	outcomes := map[calling.Outcome]int{}
	attempts := map[uuid.UUID][]*ent.Attempt{}
	var spent calling.Micros
	for _, a := range client.Attempt.Query().AllX(ctx) {
		if a.BatchJobID == b.ID {
			attempts[a.ContactID] = append(attempts[a.ContactID], a)
			spent += a.CostMicros
		}
	}
	total := 0
	history := client.BatchChange.Query().Where(batchchange.BatchJobID(b.ID)).Order(ent.Asc(batchchange.FieldID)).AllX(ctx)
	auditHistory(tb, b, history)
	most := mostAttempts(tb, b, history)
	for _, c := range client.Contact.Query().AllX(ctx) {
		if c.BatchJobID != b.ID {
			continue
		}
		total++
		counts[c.Status]++
		if c.Status == calling.ContactCompleted || c.Status == calling.ContactFailed {
			outcomes[*c.LastOutcome]++
		}
		auditContact(tb, b, most, c, attempts[c.ID])
	}
	got := map[calling.ContactStatus]int{
		calling.ContactPending: b.ContactsPending, calling.ContactDialing: b.ContactsDialing,
		calling.ContactCompleted: b.ContactsCompleted, calling.ContactFailed: b.ContactsFailed,
		calling.ContactCancelled: b.ContactsCancelled,
	}
	for status, n := range got {
		if n != counts[status] {
			tb.Errorf("batch job %s counts %d contacts %s, there are %d", b.ID, n, status, counts[status])
		}
	}
	for _, rule := range calling.Outcomes() {
		if o := rule.Outcome; b.OutcomeCounts[o] != outcomes[o] {
			tb.Errorf("batch job %s counts %d contacts with %s, there are %d", b.ID, b.OutcomeCounts[o], o, outcomes[o])
		}
	}
	if total != b.TotalContacts || spent != b.SpentMicros {
		tb.Errorf("batch job %s has %d contacts and spent %d, its rows say %d and %d", b.ID, b.TotalContacts, b.SpentMicros, total, spent)
	}
	if b.Status.Terminal() && (b.HeldMicros != 0 || counts[calling.ContactPending]+counts[calling.ContactDialing] > 0) {
		tb.Errorf("batch job %s is %s, holds %d, and has contacts left: %v", b.ID, b.Status, b.HeldMicros, counts)
	}
}

// auditHistory checks that the history begins and ends as the batch job did.
func auditHistory(tb testing.TB, b *ent.BatchJob, history []*ent.BatchChange) {
	tb.Helper()
	if len(history) == 0 || history[0].Action != calling.ChangeCreated {
		tb.Errorf("the history of batch job %s does not begin with its creation", b.ID)
		return
	}
	for _, change := range history {
		if (change.Actor == calling.ActorAPIKey) != (change.ActorID != "") {
			tb.Errorf("batch job %s was %s by %s %q", b.ID, change.Action, change.Actor, change.ActorID)
		}
	}
	if ended := history[len(history)-1].Action == calling.ChangeEnded; ended != b.Status.Terminal() {
		tb.Errorf("batch job %s is %s, and the last line of its history is %s", b.ID, b.Status, history[len(history)-1].Action)
	}
}

// mostAttempts is how many attempts a batch job ever allowed, by its history.
func mostAttempts(tb testing.TB, b *ent.BatchJob, history []*ent.BatchChange) int {
	tb.Helper()
	most := b.MaxAttempts
	for _, change := range history {
		if change.Action != calling.ChangeUpdated {
			continue
		}
		var details struct {
			MaxAttempts struct{ From int } `json:"maxAttempts"`
		}
		if err := json.Unmarshal(change.Details, &details); err != nil {
			tb.Errorf("the details %s are no JSON object: %v", change.Details, err)
		}
		most = max(most, details.MaxAttempts.From)
	}
	return most
}

func auditContact(tb testing.TB, b *ent.BatchJob, most int, c *ent.Contact, attempts []*ent.Attempt) {
	tb.Helper()
	numbers := map[int]bool{}
	flying, used := 0, 0
	for _, a := range attempts {
		if numbers[a.Number] || a.Number < 1 || a.Number > c.LastAttempt {
			tb.Errorf("contact %s: attempt number %d of %d is wrong or used twice", c.ID, a.Number, c.LastAttempt)
		}
		numbers[a.Number] = true
		if a.Status != calling.AttemptEnded {
			flying++
		} else if a.Dialed {
			used++
		}
	}
	if used != c.AttemptsUsed || used > most+c.ExtraAttempts {
		tb.Errorf("contact %s used %d attempts of %d and %d more, its rows say %d", c.ID, c.AttemptsUsed, most, c.ExtraAttempts, used)
	}
	if c.Status == calling.ContactPending && used >= b.MaxAttempts+c.ExtraAttempts {
		tb.Errorf("contact %s waits with %d attempts used of %d and %d more", c.ID, used, b.MaxAttempts, c.ExtraAttempts)
	}
	if flying > 1 || (flying == 1) != (c.Status == calling.ContactDialing) {
		tb.Errorf("contact %s is %s with %d attempts in flight", c.ID, c.Status, flying)
	}
}
