package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/session"
	"github.com/outdial/outdial/graph/model"
)

// findSession returns the session that a viewer is signed in with; nil when that
// is an API key.
func (r *Resolver) findSession(ctx context.Context, viewer *auth.Viewer) (*ent.Session, error) {
	if viewer.SessionID == "" {
		return nil, nil //nolint:nilnil // nil is how GraphQL shows that there is none
	}
	row, err := r.Store.Read().Session.Query().Where(session.ID(viewer.SessionID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	return row, nil
}

// isCurrent reports whether a session is the viewer's own.
func isCurrent(ctx context.Context, row *ent.Session) bool {
	viewer, _ := auth.FromContext(ctx)
	return viewer.SessionID == row.ID
}

// pageSessions reads a page of the browsers that are signed in, newest first.
func (r *Resolver) pageSessions(ctx context.Context, a arguments) (*model.SessionConnection, error) {
	if _, err := may(ctx, auth.Admin); err != nil {
		return nil, err
	}
	all := func() *ent.SessionQuery {
		return r.Store.Read().Session.Query().Where(accounts.SessionsInForce(r.now()))
	}
	p := byID(calling.SessionPrefix, func(row *ent.Session) string { return row.ID })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.Session, error) {
		query := all()
		if s.after != nil {
			query.Where(session.IDLT(*s.after))
		}
		if s.before != nil {
			query.Where(session.IDGT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Asc, ent.Desc)(session.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// revokeSession ends a session, or says why not.
func (r *Resolver) revokeSession(ctx context.Context, input model.RevokeSessionInput) (*model.RevokeSessionPayload, error) {
	if err := r.Accounts.RevokeSession(ctx, input.SessionID); err != nil {
		wrong, err := controlErrors(err, "sessionId")
		return &model.RevokeSessionPayload{UserErrors: wrong}, err
	}
	return &model.RevokeSessionPayload{SessionID: &input.SessionID}, nil
}
