package graph

import (
	"context"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// queryCache keeps parsed documents in two generations: when the younger one is
// full the older one is forgotten, so that what is asked again stays. It is
// safe for concurrent use.
type queryCache struct {
	most, longest int

	mu           sync.Mutex
	young, older map[string]*ast.QueryDocument // guarded by mu; each holds at most most/2
}

func newQueryCache(most, longest int) *queryCache {
	return &queryCache{most: most, longest: longest, young: map[string]*ast.QueryDocument{}}
}

// Get returns the parsed document of a text; false when it is not kept.
func (c *queryCache) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if document, ok := c.young[text]; ok {
		return document, true
	}
	document, ok := c.older[text]
	if ok {
		c.add(text, document)
	}
	return document, ok
}

// Add keeps a parsed document, unless its text is very long.
func (c *queryCache) Add(_ context.Context, text string, document *ast.QueryDocument) {
	if len(text) > c.longest {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(text, document)
}

func (c *queryCache) add(text string, document *ast.QueryDocument) {
	if len(c.young) >= max(1, c.most/2) {
		c.young, c.older = make(map[string]*ast.QueryDocument, len(c.young)), c.young
	}
	c.young[text] = document
}
