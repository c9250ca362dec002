package wire

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// Listener is told the responses of one subscription as they come. It is safe for
// concurrent use, and never blocks.
type Listener interface {
	// Tell hands over a response. One that came before and was not sent yet is
	// dropped for it; that is what it reports.
	Tell(response *graphql.Response) (dropped bool)
	// End says that there are no more; because of a defect where broken is not nil.
	End(broken error)
}

type listenerKey struct{}

// offer is a Listener that an operation may use.
type offer struct {
	listener *operation
	taken    bool
}

// ListenerOf returns who waits for the responses of the subscription that ctx is
// for, so that nobody has to ask for them one by one: the ResponseHandler of the
// operation is not called then. It returns nil where they are asked for.
func ListenerOf(ctx context.Context) Listener {
	o, _ := ctx.Value(listenerKey{}).(*offer)
	if o == nil {
		return nil
	}
	o.taken = true
	return o.listener
}

// Lifetime returns a context that ends with the operation that ctx is for. Whoever
// waits for that end holds less in memory with it than with ctx, where there is such
// a one: the operation's document and variables are needed no more once it has begun.
func Lifetime(ctx context.Context) context.Context {
	if o, _ := ctx.Value(listenerKey{}).(*offer); o != nil {
		return o.listener.ctx
	}
	return ctx
}

// WithoutListener returns a context for work that is for more than the operation
// that ctx is for, and outlives it.
func WithoutListener(ctx context.Context) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), listenerKey{}, (*offer)(nil))
}
