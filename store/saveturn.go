package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/fault"
)

// TurnWrites are what a turn of an organization changes.
type TurnWrites struct {
	Ended     []EndedAttempt
	Moved     []MovedContact     // after their attempts; they were DIALING
	Attempts  []*ent.Attempt     // new ones; their contacts were PENDING, and are DIALING
	BatchJobs []*ent.BatchJob    // with what a turn may change about them; each gets a new version
	Ledger    []ent.CreditEntry  // new lines
	Changes   []*ent.BatchChange // new lines of histories
	Credits   *ent.Organization  // whose sums are written; nil = none are
}

// SaveTurn writes what a turn has changed. Every row must be as it was expected, or
// an error says which are not; on PostgreSQL, which works on it while the turn goes on,
// with the next use of the transaction or its commit. The viewer must be of the
// organization.
func (tx *Tx) SaveTurn(ctx context.Context, organizationID string, w *TurnWrites) error {
	if err := mustOwn(ctx, organizationID); err != nil {
		return err
	}
	b := tx.batch()
	if err := tx.endAttempts(b, organizationID, w.Ended); err != nil {
		return err
	}
	if err := tx.moveContacts(b, organizationID, w.Moved); err != nil {
		return err
	}
	if err := tx.insertAttempts(ctx, b, organizationID, w.Attempts); err != nil {
		return err
	}
	tx.markDialing(b, organizationID, w.Attempts)
	for _, j := range w.BatchJobs {
		if err := saveBatchJob(b, organizationID, j); err != nil {
			return err
		}
	}
	tx.insertLedger(b, organizationID, w.Ledger)
	insertChanges(b, organizationID, w.Changes)
	if o := w.Credits; o != nil {
		b.exec("write the balance", 1, "UPDATE organizations SET balance_micros = $2, held_micros = $3 WHERE id = $1",
			organizationID, o.BalanceMicros, o.HeldMicros)
	}
	return b.post(ctx)
}

// insertAttempts adds new attempts: as lists on PostgreSQL, which spares the round
// trips of COPY, elsewhere at once as other rows.
func (tx *Tx) insertAttempts(ctx context.Context, b *batch, organizationID string, rows []*ent.Attempt) error {
	if len(rows) == 0 {
		return nil
	}
	if tx.dialect != dialect.Postgres {
		if err := b.run(ctx); err != nil { // what was added before comes before
			return err
		}
		b.statements = nil
		return tx.insertChunks(ctx, attempt.Table, attemptColumns(), attemptRows(organizationID, rows))
	}
	b.exec("write attempts", len(rows), "INSERT INTO attempts (id, organization_id, batch_job_id, contact_id, number, status, reason,"+
		" dialed, node, claims, queued_at, lease_until, started_at, talk_seconds, cost_micros)"+
		" SELECT v.id, $1, v.batch_job_id, v.contact_id, v.number, v.status, '', true, v.node, v.claims, v.queued_at, v.lease_until, v.started_at, 0, 0"+
		" FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])"+
		" AS v(id, batch_job_id, contact_id, number, status, node, claims, queued_at, lease_until, started_at)",
		organizationID,
		column(rows, func(a *ent.Attempt) uuid.UUID { return a.ID }),
		column(rows, func(a *ent.Attempt) string { return a.BatchJobID }),
		column(rows, func(a *ent.Attempt) uuid.UUID { return a.ContactID }),
		column(rows, func(a *ent.Attempt) int64 { return int64(a.Number) }),
		column(rows, func(a *ent.Attempt) string { return string(a.Status) }),
		column(rows, func(a *ent.Attempt) string { return a.Node }),
		column(rows, func(a *ent.Attempt) int64 { return int64(a.Claims) }),
		column(rows, func(a *ent.Attempt) time.Time { return a.QueuedAt }),
		column(rows, func(a *ent.Attempt) time.Time { return a.LeaseUntil }),
		column(rows, func(a *ent.Attempt) *time.Time { return a.StartedAt }))
	return nil
}

// markDialing moves the contacts of new attempts on. That each is found stands for
// the foreign key that attempts do not have.
func (tx *Tx) markDialing(b *batch, organizationID string, rows []*ent.Attempt) {
	if len(rows) == 0 || fault.Planted("no-unique-attempt") { // with the index dropped, contacts get slots again and again
		return
	}
	condition, args := tx.in("id", 2, column(rows, func(a *ent.Attempt) uuid.UUID { return a.ContactID }))
	b.exec("mark contacts as dialing", len(rows), "UPDATE contacts SET status = 'DIALING', last_attempt = last_attempt + 1"+
		" WHERE organization_id = $1 AND coalesce(status, '') = 'PENDING' AND "+condition, append([]any{organizationID}, args...)...)
}

