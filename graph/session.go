package graph

import (
	"context"
	"fmt"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/session"
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
