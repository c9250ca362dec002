package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/rejectedrow"
)

// exportPage is how many rows an export holds in memory at a time.
const exportPage = 250

// export is one export on its way: a first walk over the rows finds the columns, a
// second one sends them. The rows of a batch job and what identifies them never
// change, and each page goes on after the last row of the one before, so that
// whatever happens meanwhile no row is left out or comes twice.
type export struct {
	server *server
	job    *ent.BatchJob
	plain  bool
	all    bool // of rejected rows, also duplicates
}

// results is GET /batch/jobs/{id}/results.csv: every contact with how it ended so
// far, in the order of the upload.
func (s *server) results(w http.ResponseWriter, r *http.Request) error {
	e, err := s.newExport(r)
	if err != nil {
		return err
	}
	columns, err := readFields(r.Context(), func(ctx context.Context, take func(json.RawMessage) error) error {
		return e.contacts(ctx, func(rows []*ent.Contact) error {
			for _, row := range rows {
				if err := take(row.CustomFields); err != nil {
					return err
				}
			}
			return nil
		}, contact.FieldID, contact.FieldRow, contact.FieldCustomFields)
	})
	if err != nil {
		return err
	}
	a := beginCSV(w, fileName(e.job.Name, e.job.ID, "results"), e.plain)
	for _, name := range []string{"row", "phone", "name"} {
		a.own(columns.ours(name))
	}
	columns.header(a)
	for _, name := range []string{
		"status", "outcome", "attempts", "last_started_at", "last_answered_at", "last_ended_at", "talk_seconds", "cost_usd", "reason",
	} {
		a.own(columns.ours(name))
	}
	a.end()
	e.send(r, a, func(ctx context.Context) error {
		return e.contacts(ctx, func(rows []*ent.Contact) error { return e.sendContacts(ctx, a, columns, rows) })
	})
	return nil
}

// rejected is GET /batch/jobs/{id}/rejected.csv: every row that did not become a
// contact, with its own columns first, so that it can be mended and uploaded. Only
// with include=duplicates are there rows of people who are contacts already: an
// upload of the file as it is would have them called again.
func (s *server) rejected(w http.ResponseWriter, r *http.Request) error {
	e, err := s.newExport(r)
	if err != nil {
		return err
	}
	columns, err := readFields(r.Context(), func(ctx context.Context, take func(json.RawMessage) error) error {
		return e.rejectedRows(ctx, func(row *ent.RejectedRow) error { return take(row.CustomFields) }, func() error { return nil })
	})
	if err != nil {
		return err
	}
	a := beginCSV(w, fileName(e.job.Name, e.job.ID, "rejected"), e.plain)
	a.own("phone")
	a.own("name")
	columns.header(a)
	for _, name := range []string{"row", "reason_code", "reason", "suggestion"} {
		a.own(columns.ours(name))
	}
	a.end()
	e.send(r, a, func(ctx context.Context) error {
		return e.rejectedRows(ctx, func(row *ent.RejectedRow) error { return sendRejected(a, columns, row) }, a.sent)
	})
	return nil
}

func sendRejected(a *csvAnswer, columns *fieldColumns, row *ent.RejectedRow) error {
	a.phone(row.Phone)
	a.cell(row.Name)
	if err := columns.cells(a, row.CustomFields); err != nil {
		return err
	}
	a.own(strconv.Itoa(row.Row))
	a.own(row.Code.Public())
	a.own(row.Detail)
	a.phone(row.Suggestion)
	a.end()
	return nil
}

