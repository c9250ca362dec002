package graph

import (
	"context"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/graph/model"
)

// pagePhoneNumbers reads a page of the organization's phone numbers, oldest
// first.
func (r *Resolver) pagePhoneNumbers(ctx context.Context, a arguments) (*model.PhoneNumberConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	p := byID(calling.PhoneNumberPrefix, func(row *ent.PhoneNumber) string { return row.ID })
	p.count = rows.PhoneNumber.Query().Count
	p.fetch = func(ctx context.Context, s span[string]) ([]*ent.PhoneNumber, error) {
		query := withOutboundAgent(ctx, rows.PhoneNumber.Query(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(phonenumber.IDGT(*s.after))
		}
		if s.before != nil {
			query.Where(phonenumber.IDLT(*s.before))
		}
		return query.Order(choose(s.backward, ent.Desc, ent.Asc)(phonenumber.FieldID)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// withOutboundAgent has the agents read together, when they are selected below
// one of the paths.
func withOutboundAgent(ctx context.Context, query *ent.PhoneNumberQuery, paths ...string) *ent.PhoneNumberQuery {
	if selected(ctx, paths, "outboundAgent") {
		query.WithOutboundAgent()
	}
	return query
}

// findOutboundAgent returns the agent of a phone number; nil when none is
// assigned.
func (r *Resolver) findOutboundAgent(ctx context.Context, number *ent.PhoneNumber) (*ent.Agent, error) {
	if number.OutboundAgentID == nil || number.Edges.OutboundAgent != nil {
		return number.Edges.OutboundAgent, nil
	}
	return r.findAgent(ctx, *number.OutboundAgentID)
}
