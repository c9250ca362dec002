package graph

import (
	"context"

	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/rejectedrow"
	"github.com/outdial/outdial/graph/model"
)

// pageRejectedRows reads a page of the uploaded rows that did not become
// contacts, in the order of the upload.
func (r *Resolver) pageRejectedRows(ctx context.Context, job *ent.BatchJob, a arguments) (*model.RejectedRowConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	all := func() *ent.RejectedRowQuery { return rows.RejectedRow.Query().Where(rejectedrow.BatchJobID(job.ID)) }
	p := byRow("rejected", func(row *dialer.RejectedRow) int { return row.Row })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[int]) ([]*dialer.RejectedRow, error) {
		query := all()
		if s.after != nil {
			query.Where(rejectedrow.RowGT(*s.after))
		}
		if s.before != nil {
			query.Where(rejectedrow.RowLT(*s.before))
		}
		found, err := query.Order(choose(s.backward, ent.Desc, ent.Asc)(rejectedrow.FieldRow)).Limit(s.limit).All(ctx)
		items := make([]*dialer.RejectedRow, len(found))
		for i, row := range found {
			items[i] = &dialer.RejectedRow{
				Row: row.Row, Phone: row.Phone, Code: row.Code, Detail: row.Detail, Suggestion: row.Suggestion,
			}
		}
		return items, err //nolint:wrapcheck // page says what was read
	}
	return p.page(ctx, a)
}
