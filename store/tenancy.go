package store

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/intercept"
	"github.com/outdial/outdial/ent/organization"
	_ "github.com/outdial/outdial/ent/runtime" // binds the hooks and defaults of the tables
)

// errNoViewer is a defect: work on rows without saying for whom.
var errNoViewer = errors.New("no viewer in the context: say for which organization the rows are read or changed")

// errForeignRow is a defect: a row made for another organization.
var errForeignRow = errors.New("the row belongs to another organization than the viewer's")

// tenantColumn is on every table but organizations.
const tenantColumn = "organization_id"

// newClient returns an ent client that keeps every query and every change
// inside the organization of the context's viewer, and refuses both when there
// is none.
func newClient(driver dialect.Driver) *ent.Client {
	client := ent.NewClient(ent.Driver(driver))
	client.Intercept(intercept.TraverseFunc(scopeQuery))
	client.Use(scopeChange)
	return client
}

func scopeQuery(ctx context.Context, q intercept.Query) error {
	if auth.IsSystem(ctx) {
		return nil
	}
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return errNoViewer
	}
	q.WhereP(owned(q.Type(), viewer.OrganizationID))
	return nil
}

func owned(kind, organizationID string) func(*sql.Selector) {
	column := tenantColumn
	if kind == ent.TypeOrganization {
		column = organization.FieldID
	}
	return func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), organizationID)) }
}

func scopeChange(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if auth.IsSystem(ctx) {
			return next.Mutate(ctx, m)
		}
		viewer, ok := auth.FromContext(ctx)
		if !ok {
			return nil, errNoViewer
		}
		if m.Op().Is(ent.OpCreate) {
			return createOwned(ctx, m, viewer.OrganizationID, next)
		}
		scoped, ok := m.(interface{ WhereP(...func(*sql.Selector)) })
		if !ok {
			return nil, fmt.Errorf("change of %s cannot be kept inside an organization", m.Type())
		}
		scoped.WhereP(owned(m.Type(), viewer.OrganizationID))
		return next.Mutate(ctx, m)
	})
}

func createOwned(ctx context.Context, m ent.Mutation, organizationID string, next ent.Mutator) (ent.Value, error) {
	if m.Type() == ent.TypeOrganization {
		return nil, errForeignRow
	}
	if given, ok := m.Field(tenantColumn); ok && given != organizationID {
		return nil, errForeignRow
	}
	if err := m.SetField(tenantColumn, organizationID); err != nil {
		return nil, fmt.Errorf("set the organization of a %s: %w", m.Type(), err)
	}
	return next.Mutate(ctx, m)
}
