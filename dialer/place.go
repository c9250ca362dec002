package dialer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/store"
)

// settleRetry is the pause between tries to record how a call ended.
const settleRetry = 200 * time.Millisecond

// Place carries one attempt to its end: claims it for this node, has the
// carrier place the call, and settles what came of it. It blocks for the length
// of the call. It does nothing when the attempt is another node's or has ended.
//
// When ctx ends first, the attempt is handed over: it stays in flight, free to
// be claimed at once by whoever looks next, and the carrier is asked for the
// same call again.
func (d *Dialer) Place(ctx context.Context, organizationID string, attemptID uuid.UUID) error {
	ctx = auth.WithOrganization(ctx, organizationID)
	claim, err := d.claim(ctx, attemptID)
	if err != nil {
		return fmt.Errorf("claim attempt %s: %w", attemptID, err)
	}
	switch claim.verdict {
	case claimRefused:
		return nil
	case claimWithdrawn:
		return d.settleSurely(ctx, organizationID, attemptID, withdrawn())
	case claimGranted:
	}
	report, err := d.Carrier.Place(ctx, claim.call)
	if err != nil {
		return errors.Join(err, d.handOver(ctx, attemptID))
	}
	return d.settleSurely(ctx, organizationID, attemptID, report)
}

// settleSurely records a report however often the database refuses: the call
// has happened. When ctx ends first, the carrier is asked again later.
func (d *Dialer) settleSurely(ctx context.Context, organizationID string, attemptID uuid.UUID, report calling.Report) error {
	for {
		err := d.Settle(ctx, organizationID, attemptID, report)
		if err == nil {
			return nil
		}
		d.Log.WarnContext(ctx, "recording a call failed, will try again", "attempt", attemptID, "error", err)
		select {
		case <-time.After(settleRetry):
		case <-ctx.Done():
			return errors.Join(err, d.handOver(ctx, attemptID))
		case <-d.life.Done():
			return err
		}
	}
}

// claimVerdict says what a node may do with an attempt.
type claimVerdict int

const (
	claimRefused   claimVerdict = iota // another node's, or ended: leave it
	claimGranted                       // this node's until the lease runs out: ask the carrier
	claimWithdrawn                     // never asked for, and the batch job dials no more: give the slot back
)

type claimed struct {
	verdict claimVerdict
	call    calling.Call
}

// claim takes an attempt for this node. Whether the batch job still dials is
// read here, under a lock that pause and cancel wait for, and not earlier.
func (d *Dialer) claim(ctx context.Context, attemptID uuid.UUID) (claimed, error) {
	var result claimed
	err := d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Ent.Attempt.Query().Where(attempt.ID(attemptID), inFlight).WithContact().Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load the attempt: %w", err)
		}
		if err := tx.AllowStarts(ctx, row.BatchJobID); err != nil {
			return err
		}
		batch, err := tx.Ent.BatchJob.Get(ctx, row.BatchJobID)
		if err != nil {
			return fmt.Errorf("load the batch job: %w", err)
		}
		now := d.now()
		switch {
		case row.Status == calling.AttemptDialing && row.LeaseUntil.After(now):
			return nil
		case row.Status == calling.AttemptQueued && batch.Status != calling.BatchRunning:
			result.verdict = claimWithdrawn
			return nil
		}
		return d.take(ctx, tx, row, batch, now, &result)
	})
	return result, err
}

// take writes this node's claim, unless somebody else's came first.
func (d *Dialer) take(ctx context.Context, tx *store.Tx, row *ent.Attempt, batch *ent.BatchJob, now time.Time, result *claimed) error {
	startedAt := now
	if row.StartedAt != nil {
		startedAt = *row.StartedAt
	}
	n, err := tx.Ent.Attempt.Update().
		Where(attempt.ID(row.ID), attempt.StatusEQ(row.Status), attempt.Node(row.Node), attempt.LeaseUntil(row.LeaseUntil)).
		SetStatus(calling.AttemptDialing).SetNode(d.node).SetStartedAt(startedAt).SetLeaseUntil(now.Add(d.Lease)).
		Save(ctx)
	if err != nil {
		return fmt.Errorf("write the claim: %w", err)
	}
	if n == 0 {
		return nil
	}
	call, err := d.call(row, batch, startedAt)
	if err != nil {
		return err
	}
	result.verdict, result.call = claimGranted, call
	return nil
}

// call describes an attempt to the carrier: the same words every time it is
// asked for.
func (d *Dialer) call(row *ent.Attempt, batch *ent.BatchJob, startedAt time.Time) (calling.Call, error) {
	person := row.Edges.Contact
	variables := map[string]any{}
	if err := json.Unmarshal(person.CustomFields, &variables); err != nil {
		return calling.Call{}, fmt.Errorf("read the custom fields of contact %s: %w", person.ID, err)
	}
	prompt, _ := calling.RenderPrompt(batch.SystemPrompt, promptVariables(person, variables))
	return calling.Call{
		ID:             row.ID.String(),
		OrganizationID: row.OrganizationID,
		BatchJobID:     row.BatchJobID,
		ContactID:      person.ID.String(),
		Attempt:        row.Number,
		To:             person.Phone,
		From:           batch.FromNumber,
		AgentID:        batch.AgentID,
		Architecture:   batch.Architecture,
		Prompt:         prompt,
		ContactName:    person.Name,
		Variables:      variables,
		StartedAt:      startedAt,
		RingTimeout:    d.RingTimeout,
		MaxDuration:    d.MaxCall,
	}, nil
}

// promptVariables adds the contact's own name and phone to its custom fields,
// which come first.
func promptVariables(person *ent.Contact, custom map[string]any) map[string]any {
	all := map[string]any{"phone": string(person.Phone)}
	if person.Name != "" {
		all["name"] = person.Name
	}
	maps.Copy(all, custom)
	return all
}

// handOver ends this node's lease on an attempt whose end it will not see.
func (d *Dialer) handOver(ctx context.Context, attemptID uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Lease)
	defer cancel()
	err := d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.Attempt.Update().
			Where(attempt.ID(attemptID), attempt.Node(d.node), attempt.StatusEQ(calling.AttemptDialing)).
			SetLeaseUntil(d.now()).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("hand attempt %s over: %w", attemptID, err)
	}
	return nil
}

// heartbeat extends the leases of every call this node carries.
func (d *Dialer) heartbeat(ctx context.Context) error {
	err := d.Store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		now := d.now()
		return tx.Ent.Attempt.Update().
			Where(inFlight, attempt.Node(d.node), attempt.StatusEQ(calling.AttemptDialing), attempt.LeaseUntilGT(now)).
			SetLeaseUntil(now.Add(d.Lease)).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("extend leases: %w", err)
	}
	return nil
}
