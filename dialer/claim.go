package dialer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/store"
)

// overdueAfter is how long after the longest possible call an attempt that is
// still in flight is given up.
const overdueAfter = 5 * time.Minute

// claimVerdict says what a node may do with an attempt.
type claimVerdict int

const (
	claimRefused   claimVerdict = iota // another node's, or ended: leave it
	claimGranted                       // this node's: have the carrier place the call
	claimFind                          // this node's: the carrier may know the call, but none may start
	claimOverdue                       // this node's: as claimFind, and given up when the carrier does not answer
	claimWithdrawn                     // never asked for, and none may start: give the slot back
)

type claimed struct {
	verdict claimVerdict
	call    calling.Call
}

// claim takes an attempt for this node. Everything that decides is read under a
// lock that pause and cancel wait for, and nothing from before it is used but
// the batch job's id, which never changes.
func (d *Dialer) claim(ctx context.Context, attemptID uuid.UUID) (claimed, error) {
	var result claimed
	err := d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		result = claimed{}
		named, err := tx.Ent.Attempt.Query().Where(attempt.ID(attemptID), inFlight).
			Select(attempt.FieldID, attempt.FieldBatchJobID).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find the attempt: %w", err)
		}
		if err := tx.AllowStarts(ctx, named.BatchJobID); err != nil {
			return err
		}
		row, err := tx.Ent.Attempt.Query().Where(attempt.ID(attemptID), inFlight).WithContact().Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load the attempt: %w", err)
		}
		batch, err := tx.Ent.BatchJob.Get(ctx, row.BatchJobID)
		if err != nil {
			return fmt.Errorf("load the batch job: %w", err)
		}
		now := d.now()
		if result.verdict = d.verdict(row, batch, now); result.verdict == claimRefused || result.verdict == claimWithdrawn {
			return nil
		}
		return d.take(ctx, tx, row, batch, now, &result)
	})
	return result, err
}

// verdict decides what this node may do with an attempt in flight.
func (d *Dialer) verdict(row *ent.Attempt, batch *ent.BatchJob, now time.Time) claimVerdict {
	mayStart := batch.Status == calling.BatchRunning && batch.CallWindow.Contains(now)
	if row.Status == calling.AttemptQueued {
		if mayStart {
			return claimGranted
		}
		return claimWithdrawn
	}
	switch {
	case row.Node != "" && row.LeaseUntil.After(now):
		return claimRefused
	case row.StartedAt != nil && now.After(row.StartedAt.Add(d.RingTimeout+d.MaxCall+overdueAfter)):
		return claimOverdue
	case mayStart:
		return claimGranted
	}
	return claimFind
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
		result.verdict = claimRefused
		return nil
	}
	result.call, err = d.call(row, batch, startedAt)
	return err
}

// call describes an attempt to the carrier: the same words every time it is
// asked for.
func (d *Dialer) call(row *ent.Attempt, batch *ent.BatchJob, startedAt time.Time) (calling.Call, error) {
	person := row.Edges.Contact
	variables := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(person.CustomFields))
	decoder.UseNumber() // long numbers keep their digits
	if err := decoder.Decode(&variables); err != nil {
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