func attemptColumns() []string {
	return []string{
		attempt.FieldID, attempt.FieldOrganizationID, attempt.FieldBatchJobID, attempt.FieldContactID, attempt.FieldNumber,
		attempt.FieldStatus, attempt.FieldReason, attempt.FieldDialed, attempt.FieldNode, attempt.FieldClaims,
		attempt.FieldQueuedAt, attempt.FieldLeaseUntil, attempt.FieldStartedAt, attempt.FieldTalkSeconds, attempt.FieldCostMicros,
	}
}

func attemptRows(organizationID string, rows []*ent.Attempt) func(func([]any) bool) {
	return slices.Values(column(rows, func(a *ent.Attempt) []any {
		return []any{
			a.ID, organizationID, a.BatchJobID, a.ContactID, a.Number, string(a.Status), "", true, a.Node, a.Claims,
			a.QueuedAt, a.LeaseUntil, a.StartedAt, 0, int64(0),
		}
	}))
}

// saveBatchJob writes what a turn may change about a batch job.
func saveBatchJob(b *batch, organizationID string, j *ent.BatchJob) error {
	outcomes, err := json.Marshal(j.OutcomeCounts)
	if err != nil {
		return fmt.Errorf("encode the outcomes of batch job %s: %w", j.ID, err)
	}
	recent, err := json.Marshal(j.RecentCalls)
	if err != nil {
		return fmt.Errorf("encode the last calls of batch job %s: %w", j.ID, err)
	}
	names := []string{
		batchjob.FieldStatus, batchjob.FieldStartedAt, batchjob.FieldEndedAt, batchjob.FieldLastDispatchAt,
		batchjob.FieldContactsPending, batchjob.FieldContactsDialing, batchjob.FieldContactsCompleted,
		batchjob.FieldContactsFailed, batchjob.FieldContactsCancelled, batchjob.FieldOutcomeCounts, batchjob.FieldAttemptsEnded,
		batchjob.FieldHeldMicros, batchjob.FieldSpentMicros, batchjob.FieldPauseReason, batchjob.FieldPauseNote,
		batchjob.FieldHangUp, batchjob.FieldRecentCalls, batchjob.FieldCarrierFullLevel, batchjob.FieldCarrierFullUntil,
	}
	args := []any{
		j.ID, organizationID, string(j.Status), j.StartedAt, j.EndedAt, j.LastDispatchAt,
		j.ContactsPending, j.ContactsDialing, j.ContactsCompleted,
		j.ContactsFailed, j.ContactsCancelled, string(outcomes), j.AttemptsEnded,
		j.HeldMicros, j.SpentMicros, (*string)(j.PauseReason), j.PauseNote,
		j.HangUp, string(recent), j.CarrierFullLevel, j.CarrierFullUntil,
	}
	set := make([]string, 0, len(names))
	for i, name := range names {
		set = append(set, fmt.Sprintf("%s = $%d", name, i+3))
	}
	b.exec("save batch job "+j.ID, 1, "UPDATE batch_jobs SET version = version + 1, "+strings.Join(set, ", ")+" WHERE id = $1 AND organization_id = $2", args...)
	return nil
}

// insertLedger adds lines to the ledger.
func (tx *Tx) insertLedger(b *batch, organizationID string, lines []ent.CreditEntry) {
	for _, l := range lines {
		b.exec("write the ledger", 1, "INSERT INTO credit_entries (id, created_at, organization_id, kind, balance_delta_micros,"+
			" held_delta_micros, batch_job_id, created_by, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			l.ID, l.CreatedAt, organizationID, string(l.Kind), l.BalanceDeltaMicros, l.HeldDeltaMicros, l.BatchJobID, l.CreatedBy, l.Note)
	}
}

// AddChange adds a line to the history of a batch job of the viewer's organization.
func (tx *Tx) AddChange(ctx context.Context, line *ent.BatchChange) error {
	if err := mustOwn(ctx, line.OrganizationID); err != nil {
		return err
	}
	b := tx.batch()
	insertChanges(b, line.OrganizationID, []*ent.BatchChange{line})
	return b.run(ctx)
}

// insertChanges adds lines to the histories of batch jobs.
func insertChanges(b *batch, organizationID string, lines []*ent.BatchChange) {
	for _, l := range lines {
		b.exec("write the history", 1, "INSERT INTO batch_changes (id, created_at, organization_id, batch_job_id, action,"+
			" actor, actor_id, actor_name, reason, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			l.ID, l.CreatedAt, organizationID, l.BatchJobID, string(l.Action),
			string(l.Actor), l.ActorID, l.ActorName, l.Reason, string(l.Details))
	}
}
