package accounts

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/store"
)

// mostNumbers bounds the phone numbers of one organization.
const mostNumbers = 1000

// NewPhoneNumber is a number somebody wants to call from.
type NewPhoneNumber struct {
	Number  string
	Label   string  // may be empty
	AgentID *string // the agent that speaks; nil = none yet
}

// CreatePhoneNumber registers a number of the viewer's organization, who needs
// the scope ADMIN. Errors: CodeInvalidPhoneFormat, CodeInvalidRequest,
// CodeNotFound for the agent and CodeConflict for a number that is registered
// already, all of them at once.
func (a *Accounts) CreatePhoneNumber(ctx context.Context, n NewPhoneNumber) (row *ent.PhoneNumber, err error) {
	number, label, problems := calling.CheckNewNumber(n.Number, n.Label)
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, viewer auth.Viewer) error {
		more, err := a.checkNumber(ctx, tx, number, n.AgentID)
		if err != nil {
			return err
		}
		if err := calling.Problems(append(problems, more...)); err != nil {
			return err
		}
		row, err = tx.Ent.PhoneNumber.Create().SetID(newID(calling.PhoneNumberPrefix)).SetCreatedAt(store.Instant(a.now())).
			SetOrganizationID(viewer.OrganizationID).SetNumber(number).SetLabel(label).
			SetNillableOutboundAgentID(n.AgentID).Save(ctx)
		return err
	})
	return row, wrap(err, "register a phone number")
}

// checkNumber returns what the rows have against a new number; under the
// organization's lock and the number's own nobody adds one meanwhile, here or in
// another organization.
func (a *Accounts) checkNumber(ctx context.Context, tx *store.Tx, number calling.Number, agentID *string) ([]calling.Problem, error) {
	var problems []calling.Problem
	if err := tx.LockNumber(ctx, string(number)); err != nil {
		return nil, err
	}
	taken, err := tx.Ent.PhoneNumber.Query().Where(phonenumber.Number(number)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for the number: %w", err)
	}
	foreign := false
	if !taken { // the carrier would show the number of others
		if foreign, err = tx.Ent.PhoneNumber.Query().Where(phonenumber.Number(number)).Exist(auth.WithSystem(ctx)); err != nil {
			return nil, fmt.Errorf("look for the number elsewhere: %w", err)
		}
	}
	if foreign {
		problems = append(problems, calling.Problem{
			Field: "number", Code: calling.CodeConflict, Detail: "The number " + string(number) + " cannot be registered here. Ask the operator of this server.",
		})
	}
	if taken {
		problems = append(problems, calling.Problem{
			Field: "number", Code: calling.CodeConflict, Detail: "The number " + string(number) + " is registered already.",
		})
	}
	if agentID != nil {
		missing, err := findAgent(ctx, tx, "outboundAgentId", *agentID)
		if err != nil {
			return nil, err
		}
		problems = append(problems, missing...)
	}
	count, err := tx.Ent.PhoneNumber.Query().Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count the numbers: %w", err)
	}
	return append(problems, full(count, mostNumbers, "phone numbers")...), nil
}

// LabelPhoneNumber gives a number of the viewer's organization another name; the
// viewer needs the scope ADMIN. Errors: CodeNotFound, and CodeInvalidRequest for
// the label.
func (a *Accounts) LabelPhoneNumber(ctx context.Context, id, label string) (row *ent.PhoneNumber, err error) {
	label, problems := calling.CheckLabel(label)
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, _ auth.Viewer) error {
		missing, err := findNumber(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := calling.Problems(append(missing, problems...)); err != nil {
			return err
		}
		row, err = tx.Ent.PhoneNumber.UpdateOneID(id).SetLabel(label).Save(ctx)
		return err
	})
	return row, wrap(err, "name a phone number")
}

// AssignAgent says which agent speaks from a number of the viewer's organization,
// who needs the scope ADMIN; nil is none. Errors: CodeNotFound for either.
func (a *Accounts) AssignAgent(ctx context.Context, id string, agentID *string) (row *ent.PhoneNumber, err error) {
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, _ auth.Viewer) error {
		problems, err := findNumber(ctx, tx, id)
		if err != nil {
			return err
		}
		update := tx.Ent.PhoneNumber.UpdateOneID(id).ClearOutboundAgentID()
		if agentID != nil {
			missing, err := findAgent(ctx, tx, "agentId", *agentID)
			if err != nil {
				return err
			}
			problems = append(problems, missing...)
			update = tx.Ent.PhoneNumber.UpdateOneID(id).SetOutboundAgentID(*agentID)
		}
		if err := calling.Problems(problems); err != nil {
			return err
		}
		row, err = update.Save(ctx)
		return err
	})
	return row, wrap(err, "assign an agent")
}

// findNumber returns a problem when there is no such number in the viewer's
// organization.
func findNumber(ctx context.Context, tx *store.Tx, id string) ([]calling.Problem, error) {
	exists := false
	if isID(id) {
		var err error
		if exists, err = tx.Ent.PhoneNumber.Query().Where(phonenumber.ID(id)).Exist(ctx); err != nil {
			return nil, fmt.Errorf("look for the number: %w", err)
		}
	}
	return notFound(exists, "phoneNumberId", "Phone number", id), nil
}
