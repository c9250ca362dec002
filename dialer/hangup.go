package dialer

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
)

// HangUp asks the carrier to end one attempt's call, when the attempt is still
// in flight and its batch job was cancelled so. Whoever waits for the call then
// settles how it ended. Another carrier than the call's own is not asked.
func (d *Dialer) HangUp(ctx context.Context, organizationID string, attemptID uuid.UUID) error {
	ctx = auth.WithOrganization(ctx, organizationID)
	row, err := d.Store.Read().Attempt.Query().
		Where(attempt.ID(attemptID), inFlight, attempt.StatusEQ(calling.AttemptDialing)).
		WithContact().WithBatchJob().Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the attempt: %w", err)
	}
	batch := row.Edges.BatchJob
	if !batch.HangUp || row.StartedAt == nil || !d.mayCall(batch) {
		return nil
	}
	if row.AcceptedAt == nil { // it may be asked for at this moment, and not be known to the carrier yet
		if err := d.awaitAsks(ctx, batch.ID); err != nil {
			return err
		}
	}
	call, err := d.call(row, batch, *row.StartedAt)
	if err != nil {
		return err
	}
	call.StartBefore = time.Time{} // it is not to be started by this
	if err := d.Carrier.HangUp(ctx, call); err != nil {
		return fmt.Errorf("hang up attempt %s: %w", attemptID, err)
	}
	return nil
}

// hangUp has every call of a batch job that is in flight hung up once the turn
// is committed.
func (t *turn) hangUp(ctx context.Context, j *job) (int, error) {
	ids, err := t.tx.Ent.Attempt.Query().
		Where(attempt.OrganizationID(t.org.ID), attempt.BatchJobID(j.ID), inFlight, attempt.StatusEQ(calling.AttemptDialing)).
		IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("find calls in flight: %w", err)
	}
	if len(ids) == 0 {
		return 0, nil
	}
	return len(ids), t.dialer.Queue.HangUpCalls(ctx, t.tx, t.org.ID, ids)
}
