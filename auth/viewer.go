// Package auth says who is asking: the viewer in a context, what a viewer signs in
// with, hashes of secrets, and scopes. It reads no database; looking a key or a
// session up is the accounts package's. Start reading at Viewer.
package auth

import (
	"context"
	"slices"

	"github.com/outdial/outdial/calling"
)

// Scope is something an API key may do.
type Scope string

// The scopes. None implies another.
const (
	Read  Scope = "READ"  // read batch jobs, contacts, agents, numbers and credits
	Write Scope = "WRITE" // create and control batch jobs
	Admin Scope = "ADMIN" // manage keys, agents, numbers and credits
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{Read, Write, Admin} }

// ScopesOf returns scopes as they are stored.
func ScopesOf(stored []string) []Scope {
	scopes := make([]Scope, len(stored))
	for i, s := range stored {
		scopes[i] = Scope(s)
	}
	return scopes
}

// Viewer is who a piece of work is done for. Every query and change in its
// context stays inside its organization.
type Viewer struct {
	OrganizationID string
	KeyID          string // the API key; empty for a browser's session and the program's own work
	KeyName        string // its name; empty as KeyID
	SessionID      string // the browser's session; empty for an API key and the program's own work
	SessionKeyID   string // the API key that the session was signed in with; empty for one from a link
	SessionName    string // the browser, as it calls itself; empty as SessionID
	Operator       bool   // whether the viewer may see what concerns the whole server
	Scopes         []Scope
}

// May reports whether the viewer has the scope.
func (v Viewer) May(s Scope) bool { return slices.Contains(v.Scopes, s) }

// Need returns nil when the viewer has the scope, else CodeForbidden.
func (v Viewer) Need(s Scope) error {
	if v.May(s) {
		return nil
	}
	what := "API key"
	if v.SessionID != "" {
		what = "session"
	}
	return calling.Errorf(calling.CodeForbidden, "This %s lacks the scope %s.", what, s)
}

// Credential is the id of what the viewer is signed in with: an API key or a
// session; empty for the program's own work.
func (v Viewer) Credential() string {
	if v.SessionID != "" {
		return v.SessionID
	}
	return v.KeyID
}

// Credentials are what somebody signs in with: one of the two.
type Credentials struct {
	Key     string // an API key
	Session string // the token in the cookie of a browser's session
}

type contextKey struct{}

// system marks the program's own work over all organizations.
type system struct{}

// WithViewer returns a context whose queries and changes stay inside the
// viewer's organization.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, v)
}

// WithOrganization returns a context for the program's own work inside one
// organization.
func WithOrganization(ctx context.Context, id string) context.Context {
	return WithViewer(ctx, Viewer{OrganizationID: id})
}

// WithSystem returns a context for the program's own work over all
// organizations: looking keys up, sweeping, migrating. Never derive it from a
// request's context on the request's behalf beyond finding out who asks.
func WithSystem(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, system{})
}

// FromContext returns the viewer of ctx; false when there is none.
func FromContext(ctx context.Context) (Viewer, bool) {
	v, ok := ctx.Value(contextKey{}).(Viewer)
	return v, ok
}

// IsSystem reports whether ctx is for work over all organizations.
func IsSystem(ctx context.Context) bool {
	_, ok := ctx.Value(contextKey{}).(system)
	return ok
}
