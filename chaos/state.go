package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
)

// ReadState reads the rows and counts them anew.
func ReadState(ctx context.Context, databaseURL string) (state State, err error) {
	s, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return State{}, fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx = auth.WithSystem(ctx)
	if state.Audit, err = testkit.Recount(ctx, s); err != nil {
		return State{}, fmt.Errorf("recount: %w", err)
	}
	read := s.Read()
	organizations, err := read.Organization.Query().All(ctx)
	if err != nil {
		return State{}, fmt.Errorf("read organizations: %w", err)
	}
	for _, row := range organizations {
		state.Organizations = append(state.Organizations, Organization{ID: row.ID, Limit: row.ConcurrentCallLimit})
	}
	batches, err := read.BatchJob.Query().All(ctx)
	if err != nil {
		return State{}, fmt.Errorf("read batch jobs: %w", err)
	}
	for _, row := range batches {
		state.Batches = append(state.Batches, batchOf(row))
	}
	contacts, err := read.Contact.Query().All(ctx)
	if err != nil {
		return State{}, fmt.Errorf("read contacts: %w", err)
	}
	for _, row := range contacts {
		state.Contacts = append(state.Contacts, Contact{
			ID: calling.PublicID(calling.ContactPrefix, row.ID), Batch: row.BatchJobID, Phone: string(row.Phone), Status: row.Status,
			Outcome: value(row.LastOutcome), Used: row.AttemptsUsed,
		})
	}
	attempts, err := read.Attempt.Query().All(ctx)
	if err != nil {
		return State{}, fmt.Errorf("read attempts: %w", err)
	}
	for _, row := range attempts {
		state.Attempts = append(state.Attempts, attemptOf(row))
	}
	return state, nil
}

func batchOf(row *ent.BatchJob) Batch {
	return Batch{
		ID: row.ID, Org: row.OrganizationID, Status: row.Status, Limit: row.ConcurrentCallLimit, MaxAttempts: row.MaxAttempts,
		Price: row.PricePerCallMicros, Spent: row.SpentMicros,
		StartAt: value(row.ScheduledStartAt), CreatedAt: row.CreatedAt, StartedAt: value(row.StartedAt),
	}
}

func attemptOf(row *ent.Attempt) Attempt {
	return Attempt{
		ID: calling.PublicID(calling.AttemptPrefix, row.ID), Contact: calling.PublicID(calling.ContactPrefix, row.ContactID), Batch: row.BatchJobID, Number: row.Number,
		Status: row.Status, Outcome: value(row.Outcome), Dialed: row.Dialed,
		AcceptedAt: value(row.AcceptedAt), Seconds: row.TalkSeconds, Cost: row.CostMicros,
	}
}

// value is what a pointer points at; nothing for nil.
func value[T calling.Outcome | time.Time](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
