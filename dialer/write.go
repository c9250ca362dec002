package dialer

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/ent/rejectedrow"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// write stores a prepared batch job. The contacts are loaded before the
// organization's lock is taken, so that loading many keeps nobody waiting; what
// the credits really are is read under it, last.
func (d *Dialer) write(ctx context.Context, tx *store.Tx, p *prepared, hash string) error {
	now := d.now()
	p.answer.BatchJobID = newID(calling.BatchJobPrefix)
	if p.request.IdempotencyKey != "" {
		if err := d.remember(ctx, tx, p, hash); err != nil {
			return err
		}
	}
	if err := d.writeBatchJob(ctx, tx, p, now); err != nil {
		return err
	}
	if err := d.writeContacts(ctx, tx, p, now); err != nil {
		return err
	}
	fault.Point("C1")
	if err := d.hold(ctx, tx, p, now); err != nil {
		return err
	}
	if err := d.writeHistory(ctx, tx, p, now); err != nil {
		return err
	}
	start := p.StartAt
	if start.IsZero() {
		start = now
	}
	id := p.answer.BatchJobID
	tx.AfterCommit(func() { d.Publisher.Changed(id) })
	return d.Queue.StartBatch(ctx, tx, p.viewer.OrganizationID, id, start)
}

func (d *Dialer) writeBatchJob(ctx context.Context, tx *store.Tx, p *prepared, now time.Time) error {
	a := p.answer
	create := tx.Ent.BatchJob.Create().SetID(a.BatchJobID).SetOrganizationID(p.viewer.OrganizationID).SetCreatedAt(now).
		SetCreatedBy(p.viewer.Credential()).SetName(p.Name).SetStatus(a.Status).
		SetPhoneNumberID(p.number.ID).SetFromNumber(p.number.Number).
		SetAgentID(p.agent.ID).SetArchitecture(p.agent.Architecture).SetSystemPrompt(p.agent.SystemPrompt).
		SetConcurrentCallLimit(p.ConcurrentCallLimit).SetMaxAttempts(p.MaxAttempts).SetTimezone(p.Timezone).
		SetTotalContacts(a.Total).SetContactsPending(a.Total).
		SetRejectedRows(a.Rejected).SetDuplicateRows(a.Duplicates).SetBlankRows(a.Blank).
		SetOutcomeCounts(map[calling.Outcome]int{}).
		SetPricePerCallMicros(d.Rates.PerCall(p.agent.Architecture)).SetHeldMicros(a.Estimate.CostMicros).
		SetCarrier(d.CarrierName)
	if p.Description != "" {
		create.SetDescription(p.Description)
	}
	if !p.StartAt.IsZero() {
		create.SetScheduledStartAt(p.StartAt)
	}
	if p.CallWindow != nil {
		create.SetCallWindow(p.CallWindow)
	}
	if err := create.Exec(ctx); err != nil {
		return fmt.Errorf("write the batch job: %w", err)
	}
	return nil
}

// writeHistory writes the history's first line.
func (d *Dialer) writeHistory(ctx context.Context, tx *store.Tx, p *prepared, now time.Time) error {
	a := p.answer
	more := details{
		"contacts": a.Total, "rejectedContacts": a.Rejected, "duplicateContacts": a.Duplicates, "blankRows": a.Blank,
		"concurrentCallLimit": p.ConcurrentCallLimit, "maxAttempts": p.MaxAttempts, "timezone": p.Timezone,
	}
	if !p.StartAt.IsZero() {
		more["scheduledStartTime"] = p.StartAt
	}
	row, err := change{
		id: newID(calling.BatchChangePrefix), batchJobID: a.BatchJobID, action: calling.ChangeCreated,
		actor: actorOf(p.viewer), details: more,
	}.row(p.viewer.OrganizationID)
	if err != nil {
		return err
	}
	row.CreatedAt = now
	return tx.AddChange(ctx, row) //nolint:wrapcheck // it says what failed
}

