package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/graph/model"
)

// pagePhoneNumbers reads a page of the organization's phone numbers, oldest
// first.
func (r *Resolver) pagePhoneNumbers(ctx context.Context, a arguments) (*model.PhoneNumberConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	p := byID(calling.PhoneNumberPrefix, func(row *ent.PhoneNumber) string { return row.ID })
	p.count = rows.PhoneNumber.Query().Count
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.PhoneNumber, error) {
		query := withOutboundAgent(ctx, rows.PhoneNumber.Query(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(phonenumber.IDGT(*s.after))
		}
		if s.before != nil {
			query.Where(phonenumber.IDLT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Desc, ent.Asc)(phonenumber.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// withOutboundAgent has the agents read together, when they are selected below
// one of the paths.
func withOutboundAgent(ctx context.Context, query *ent.PhoneNumberQuery, paths ...string) *ent.PhoneNumberQuery {
	if selected(ctx, paths, "outboundAgent") {
		query.WithOutboundAgent()
	}
	return query
}

// findOutboundAgent returns the agent of a phone number; nil when none is
// assigned.
func (r *Resolver) findOutboundAgent(ctx context.Context, number *ent.PhoneNumber) (*ent.Agent, error) {
	if number.OutboundAgentID == nil || number.Edges.OutboundAgent != nil {
		return number.Edges.OutboundAgent, nil
	}
	return r.findAgent(ctx, *number.OutboundAgentID)
}

// countOpenBatchJobs returns how many batch jobs that are not over call from a
// number.
func (r *Resolver) countOpenBatchJobs(ctx context.Context, number *ent.PhoneNumber) (int, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return 0, err
	}
	counts, err := once(answerOf(ctx), "open batch jobs by phone number", func() (map[string]int, error) {
		var found []struct {
			PhoneNumberID string `json:"phone_number_id"`
			Count         int    `json:"count"`
		}
		err := rows.BatchJob.Query().Where(batchjob.StatusIn(openStatuses()...)).
			GroupBy(batchjob.FieldPhoneNumberID).Aggregate(ent.Count()).Scan(ctx, &found)
		if err != nil {
			return nil, fmt.Errorf("count open batch jobs: %w", err)
		}
		counts := map[string]int{}
		for _, row := range found {
			counts[row.PhoneNumberID] = row.Count
		}
		return counts, nil
	})
	return counts[number.ID], err
}

// openStatuses are those of batch jobs that are not over.
func openStatuses() []calling.BatchStatus {
	var open []calling.BatchStatus
	for _, name := range calling.BatchStatus("").Values() {
		if status := calling.BatchStatus(name); !status.Terminal() {
			open = append(open, status)
		}
	}
	return open
}

// createPhoneNumber registers a number, or says why not.
func (r *Resolver) createPhoneNumber(ctx context.Context, input model.CreatePhoneNumberInput) (*model.CreatePhoneNumberPayload, error) {
	row, err := r.Accounts.CreatePhoneNumber(ctx, accounts.NewPhoneNumber{
		Number: input.Number, Label: orEmpty(input.Label), AgentID: input.OutboundAgentID,
	})
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.CreatePhoneNumberPayload{UserErrors: wrong}, err
	}
	return &model.CreatePhoneNumberPayload{PhoneNumber: row}, nil
}

// updatePhoneNumber names a number, or says why not.
func (r *Resolver) updatePhoneNumber(ctx context.Context, input model.UpdatePhoneNumberInput) (*model.UpdatePhoneNumberPayload, error) {
	row, err := r.Accounts.LabelPhoneNumber(ctx, input.PhoneNumberID, input.Label)
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.UpdatePhoneNumberPayload{UserErrors: wrong}, err
	}
	return &model.UpdatePhoneNumberPayload{PhoneNumber: row}, nil
}

// assignOutboundAgent says who speaks from a number, or why not.
func (r *Resolver) assignOutboundAgent(ctx context.Context, input model.AssignOutboundAgentInput) (*model.AssignOutboundAgentPayload, error) {
	row, err := r.Accounts.AssignAgent(ctx, input.PhoneNumberID, input.AgentID)
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.AssignOutboundAgentPayload{UserErrors: wrong}, err
	}
	return &model.AssignOutboundAgentPayload{PhoneNumber: row}, nil
}
