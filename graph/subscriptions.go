package graph

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/graph/wire"
)

// subscriptions bounds how many subscriptions one API key or session has at once,
// whatever connections they are on.
type subscriptions struct {
	limit int

	mu   sync.Mutex
	open map[string]int // guarded by mu; by the credential's id
}

// ExtensionName names the extension.
func (*subscriptions) ExtensionName() string { return "Subscriptions" }

// Validate has nothing to check.
func (*subscriptions) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation counts a subscription until its context ends.
func (s *subscriptions) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	viewer, _ := auth.FromContext(ctx) // there is one: nobody else gets here
	if !s.enter(viewer.Credential()) {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{wire.ErrorOf(ctx, calling.Errorf(calling.CodeRateLimited,
			"At most %d subscriptions may be open with one API key or session.", s.limit))}})
	}
	credential := viewer.Credential()
	context.AfterFunc(wire.Lifetime(ctx), func() { s.leave(credential) })
	return next(ctx)
}

func (s *subscriptions) enter(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] >= s.limit {
		return false
	}
	s.open[key]++
	return true
}

func (s *subscriptions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, n := range s.open {
		total += n
	}
	return total
}

func (s *subscriptions) leave(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key]--; s.open[key] == 0 {
		delete(s.open, key)
	}
}