func (d *Dialer) writeContacts(ctx context.Context, tx *store.Tx, p *prepared, now time.Time) error {
	due := now
	if !p.StartAt.IsZero() {
		due = p.StartAt
	}
	columns := []string{
		contact.FieldID, contact.FieldOrganizationID, contact.FieldBatchJobID, contact.FieldRow, contact.FieldPhone,
		contact.FieldName, contact.FieldCustomFields, contact.FieldStatus, contact.FieldAttemptsUsed, contact.FieldLastAttempt,
		contact.FieldNextAttemptAt,
	}
	upload := p.request.Upload
	org, batch := p.viewer.OrganizationID, p.answer.BatchJobID
	err := tx.Insert(ctx, contact.Table, columns, func(yield func([]any) bool) {
		for _, c := range upload.Contacts {
			if !yield([]any{
				newUUID(), org, batch, c.Row, string(c.Phone), c.Name, string(c.CustomFields),
				string(calling.ContactPending), 0, 0, due,
			}) {
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("write contacts: %w", err)
	}
	return d.writeRejected(ctx, tx, org, batch, upload)
}

func (d *Dialer) writeRejected(ctx context.Context, tx *store.Tx, org, batch string, upload *contacts.Upload) error {
	columns := []string{
		rejectedrow.FieldID, rejectedrow.FieldOrganizationID, rejectedrow.FieldBatchJobID, rejectedrow.FieldRow,
		rejectedrow.FieldPhone, rejectedrow.FieldCode, rejectedrow.FieldDetail, rejectedrow.FieldSuggestion,
		rejectedrow.FieldName, rejectedrow.FieldCustomFields,
	}
	if err := tx.Insert(ctx, rejectedrow.Table, columns, rejectedValues(org, batch, upload)); err != nil {
		return fmt.Errorf("write rejected rows: %w", err)
	}
	return nil
}

func rejectedValues(org, batch string, upload *contacts.Upload) iter.Seq[[]any] {
	type rest struct {
		name   string
		fields json.RawMessage
	}
	more := make(map[int]rest, len(upload.Rejections)+len(upload.Duplicates))
	for _, r := range upload.Rejections {
		more[r.Row] = rest{r.Name, r.CustomFields}
	}
	for _, r := range upload.Duplicates {
		more[r.Row] = rest{r.Name, r.CustomFields}
	}
	return func(yield func([]any) bool) {
		for r := range rejectedRows(upload) {
			fields := "{}"
			if raw := more[r.Row].fields; raw != nil {
				fields = string(raw)
			}
			if !yield([]any{
				newUUID(), org, batch, r.Row, r.Phone, string(r.Code), r.Detail, r.Suggestion, more[r.Row].name, fields,
			}) {
				return
			}
		}
	}
}

// hold sets the estimated cost aside. Every other change of this organization's
// credits waits for the lock, so two creates cannot spend the same credits.
func (d *Dialer) hold(ctx context.Context, tx *store.Tx, p *prepared, now time.Time) error {
	if err := tx.LockOrganization(ctx, p.viewer.OrganizationID); err != nil {
		return err
	}
	org, err := tx.Ent.Organization.Query().Where(organization.ID(p.viewer.OrganizationID)).Only(ctx)
	if err != nil {
		return fmt.Errorf("load the organization's credits: %w", err)
	}
	if err := affordable(org, p.answer.Estimate); err != nil {
		return err
	}
	cost := p.answer.Estimate.CostMicros
	if err := tx.Ent.Organization.Update().Where(organization.ID(org.ID)).AddHeldMicros(cost).Exec(ctx); err != nil {
		return fmt.Errorf("hold credits: %w", err)
	}
	err = newCreditEntry(tx.Ent, org.ID, calling.CreditHold, 0, cost, "held for "+calling.Plural(p.answer.Total, "contact")).
		SetBatchJobID(p.answer.BatchJobID).SetCreatedAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	return nil
}

// remember keeps the answer under the request's idempotency key.
func (d *Dialer) remember(ctx context.Context, tx *store.Tx, p *prepared, hash string) error {
	answer, err := json.Marshal(p.answer)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return d.keepAnswer(ctx, tx, p.request.IdempotencyKey, hash, p.answer.BatchJobID, answer)
}
