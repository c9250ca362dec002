package graph_test

import (
	"context"
	"sync/atomic"

	"github.com/outdial/outdial/ent"
)

// counter counts the queries that ent sends.
type counter struct{ n atomic.Int64 }

// Intercept counts one query.
func (c *counter) Intercept(next ent.Querier) ent.Querier {
	return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
		c.n.Add(1)
		return next.Query(ctx, q)
	})
}

// during returns how many queries fn had sent.
func (c *counter) during(fn func()) int64 {
	before := c.n.Load()
	fn()
	return c.n.Load() - before
}