// newExport finds the batch job of a request for an export. With plain=true cells
// come as they are, for programs.
func (s *server) newExport(r *http.Request) (*export, error) {
	q, err := newQuery(r)
	if err != nil {
		return nil, err
	}
	e := &export{server: s}
	switch text := q.values.Get("plain"); text {
	case "", "false":
	case "true":
		e.plain = true
	default:
		q.refuse("plain", "plain must be true or false, not %s.", calling.Quote(text))
	}
	switch text := q.values.Get("include"); text {
	case "":
	case "duplicates":
		e.all = true
	default:
		q.refuse("include", "include must be duplicates, not %s.", calling.Quote(text))
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	e.job, err = s.findJob(r.Context(), r.PathValue("id"))
	return e, err
}

// send sends the header at once and then the rows. An export that breaks off has
// begun as an answer of 200, so its connection is cut, lest half of it pass for all.
func (e *export) send(r *http.Request, a *csvAnswer, rows func(context.Context) error) {
	err := a.sent()
	if err == nil {
		err = rows(r.Context())
	}
	if err == nil {
		err = a.sent()
	}
	if err == nil {
		return
	}
	level := slog.LevelError
	if r.Context().Err() != nil { // nobody waits for it any more
		level = slog.LevelInfo
	}
	e.server.Log.LogAttrs(r.Context(), level, "an export broke off",
		slog.Any("error", err), slog.String("request_id", edge.RequestID(r.Context())))
	panic(http.ErrAbortHandler)
}

// contacts hands out the contacts page by page, with the fields named or else all.
func (e *export) contacts(ctx context.Context, take func([]*ent.Contact) error, fields ...string) error {
	for last := 0; ; {
		find := e.server.Store.Read().Contact.Query().
			Where(contact.BatchJobID(e.job.ID), contact.RowGT(last)).Order(ent.Asc(contact.FieldRow)).Limit(exportPage)
		if len(fields) > 0 {
			find.Select(fields...)
		}
		rows, err := find.All(ctx)
		if err != nil {
			return fmt.Errorf("read contacts: %w", err)
		}
		if len(rows) > 0 {
			if err := take(rows); err != nil {
				return err
			}
			last = rows[len(rows)-1].Row
		}
		if len(rows) < exportPage {
			return nil
		}
	}
}

// rejectedRows hands out the rejected rows one by one, and says when a page is
// over.
func (e *export) rejectedRows(ctx context.Context, take func(*ent.RejectedRow) error, page func() error) error {
	for last := 0; ; {
		find := e.server.Store.Read().RejectedRow.Query().
			Where(rejectedrow.BatchJobID(e.job.ID), rejectedrow.RowGT(last)).Order(ent.Asc(rejectedrow.FieldRow)).Limit(exportPage)
		if !e.all {
			find.Where(rejectedrow.CodeNEQ(calling.RejectedDuplicate))
		}
		rows, err := find.All(ctx)
		if err != nil {
			return fmt.Errorf("read rejected rows: %w", err)
		}
		for _, row := range rows {
			if err := take(row); err != nil {
				return err
			}
			last = row.Row
		}
		if err := page(); err != nil || len(rows) < exportPage {
			return err
		}
	}
}

// sendContacts sends a page of contacts.
func (e *export) sendContacts(ctx context.Context, a *csvAnswer, columns *fieldColumns, rows []*ent.Contact) error {
	attempts, err := e.attempts(ctx, rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		a.own(strconv.Itoa(row.Row))
		a.phone(string(row.Phone))
		a.cell(row.Name)
		if err := columns.cells(a, row.CustomFields); err != nil {
			return err
		}
		e.sendOutcome(a, row, attempts[row.ID])
		a.end()
	}
	return a.sent()
}

// sendOutcome adds how a contact stands, as GET /batch/jobs/{id} tells it.
func (e *export) sendOutcome(a *csvAnswer, row *ent.Contact, attempts []*ent.Attempt) {
	var newest *ent.Attempt
	talk, cost := 0, calling.Micros(0)
	for _, one := range attempts {
		talk, cost = talk+one.TalkSeconds, cost+calling.Micros(one.CostMicros)
		if one.Number == row.LastAttempt {
			newest = one
		}
	}
	shown := newContactAnswer(row, newest, e.job.MaxAttempts)
	a.own(shown.Status)
	if row.LastOutcome != nil {
		a.own(outcomeWord(*row.LastOutcome))
	} else {
		a.own("")
	}
	a.own(strconv.Itoa(shown.AttemptCount))
	if newest == nil {
		newest = &ent.Attempt{}
	}
	for _, at := range []*time.Time{newest.StartedAt, newest.AnsweredAt, newest.EndedAt} {
		if at == nil {
			a.own("")
			continue
		}
		a.own(at.UTC().Format(time.RFC3339))
	}
	a.own(strconv.Itoa(talk))
	a.own(strconv.FormatFloat(float64(cost)/float64(calling.USD), 'f', -1, 64))
	if shown.FailureReason != nil {
		a.cell(*shown.FailureReason)
	} else {
		a.own("")
	}
}

// attempts returns every attempt of some contacts.
func (e *export) attempts(ctx context.Context, rows []*ent.Contact) (map[uuid.UUID][]*ent.Attempt, error) {
	var ids []uuid.UUID
	for _, row := range rows {
		if row.LastAttempt > 0 {
			ids = append(ids, row.ID)
		}
	}
	found := map[uuid.UUID][]*ent.Attempt{}
	if len(ids) == 0 {
		return found, nil
	}
	attempts, err := e.server.Store.Read().Attempt.Query().Where(attempt.ContactIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	for _, one := range attempts {
		found[one.ContactID] = append(found[one.ContactID], one)
	}
	return found, nil
}
