package graph

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/agent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchchange"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/creditentry"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/ent/session"
	"github.com/outdial/outdial/graph/model"
)

// maxNodes is how many ids one field takes.
const maxNodes = 100

// findNode returns what an id names; nil when that is nothing of the viewer's
// organization.
func (r *Resolver) findNode(ctx context.Context, id string) (model.Node, error) {
	found, err := r.findNodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// findNodes returns what ids name, in their order and with one query a kind. An
// id that is unknown, malformed or another organization's is nil.
func (r *Resolver) findNodes(ctx context.Context, ids []string) ([]model.Node, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) > maxNodes {
		return nil, calling.Errorf(calling.CodeInvalidRequest, "ids must hold at most %d ids; it holds %d.", maxNodes, len(ids))
	}
	asked := map[string][]string{}
	for _, id := range ids {
		if prefix, _, ok := strings.Cut(id, "_"); ok && wellFormed(id) {
			asked[prefix] = append(asked[prefix], id)
		}
	}
	found := map[string]model.Node{}
	for prefix, some := range asked {
		if read := r.readers()[prefix]; read != nil {
			if err := read(ctx, rows, some, found); err != nil {
				return nil, fmt.Errorf("read nodes of kind %s: %w", prefix, err)
			}
		}
	}
	nodes := make([]model.Node, len(ids))
	for i, id := range ids {
		nodes[i] = found[id] // the same id twice is the same node twice
	}
	return nodes, nil
}

// reader reads the rows with these ids into found.
type reader func(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error

// readers says how each kind of node is read, by the prefix of its ids.
func (r *Resolver) readers() map[string]reader {
	return map[string]reader{
		calling.SessionPrefix:      r.readSessions,
		calling.CreditEntryPrefix:  readCreditEntries,
		calling.OrganizationPrefix: readOrganizations,
		calling.ApiKeyPrefix:       readKeys,
		calling.AgentPrefix:        readAgents,
		calling.PhoneNumberPrefix:  readPhoneNumbers,
		calling.BatchJobPrefix:     readBatchJobs,
		calling.BatchChangePrefix:  readChanges,
		calling.ContactPrefix:      readContacts,
		calling.AttemptPrefix:      readAttempts,
		calling.WebhookPrefix:      readWebhookEndpoints,
		calling.DeliveryPrefix:     readDeliveries,
	}
}

// keep puts what was read into found.
func keep[T any](found map[string]model.Node, id func(T) string, all []T, err error) error {
	for _, row := range all {
		found[id(row)] = row
	}
	return err
}

func readOrganizations(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := rows.Organization.Query().Where(organization.IDIn(ids...)).All(ctx)
	return keep(found, func(row *ent.Organization) string { return row.ID }, all, err)
}

// readKeys reads the keys that the viewer may see: its own, or, with the scope
// ADMIN, all.
func readKeys(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	query := rows.ApiKey.Query().Where(apikey.IDIn(ids...))
	if viewer, _ := auth.FromContext(ctx); !viewer.May(auth.Admin) {
		query.Where(apikey.ID(viewer.KeyID))
	}
	all, err := query.All(ctx)
	return keep(found, func(row *ent.ApiKey) string { return row.ID }, all, err)
}

// readSessions reads the sessions that the viewer may see, as readKeys does.
func (r *Resolver) readSessions(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	query := rows.Session.Query().Where(session.IDIn(ids...), accounts.SessionsInForce(r.now()))
	if viewer, _ := auth.FromContext(ctx); !viewer.May(auth.Admin) {
		query.Where(session.ID(viewer.SessionID))
	}
	all, err := query.All(ctx)
	return keep(found, func(row *ent.Session) string { return row.ID }, all, err)
}

func readCreditEntries(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := rows.CreditEntry.Query().Where(creditentry.IDIn(ids...)).All(ctx)
	return keep(found, func(row *ent.CreditEntry) string { return row.ID }, all, err)
}

func readAgents(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := withPhoneNumbers(ctx, rows.Agent.Query().Where(agent.IDIn(ids...)), "").All(ctx)
	return keep(found, func(row *ent.Agent) string { return row.ID }, all, err)
}

func readPhoneNumbers(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := withOutboundAgent(ctx, rows.PhoneNumber.Query().Where(phonenumber.IDIn(ids...)), "").All(ctx)
	return keep(found, func(row *ent.PhoneNumber) string { return row.ID }, all, err)
}

func readBatchJobs(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := withRelated(ctx, rows.BatchJob.Query().Where(batchjob.IDIn(ids...)), "").All(ctx)
	return keep(found, func(row *ent.BatchJob) string { return row.ID }, all, err)
}

func readChanges(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := rows.BatchChange.Query().Where(batchchange.IDIn(ids...)).All(ctx)
	return keep(found, func(row *ent.BatchChange) string { return row.ID }, all, err)
}

func readContacts(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	query := rows.Contact.Query().Where(contact.IDIn(uuids(calling.ContactPrefix, ids)...))
	all, err := withBatchJob(ctx, withAttempts(ctx, query, ""), "").All(ctx)
	for _, c := range all {
		introduce(c)
	}
	return keep(found, contactID, all, err)
}

func readAttempts(ctx context.Context, rows *ent.Client, ids []string, found map[string]model.Node) error {
	all, err := withContact(ctx, rows.Attempt.Query().Where(attempt.IDIn(uuids(calling.AttemptPrefix, ids)...)), "").All(ctx)
	for _, a := range all {
		introduce(a.Edges.Contact)
	}
	return keep(found, attemptID, all, err)
}

func contactID(row *ent.Contact) string { return calling.PublicID(calling.ContactPrefix, row.ID) }

func attemptID(row *ent.Attempt) string { return calling.PublicID(calling.AttemptPrefix, row.ID) }

// uuids returns what is behind public ids, leaving out those that are none.
func uuids(prefix string, ids []string) []uuid.UUID {
	var all []uuid.UUID
	for _, id := range ids {
		if u, ok := calling.ParsePublicID(prefix, id); ok {
			all = append(all, u)
		}
	}
	return all
}
