package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/graph/generated"
	"github.com/outdial/outdial/graph/model"
)

// Limits bound what one client can ask for. Zero values take the defaults.
type Limits struct {
	BodyBytes    int64 // of a request, uploads included; default 10 MB
	MessageBytes int64 // of a message on a WebSocket; default 1 MB

	Tokens     int // of a document, variables not counted; default 10,000
	Selections int // fields of a document, fragments spread out; default 1,000
	Depth      int // fields inside each other; default 15
	Complexity int // see ConnectionCost; default 20,000

	CachedQueries    int // parsed documents that are kept; default 1,000
	CachedQueryBytes int // of the longest document that is kept; default 16 KB

	OperationsPerConnection int // in progress on one WebSocket; default 100
	SubscriptionsPerKey     int // of one API key or session, over all connections to this server; default 1,000

	BodyTimeout  time.Duration // of a request body to arrive; default 1 minute
	InitTimeout  time.Duration // of a new WebSocket without connection_init; default 5 seconds
	PingEvery    time.Duration // on connections that stay open; default 15 seconds
	WriteTimeout time.Duration // of one write to a client that does not read; default 5 seconds
}

func (l Limits) withDefaults() Limits {
	byDefault(&l.BodyBytes, 10<<20)
	byDefault(&l.MessageBytes, 1<<20)
	byDefault(&l.Tokens, 10_000)
	byDefault(&l.Selections, 1_000)
	byDefault(&l.Depth, 15)
	byDefault(&l.Complexity, 20_000)
	byDefault(&l.CachedQueries, 1_000)
	byDefault(&l.CachedQueryBytes, 16<<10)
	byDefault(&l.OperationsPerConnection, 100)
	byDefault(&l.SubscriptionsPerKey, 1_000)
	byDefault(&l.BodyTimeout, time.Minute)
	byDefault(&l.InitTimeout, 5*time.Second)
	byDefault(&l.PingEvery, 15*time.Second)
	byDefault(&l.WriteTimeout, 5*time.Second)
	return l
}

func byDefault[T ~int | ~int64](value *T, otherwise T) {
	if *value == 0 {
		*value = otherwise
	}
}

// ConnectionCost is the complexity of a connection by itself, because each page
// is a query; to it comes what is selected of an item, times the page's size.
// Searches and charts cost five times as much, prompts half as much. Every other
// field costs 1 and what is selected inside it.
const ConnectionCost = 100

// cost refuses operations that are too complex.
type cost struct {
	limit  int
	schema graphql.ExecutableSchema
}

// ExtensionName names the extension.
func (*cost) ExtensionName() string { return "Cost" }

// Validate takes the schema.
func (c *cost) Validate(schema graphql.ExecutableSchema) error {
	c.schema = schema
	return nil
}

// MutateOperationContext refuses an operation that is too complex.
func (c *cost) MutateOperationContext(ctx context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	total := complexity.Calculate(ctx, c.schema, operation.Operation, operation.Variables)
	if total <= c.limit {
		return nil
	}
	return refused("COMPLEXITY_LIMIT_EXCEEDED",
		"The operation's complexity is %d; at most %d is allowed. Ask for smaller pages or fewer fields.", total, c.limit)
}

// complexities says what connections cost.
func complexities() generated.ComplexityRoot {
	page := func(usual int) func(int, *int, *string, *int, *string) int {
		return func(child int, first *int, _ *string, last *int, _ *string) int {
			return pageCost(child, usual, first, last)
		}
	}
	var root generated.ComplexityRoot
	root.Organization.PhoneNumbers = page(usualPage)
	root.Organization.Agents = page(usualPage)
	root.Agent.PhoneNumbers = func(child int) int { return pageCost(child, usualPage, nil, nil) }
	root.Organization.BatchJobs = func(child int, first *int, _ *string, last *int, _ *string, f *model.BatchJobFilter, _ *model.BatchJobOrder) int {
		return searchCost(f != nil && f.Search != nil) + pageCost(child, usualPage, first, last)
	}
	root.Organization.LiveCalls = page(usualPage)
	root.Organization.APIKeys = page(usualPage)
	root.Organization.Sessions = page(usualPage)
	root.Organization.WebhookEndpoints = page(usualPage)
	root.Organization.CreditLedger = func(child int, first *int, _ *string, last *int, _ *string, _ *model.CreditEntryFilter) int {
		return pageCost(child, usualPage, first, last)
	}
	root.WebhookEndpoint.Deliveries = func(child int, first *int, _ *string, last *int, _ *string, _ *model.WebhookDeliveryFilter) int {
		return pageCost(child, usualPage, first, last)
	}
	root.BatchJob.LiveCalls = page(usualPage)
	root.BatchJob.Contacts = func(child int, first *int, _ *string, last *int, _ *string, f *model.ContactFilter) int {
		return searchCost(f != nil && f.Search != nil) + pageCost(child, usualLongPage, first, last)
	}
	root.BatchJob.History = page(usualPage)
	root.BatchJob.RejectedRows = page(usualLongPage)
	root.BatchJob.Variables = chartCost
	root.BatchJob.RejectionCounts = chartCost
	root.BatchJob.OutcomesOverTime = func(child int, _ *int) int { return chartCost(child) }
	root.BatchJob.AnswerRates = func(child int, _ *string) int { return chartCost(child) }
	root.BatchJob.SystemPrompt = promptCost
	root.Contact.Prompt = promptCost
	root.OrganizationActivity.BatchJobs = func(child int) int { return pageCost(child, maxPage, nil, nil) }
	root.Query.TimeZones = func(child int) int { return pageCost(child, longestPage, nil, nil) }
	root.Query.Nodes = func(child int, ids []string) int { return ConnectionCost + child*len(ids) }
	return root
}

// chartCost is the complexity of what every contact or attempt of a batch job is
// looked at for.
func chartCost(child int) int { return 5*ConnectionCost + min(child, 1<<40) }

// searchCost is the complexity of a search, for which every row is looked at.
func searchCost(searches bool) int { return choose(searches, 5*ConnectionCost, 0) }

// promptCost is the complexity of a prompt, which may be long.
func promptCost(child int) int { return ConnectionCost/2 + min(child, 1<<40) }

// pageCost multiplies without overflow: pages beyond the bound are refused
// anyway, and a document has at most Selections fields.
func pageCost(child, usual int, first, last *int) int {
	size := usual
	for _, asked := range []*int{first, last} {
		if asked != nil {
			size = min(max(*asked, 1), longestPage)
		}
	}
	const most = 1 << 40 // of a page in a page in a page
	return min(ConnectionCost+size*min(child, most), most)
}
