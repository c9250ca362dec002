package graph

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/predicate"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/store"
)

// pageContacts reads a page of a batch job's contacts, in the order of the
// upload.
func (r *Resolver) pageContacts(
	ctx context.Context, job *ent.BatchJob, a arguments, filter *model.ContactFilter,
) (*model.ContactConnection, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	which, err := contactPredicates(filter)
	if err != nil {
		return nil, err
	}
	all := func() *ent.ContactQuery {
		return rows.Contact.Query().Where(contact.BatchJobID(job.ID)).Where(which...)
	}
	p := byRow(calling.ContactPrefix, func(row *ent.Contact) int { return row.Row })
	p.count = func(ctx context.Context) (int, error) { return all().Count(ctx) }
	p.fetch = func(ctx context.Context, s span[int]) ([]*ent.Contact, error) {
		query := withAttempts(ctx, all(), "nodes.", "edges.node.") // their batch job is known
		if s.after != nil {
			query.Where(contact.RowGT(*s.after))
		}
		if s.before != nil {
			query.Where(contact.RowLT(*s.before))
		}
		found, err := query.Order(choose(s.backward, ent.Desc, ent.Asc)(contact.FieldRow)).Limit(s.limit).All(ctx)
		for _, c := range found {
			c.Edges.BatchJob = job
			introduce(c)
		}
		return found, err //nolint:wrapcheck // page says what was read
	}
	return p.page(ctx, a)
}

// contactPredicates says what a filter lets through.
func contactPredicates(filter *model.ContactFilter) ([]predicate.Contact, error) {
	var which []predicate.Contact
	if filter == nil {
		return which, nil
	}
	if len(filter.Statuses) > 0 {
		which = append(which, contact.StatusIn(filter.Statuses...))
	}
	if len(filter.Outcomes) > 0 {
		which = append(which, contact.LastOutcomeIn(filter.Outcomes...))
	}
	if filter.Retrying != nil {
		retrying := contact.And(contact.StatusEQ(calling.ContactPending), contact.LastAttemptGT(0))
		which = append(which, choose(*filter.Retrying, retrying, contact.Not(retrying)))
	}
	text, err := searched(filter.Search)
	if err != nil || text == "" {
		return which, err
	}
	found := []predicate.Contact{store.Holds(contact.FieldName, text)}
	if digits := numberDigits(text); digits != "" {
		found = append(found, contact.PhoneContains(calling.Number(digits)))
	}
	return append(which, contact.Or(found...)), nil
}

// maxSearch is how many characters a search has at most.
const maxSearch = 200

// searched returns the text of a filter's search without outer white space;
// empty when nothing is searched for.
func searched(search *string) (string, error) {
	if search == nil {
		return "", nil
	}
	if !utf8.ValidString(*search) || utf8.RuneCountInString(*search) > maxSearch || strings.ContainsRune(*search, 0) {
		return "", calling.Errorf(calling.CodeInvalidRequest,
			"filter.search must be text of at most %d characters without NUL characters.", maxSearch)
	}
	return strings.TrimSpace(*search), nil
}

// numberDigits returns the digits of a text that is written as a number, or a
// part of one, may be; empty for other texts. Zeros before it, which only some
// countries dial, are left out.
func numberDigits(text string) string {
	digits := strings.Map(func(r rune) rune { return choose(strings.ContainsRune(" +-./()", r), -1, r) }, text)
	if strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	const enough = 3
	if significant := strings.TrimLeft(digits, "0"); len(significant) >= enough {
		return significant
	}
	return digits
}

// withAttempts has the attempts of all contacts read together, when they are
// selected below one of the paths.
func withAttempts(ctx context.Context, query *ent.ContactQuery, paths ...string) *ent.ContactQuery {
	if selected(ctx, paths, "attempts") {
		query.WithAttempts(func(attempts *ent.AttemptQuery) { attempts.Order(ent.Asc(attempt.FieldNumber)) })
	}
	return query
}

// withBatchJob has the batch jobs of all contacts read together, when they are
// selected below one of the paths.
func withBatchJob(ctx context.Context, query *ent.ContactQuery, paths ...string) *ent.ContactQuery {
	if selected(ctx, paths, "batchJob") {
		query.WithBatchJob(func(jobs *ent.BatchJobQuery) { withRelated(ctx, jobs, below(paths, "batchJob")...) })
	}
	return query
}

// below returns the paths of what is selected of a field below each path.
func below(paths []string, field string) []string {
	deeper := make([]string, len(paths))
	for i, path := range paths {
		deeper[i] = path + field + "."
	}
	return deeper
}

// introduce tells the attempts that were read with a contact, if it was read, who
// it is.
func introduce(c *ent.Contact) {
	if c == nil {
		return
	}
	for _, a := range c.Edges.Attempts {
		a.Edges.Contact = c
	}
}

// contactOf returns who an attempt dials.
func (r *Resolver) contactOf(ctx context.Context, a *ent.Attempt) (*ent.Contact, error) {
	if a.Edges.Contact != nil {
		return a.Edges.Contact, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	return once(answerOf(ctx), "contact "+a.ContactID.String(), func() (*ent.Contact, error) {
		row, err := rows.Contact.Query().Where(contact.ID(a.ContactID)).Only(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the contact: %w", err)
		}
		return row, nil
	})
}

// batchJobOfContact returns the batch job a contact belongs to.
func (r *Resolver) batchJobOfContact(ctx context.Context, c *ent.Contact) (*ent.BatchJob, error) {
	if c.Edges.BatchJob != nil {
		return c.Edges.BatchJob, nil
	}
	return once(answerOf(ctx), "batch job "+c.BatchJobID, func() (*ent.BatchJob, error) {
		row, err := r.findBatchJob(ctx, c.BatchJobID, "")
		if err == nil && row == nil {
			err = fmt.Errorf("the batch job of contact %s is not there", c.ID)
		}
		return row, err
	})
}

// promptOfContact returns the prompt as a contact's call has it.
func (r *Resolver) promptOfContact(ctx context.Context, c *ent.Contact) (*model.RenderedPrompt, error) {
	prompt, err := r.promptOf(ctx, &ent.BatchJob{ID: c.BatchJobID})
	if err != nil {
		return nil, err
	}
	text, missing, err := dialer.RenderPrompt(prompt, c)
	if err != nil {
		return nil, fmt.Errorf("render the prompt: %w", err)
	}
	return &model.RenderedPrompt{Text: text, Missing: append([]string{}, missing...)}, nil
}

// attemptsOf returns a contact's attempts, first to last.
func (r *Resolver) attemptsOf(ctx context.Context, c *ent.Contact) ([]*ent.Attempt, error) {
	if loaded, err := c.Edges.AttemptsOrErr(); err == nil {
		return loaded, nil
	}
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	attempts, err := rows.Attempt.Query().Where(attempt.ContactID(c.ID)).Order(ent.Asc(attempt.FieldNumber)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the attempts: %w", err)
	}
	for _, a := range attempts {
		a.Edges.Contact = c
	}
	return attempts, nil
}

// dueAt returns when a contact is due; nil unless it is PENDING.
func dueAt(c *ent.Contact) *time.Time {
	if c.Status != calling.ContactPending {
		return nil
	}
	return &c.NextAttemptAt
}
