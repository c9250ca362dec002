package graph

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/predicate"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/store"
)

// pageBatchJobs reads a page of the organization's batch jobs; newest first when
// no order is asked for.
func (r *Resolver) pageBatchJobs(
	ctx context.Context, a arguments, filter *model.BatchJobFilter, order *model.BatchJobOrder,
) (*model.BatchJobConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	which, err := jobPredicates(filter)
	if err != nil {
		return nil, err
	}
	if order == nil {
		order = &model.BatchJobOrder{Field: model.BatchJobOrderFieldCreatedAt, Direction: model.OrderDirectionDesc}
	}
	all := func() *ent.BatchJobQuery { return rows.BatchJob.Query().Where(which...) }
	p := jobPages(*order)
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	descending := order.Direction == model.OrderDirectionDesc
	p.fetch = func(ctx context.Context, s span[jobKey]) ([]*ent.BatchJob, error) {
		query := withRelated(ctx, all(), "nodes.", "edges.node.")
		if s.after != nil {
			query.Where(beyond(order.Field, *s.after, !descending))
		}
		if s.before != nil {
			query.Where(beyond(order.Field, *s.before, descending))
		}
		return query.Order(sorted(order.Field, descending != s.backward)).Limit(s.limit).All(ctx)
	}
	return p.page(ctx, a)
}

// jobPredicates says what a filter lets through.
func jobPredicates(filter *model.BatchJobFilter) ([]predicate.BatchJob, error) {
	var which []predicate.BatchJob
	if filter == nil {
		return which, nil
	}
	if len(filter.Statuses) > 0 {
		which = append(which, batchjob.StatusIn(filter.Statuses...))
	}
	if id := filter.PhoneNumberID; id != nil {
		which = append(which, choose(wellFormed(*id), batchjob.PhoneNumberID(*id), nothing))
	}
	if id := filter.AgentID; id != nil {
		which = append(which, choose(wellFormed(*id), batchjob.AgentID(*id), nothing))
	}
	if at := filter.CreatedAfter; at != nil {
		which = append(which, batchjob.CreatedAtGTE(*at))
	}
	if at := filter.CreatedBefore; at != nil {
		which = append(which, batchjob.CreatedAtLT(*at))
	}
	text, err := searched(filter.Search)
	if err != nil || text == "" {
		return which, err
	}
	found := []predicate.BatchJob{store.Holds(batchjob.FieldName, text), store.Holds(batchjob.FieldDescription, text)}
	if wellFormed(text) {
		found = append(found, batchjob.ID(text))
	}
	return append(which, batchjob.Or(found...)), nil
}

// nothing finds no rows.
func nothing(s *sql.Selector) { s.Where(sql.False()) }

// jobKey is what a batch job is sorted by: a name, a start, or the id alone, and
// the id where others have the same.
type jobKey struct {
	name string
	at   time.Time
	id   string
}

// jobPages are the pages of batch jobs in an order, without count and fetch.
func jobPages(order model.BatchJobOrder) pages[*ent.BatchJob, jobKey] {
	kind := calling.BatchJobPrefix
	if order.Field != model.BatchJobOrderFieldCreatedAt || order.Direction != model.OrderDirectionDesc {
		kind += " " + string(order.Field) + " " + string(order.Direction)
	}
	p := pages[*ent.BatchJob, jobKey]{kind: kind, usual: usualPage, most: maxPage}
	switch order.Field {
	case model.BatchJobOrderFieldCreatedAt:
		p.key = func(row *ent.BatchJob) jobKey { return jobKey{id: row.ID} }
		p.write = func(k jobKey) string { return k.id }
		p.read = func(text string) (jobKey, bool) { return jobKey{id: text}, wellFormed(text) }
	case model.BatchJobOrderFieldStartsAt:
		p.key = func(row *ent.BatchJob) jobKey {
			if row.ScheduledStartAt != nil {
				return jobKey{id: row.ID, at: *row.ScheduledStartAt}
			}
			return jobKey{id: row.ID, at: row.CreatedAt}
		}
		p.write = func(k jobKey) string { return k.id + " " + k.at.UTC().Format(time.RFC3339Nano) }
		p.read = func(text string) (jobKey, bool) {
			id, rest, _ := strings.Cut(text, " ")
			at, err := time.Parse(time.RFC3339Nano, rest)
			return jobKey{id: id, at: store.Instant(at)}, err == nil && wellFormed(id)
		}
	case model.BatchJobOrderFieldName:
		p.key = func(row *ent.BatchJob) jobKey { return jobKey{id: row.ID, name: row.Name} }
		p.write = func(k jobKey) string { return k.id + " " + k.name }
		p.read = func(text string) (jobKey, bool) {
			id, name, ok := strings.Cut(text, " ")
			return jobKey{id: id, name: name}, ok && wellFormed(id) && utf8.ValidString(name) && !strings.ContainsRune(name, 0)
		}
	}
	return p
}

// sortExpression is what an order sorts by before the id; empty for the id alone.
func sortExpression(s *sql.Selector, field model.BatchJobOrderField) string {
	switch field {
	case model.BatchJobOrderFieldStartsAt:
		return "coalesce(" + s.C(batchjob.FieldScheduledStartAt) + ", " + s.C(batchjob.FieldCreatedAt) + ")"
	case model.BatchJobOrderFieldName:
		return store.Folded(s, batchjob.FieldName)
	case model.BatchJobOrderFieldCreatedAt:
	}
	return ""
}

// sorted sorts batch jobs.
func sorted(field model.BatchJobOrderField, descending bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if e := sortExpression(s, field); e != "" {
			s.OrderExpr(sql.Expr(e + choose(descending, " DESC", " ASC")))
		}
		s.OrderBy(choose(descending, sql.Desc, sql.Asc)(s.C(batchjob.FieldID)))
	}
}

// beyond finds batch jobs whose key is greater than one, or less.
func beyond(field model.BatchJobOrderField, k jobKey, greater bool) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			than, id, e := choose(greater, " > ", " < "), s.C(batchjob.FieldID), sortExpression(s, field)
			if e == "" {
				b.WriteString(id + than).Arg(k.id)
				return
			}
			argument := func() {
				if field == model.BatchJobOrderFieldName {
					store.FoldedArg(b, k.name)
					return
				}
				b.Arg(k.at)
			}
			b.WriteString("(" + e + than)
			argument()
			b.WriteString(" OR " + e + " = ")
			argument()
			b.WriteString(" AND " + id + than).Arg(k.id).WriteString(")")
		}))
	}
}
