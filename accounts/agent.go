package accounts

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/agent"
	"github.com/outdial/outdial/store"
)

// mostAgents bounds the agents of one organization.
const mostAgents = 10_000

// CreateAgent makes an agent of the viewer's organization, who needs the scope
// ADMIN. Errors: CodeInvalidRequest for the fields.
func (a *Accounts) CreateAgent(ctx context.Context, n calling.NewAgent) (row *ent.Agent, err error) {
	n, problems := n.Check()
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, viewer auth.Viewer) error {
		count, err := tx.Ent.Agent.Query().Count(ctx)
		if err != nil {
			return fmt.Errorf("count the agents: %w", err)
		}
		if err := calling.Problems(append(problems, full(count, mostAgents, "agents")...)); err != nil {
			return err
		}
		row, err = tx.Ent.Agent.Create().SetID(newID(calling.AgentPrefix)).SetCreatedAt(store.Instant(a.now())).
			SetOrganizationID(viewer.OrganizationID).
			SetName(n.Name).SetArchitecture(n.Architecture).SetSystemPrompt(n.SystemPrompt).Save(ctx)
		return err
	})
	return row, wrap(err, "create an agent")
}

// UpdateAgent changes an agent of the viewer's organization, who needs the scope
// ADMIN; batch jobs that are there keep its prompt as it was. Errors: CodeNotFound,
// and CodeInvalidRequest for the fields.
func (a *Accounts) UpdateAgent(ctx context.Context, id string, edit calling.AgentEdit) (row *ent.Agent, err error) {
	edit, problems := edit.Check()
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, _ auth.Viewer) error {
		missing, err := findAgent(ctx, tx, "agentId", id)
		if err != nil {
			return err
		}
		if err := calling.Problems(append(missing, problems...)); err != nil {
			return err
		}
		row, err = tx.Ent.Agent.UpdateOneID(id).SetNillableName(edit.Name).SetNillableArchitecture(edit.Architecture).
			SetNillableSystemPrompt(edit.SystemPrompt).SetUpdatedAt(store.Instant(a.now())).Save(ctx)
		return err
	})
	return row, wrap(err, "update an agent")
}

// findAgent returns a problem with the field when there is no such agent in the
// viewer's organization.
func findAgent(ctx context.Context, tx *store.Tx, field, id string) ([]calling.Problem, error) {
	exists := false
	if isID(id) {
		var err error
		if exists, err = tx.Ent.Agent.Query().Where(agent.ID(id)).Exist(ctx); err != nil {
			return nil, fmt.Errorf("look for the agent: %w", err)
		}
	}
	return notFound(exists, field, "Agent", id), nil
}
