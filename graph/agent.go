package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/agent"
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
		query := rows.Agent.Query()
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
