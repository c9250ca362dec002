package model

import (
	"context"

	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
)

// Node is whatever has an id of its own: a row of one of the tables that
// GraphQL shows.
type Node any

// Connection is one page of a list, as the Relay cursor connections
// specification has it.
type Connection[T any] struct {
	Edges    []*Edge[T]
	PageInfo *PageInfo
	Total    func(context.Context) (int, error) // counts the whole list
}

// Edge is one item of a list with its cursor.
type Edge[T any] struct {
	Cursor string
	Node   T
}

// Nodes returns the items of the page without their cursors.
func (c *Connection[T]) Nodes() []T {
	nodes := make([]T, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// TotalCount counts the whole list; it is called only when the count is
// selected.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.Total(ctx) }

// The lists of the schema and their items. gqlgen wants a name for each.
type (
	// PhoneNumberConnection is a page of phone numbers.
	PhoneNumberConnection = Connection[*ent.PhoneNumber]
	// PhoneNumberEdge is one of them.
	PhoneNumberEdge = Edge[*ent.PhoneNumber]
	// AgentConnection is a page of agents.
	AgentConnection = Connection[*ent.Agent]
	// AgentEdge is one of them.
	AgentEdge = Edge[*ent.Agent]
	// BatchJobConnection is a page of batch jobs.
	BatchJobConnection = Connection[*ent.BatchJob]
	// BatchJobEdge is one of them.
	BatchJobEdge = Edge[*ent.BatchJob]
	// ContactConnection is a page of contacts.
	ContactConnection = Connection[*ent.Contact]
	// ContactEdge is one of them.
	ContactEdge = Edge[*ent.Contact]
	// BatchChangeConnection is a page of a batch job's history.
	BatchChangeConnection = Connection[*ent.BatchChange]
	// BatchChangeEdge is one line of it.
	BatchChangeEdge = Edge[*ent.BatchChange]
	// RejectedRowConnection is a page of rejected rows.
	RejectedRowConnection = Connection[*dialer.RejectedRow]
	// RejectedRowEdge is one of them.
	RejectedRowEdge = Edge[*dialer.RejectedRow]
	// ApiKeyConnection is a page of API keys.
	ApiKeyConnection = Connection[*ent.ApiKey]
	// ApiKeyEdge is one of them.
	ApiKeyEdge = Edge[*ent.ApiKey]
	// SessionConnection is a page of sessions.
	SessionConnection = Connection[*ent.Session]
	// SessionEdge is one of them.
	SessionEdge = Edge[*ent.Session]
	// CreditEntryConnection is a page of ledger lines.
	CreditEntryConnection = Connection[*ent.CreditEntry]
	// CreditEntryEdge is one of them.
	CreditEntryEdge = Edge[*ent.CreditEntry]
	// AttemptConnection is a page of attempts.
	AttemptConnection = Connection[*ent.Attempt]
	// AttemptEdge is one of them.
	AttemptEdge = Edge[*ent.Attempt]
	// WebhookEndpointConnection is a page of webhook endpoints.
	WebhookEndpointConnection = Connection[*ent.WebhookEndpoint]
	// WebhookEndpointEdge is one of them.
	WebhookEndpointEdge = Edge[*ent.WebhookEndpoint]
	// WebhookDeliveryConnection is a page of deliveries.
	WebhookDeliveryConnection = Connection[*ent.WebhookDelivery]
	// WebhookDeliveryEdge is one of them.
	WebhookDeliveryEdge = Edge[*ent.WebhookDelivery]
)
