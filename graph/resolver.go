package graph

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/store"
)

// Resolver answers fields. The methods that the schema asks for are in
// schema.resolvers.go and are one line each.
type Resolver struct{ Config }

// rows returns the client that queries read with, for a viewer that may read.
// The store keeps every query inside the viewer's organization.
func (r *Resolver) rows(ctx context.Context) (*ent.Client, error) {
	if _, err := may(ctx, auth.Read); err != nil {
		return nil, err
	}
	return r.Store.Read(), nil
}

// now is the moment as it is stored.
func (r *Resolver) now() time.Time { return store.Instant(r.Now()) }

// may returns the viewer when it has the scope.
func may(ctx context.Context, scope auth.Scope) (auth.Viewer, error) {
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return viewer, calling.Errorf(calling.CodeUnauthenticated, "Sign in with an API key.")
	}
	return viewer, viewer.Need(scope) //nolint:wrapcheck // is a *calling.Error already
}

// maxIDLength is more than any id has.
const maxIDLength = 64

// wellFormed reports whether s may be an id. What is not one is not asked of the
// database, which may refuse its characters.
func wellFormed(s string) bool {
	return s != "" && len(s) <= maxIDLength && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// optional returns nil for the zero value, which GraphQL shows as null.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// pointers returns pointers to the elements.
func pointers[T any](values []T) []*T {
	all := make([]*T, len(values))
	for i := range values {
		all[i] = &values[i]
	}
	return all
}

// choose returns a when which is true, else b.
func choose[T any](which bool, a, b T) T {
	if which {
		return a
	}
	return b
}

// selected reports whether the field is selected below one of the paths of the
// field being answered. A path is "" or ends with a dot.
func selected(ctx context.Context, paths []string, field string) bool {
	for _, path := range paths {
		if graphql.FieldRequested(ctx, path+field) {
			return true
		}
	}
	return false
}
