package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// shape refuses documents that are too long or too deep once their fragments
// are spread out. It does so before the library validates them, because that
// takes time that grows with the square of the fields: ten thousand times the
// same field would take seconds.
type shape struct {
	limits     Limits
	known      *queryCache // documents that passed before
	hideSchema bool
}

// ExtensionName names the extension.
func (*shape) ExtensionName() string { return "Shape" }

// Validate has nothing to check.
func (*shape) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses a document of the wrong shape. What cannot
// be parsed is left to be refused with the reason.
func (s *shape) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	if _, passed := s.known.Get(ctx, params.Query); passed {
		return nil
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: params.Query}, s.limits.Tokens)
	if err != nil {
		return nil //nolint:nilerr // the library says the same, with the place
	}
	m := measure{document: document, fragments: map[string]extent{}, most: s.limits.Selections}
	var whole extent
	for _, operation := range document.Operations {
		whole = m.add(whole, m.selections(operation.SelectionSet))
	}
	for _, fragment := range document.Fragments { // those that nobody spreads are validated as well
		whole = m.add(whole, m.selections(fragment.SelectionSet))
	}
	switch {
	case whole.fields > s.limits.Selections:
		return refused("SELECTION_LIMIT_EXCEEDED",
			"The document selects more than %d fields, fragments spread out.", s.limits.Selections)
	case whole.depth > s.limits.Depth:
		return refused("DEPTH_LIMIT_EXCEEDED", "The document is %d fields deep; at most %d are allowed.", whole.depth, s.limits.Depth)
	case s.hideSchema && whole.introspects:
		return refused("INTROSPECTION_DISABLED", "Introspection is switched off on this server.")
	}
	return nil
}

// MutateOperationContext switches introspection on, which the library has off.
func (s *shape) MutateOperationContext(_ context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	operation.DisableIntrospection = s.hideSchema
	return nil
}

// extent is how large a part of a document is.
type extent struct {
	fields, depth int
	introspects   bool // asks for __schema or __type
}

// measure measures a document that is parsed and no more. It looks at each
// fragment once, so that fragments that double each other cost nothing.
type measure struct {
	document  *ast.QueryDocument
	fragments map[string]extent
	most      int // counting stops here
}

func (m measure) add(a, b extent) extent {
	return extent{
		fields: min(a.fields+b.fields, m.most+1), depth: max(a.depth, b.depth), introspects: a.introspects || b.introspects,
	}
}

func (m measure) selections(set ast.SelectionSet) extent {
	var total extent
	for _, selection := range set {
		total = m.add(total, m.selection(selection))
	}
	return total
}

func (m measure) selection(selection ast.Selection) extent {
	switch s := selection.(type) {
	case *ast.Field:
		e := m.selections(s.SelectionSet)
		e.fields++
		e.depth++
		if s.Name == "__schema" || s.Name == "__type" {
			return extent{fields: e.fields, depth: 1, introspects: true} // the library bounds its depth
		}
		return e
	case *ast.InlineFragment:
		return m.selections(s.SelectionSet)
	case *ast.FragmentSpread:
		known, seen := m.fragments[s.Name]
		if definition := m.document.Fragments.ForName(s.Name); !seen && definition != nil {
			m.fragments[s.Name] = extent{} // a fragment inside itself is refused by the library
			known = m.selections(definition.SelectionSet)
			m.fragments[s.Name] = known
		}
		known.fields++ // the spread is compared, too
		return known
	}
	return extent{}
}
