package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/agent"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/graph/model"
)

// pageAgents reads a page of the organization's agents, oldest first.
func (r *Resolver) pageAgents(ctx context.Context, a arguments) (*model.AgentConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	p := byID(calling.AgentPrefix, func(row *ent.Agent) string { return row.ID })
	p.count = rows.Agent.Query().Count
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.Agent, error) {
		query := withPhoneNumbers(ctx, rows.Agent.Query(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(agent.IDGT(*s.after))
		}
		if s.before != nil {
			query.Where(agent.IDLT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Desc, ent.Asc)(agent.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// findAgent returns an agent that another row refers to.
func (r *Resolver) findAgent(ctx context.Context, id string) (*ent.Agent, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	return once(answerOf(ctx), "agent "+id, func() (*ent.Agent, error) {
		row, err := rows.Agent.Query().Where(agent.ID(id)).Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the agent: %w", err)
		}
		return row, nil
	})
}

// withPhoneNumbers has the agents' numbers read together, when they are selected
// below one of the paths.
func withPhoneNumbers(ctx context.Context, query *ent.AgentQuery, paths ...string) *ent.AgentQuery {
	if selected(ctx, paths, "phoneNumbers") {
		query.WithPhoneNumbers(func(numbers *ent.PhoneNumberQuery) { numbers.Order(ent.Asc(phonenumber.FieldID)) })
	}
	return query
}

// phoneNumbersOf returns the numbers an agent speaks from, oldest first. They are
// few: an organization has a thousand at most.
func (r *Resolver) phoneNumbersOf(ctx context.Context, row *ent.Agent) ([]*ent.PhoneNumber, error) {
	if numbers, err := row.Edges.PhoneNumbersOrErr(); err == nil {
		return numbers, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	numbers, err := withOutboundAgent(ctx, rows.PhoneNumber.Query().Where(phonenumber.OutboundAgentID(row.ID)), "").
		Order(ent.Asc(phonenumber.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the agent's phone numbers: %w", err)
	}
	return numbers, nil
}

// changedAt is when an agent was last changed: made, if nothing since.
func changedAt(row *ent.Agent) *time.Time {
	if row.UpdatedAt == nil {
		return &row.CreatedAt
	}
	return row.UpdatedAt
}

// priceOf is what a two-minute call of an agent costs; nil when it cannot speak.
func (r *Resolver) priceOf(row *ent.Agent) *int64 {
	return optional(r.Rates.PerCall(row.Architecture))
}

// renderPrompt fills the names in a prompt with values, a JSON object.
func renderPrompt(prompt string, values json.RawMessage) (*model.RenderedPrompt, error) {
	variables := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(values))
	decoder.UseNumber() // long numbers keep their digits
	if err := decoder.Decode(&variables); err != nil {
		return nil, fmt.Errorf("read the variables: %w", err)
	}
	text, missing := calling.RenderPrompt(prompt, variables)
	return &model.RenderedPrompt{Text: text, Missing: append([]string{}, missing...)}, nil
}

// createAgent makes an agent, or says why not.
func (r *Resolver) createAgent(ctx context.Context, input model.CreateAgentInput) (*model.CreateAgentPayload, error) {
	row, err := r.Accounts.CreateAgent(ctx, calling.NewAgent{
		Name: input.Name, Architecture: input.Architecture, SystemPrompt: input.SystemPrompt,
	})
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.CreateAgentPayload{UserErrors: wrong}, err
	}
	return &model.CreateAgentPayload{Agent: row}, nil
}

// updateAgent changes an agent, or says why not.
func (r *Resolver) updateAgent(ctx context.Context, input model.UpdateAgentInput) (*model.UpdateAgentPayload, error) {
	row, err := r.Accounts.UpdateAgent(ctx, input.AgentID, calling.AgentEdit{
		Name: input.Name, Architecture: input.Architecture, SystemPrompt: input.SystemPrompt,
	})
	if err != nil {
		wrong, err := controlErrors(err, "")
		return &model.UpdateAgentPayload{UserErrors: wrong}, err
	}
	return &model.UpdateAgentPayload{Agent: row}, nil
}
