package rest

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
)

// jobs is GET /batch/jobs: the organization's batch jobs, newest first.
func (s *server) jobs(w http.ResponseWriter, r *http.Request) error {
	q, err := newQuery(r)
	if err != nil {
		return err
	}
	page, size := q.number("page", 1, lastPage), q.number("pageSize", usualPage, largestPage)
	find := s.Store.Read().BatchJob.Query()
	if word := q.values.Get("status"); word != "" {
		statuses := statusesOf(word)
		if len(statuses) == 0 {
			q.refuse("status", "status must be one of pending, scheduled, running, paused, cancelling, completed, failed and cancelled, not %s.", calling.Quote(word))
		}
		find.Where(batchjob.StatusIn(statuses...))
	}
	if err := q.err(); err != nil {
		return err
	}
	total, err := find.Clone().Count(r.Context())
	if err != nil {
		return fmt.Errorf("count batch jobs: %w", err)
	}
	rows, err := find.Order(ent.Desc(batchjob.FieldID)).Offset((page - 1) * size).Limit(size).All(r.Context())
	if err != nil {
		return fmt.Errorf("read batch jobs: %w", err)
	}
	answer := jobsAnswer{BatchJobs: make([]jobAnswer, len(rows)), Total: total, Page: page, PageSize: size}
	for i, row := range rows {
		answer.BatchJobs[i] = newJobAnswer(row)
	}
	edge.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// job is GET /batch/jobs/{id}: one batch job with a page of its contacts, in the
// order of the upload.
func (s *server) job(w http.ResponseWriter, r *http.Request) error {
	q, err := newQuery(r)
	if err != nil {
		return err
	}
	page, size := q.number("contactsPage", 1, lastPage), q.number("contactsPageSize", usualContacts, mostContacts)
	word := q.values.Get("contactStatus")
	if _, known := withWord(word); word != "" && !known {
		q.refuse("contactStatus", "contactStatus must be one of %s, not %s.", strings.Join(contactWords(), ", "), calling.Quote(word))
	}
	if err := q.err(); err != nil {
		return err
	}
	row, err := s.findJob(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	answer := jobDetailAnswer{jobAnswer: newJobAnswer(row), ContactsPage: page, ContactsPageSize: size}
	if err := s.addProgress(r.Context(), &answer, row); err != nil {
		return err
	}
	if err := s.addContacts(r.Context(), &answer, row, word); err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, answer)
	return nil
}

// findJob returns a batch job of the viewer's organization.
func (s *server) findJob(ctx context.Context, id string) (*ent.BatchJob, error) {
	missing := calling.Errorf(calling.CodeNotFound, "Batch job %s not found", calling.Quote(id))
	if _, ok := calling.ParsePublicID(calling.BatchJobPrefix, id); !ok {
		return nil, missing // not even an id; databases refuse some of these texts
	}
	row, err := s.Store.Read().BatchJob.Query().Where(batchjob.ID(id)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("read the batch job: %w", err)
	}
	return row, nil
}

// addProgress adds how the contacts stand and when they are likely to be done.
func (s *server) addProgress(ctx context.Context, answer *jobDetailAnswer, row *ent.BatchJob) error {
	queued := 0
	if row.ContactsDialing > 0 {
		inQueue, _ := withWord(wordQueued)
		var err error
		queued, err = s.Store.Read().Contact.Query().Where(contact.BatchJobID(row.ID), inQueue).Count(ctx)
		if err != nil {
			return fmt.Errorf("count queued contacts: %w", err)
		}
	}
	answer.StatusBreakdown = breakdown(row, queued)
	found, err := s.Dialer.Progress(ctx, row.ID)
	if err != nil {
		return fmt.Errorf("read the progress: %w", err)
	}
	for _, p := range found {
		if _, latest, ok := p.Eta(); ok {
			answer.EstimatedCompletionTime = instant(latest)
		}
	}
	return nil
}

// addContacts adds a page of the contacts; an empty word means all of them.
func (s *server) addContacts(ctx context.Context, answer *jobDetailAnswer, row *ent.BatchJob, word string) error {
	find := s.Store.Read().Contact.Query().Where(contact.BatchJobID(row.ID))
	if where, ok := withWord(word); ok {
		find.Where(where)
	}
	var err error
	if answer.ContactsTotal, err = find.Clone().Count(ctx); err != nil {
		return fmt.Errorf("count contacts: %w", err)
	}
	contacts, err := find.Order(ent.Asc(contact.FieldRow)).
		Offset((answer.ContactsPage - 1) * answer.ContactsPageSize).Limit(answer.ContactsPageSize).All(ctx)
	if err != nil {
		return fmt.Errorf("read contacts: %w", err)
	}
	newest, err := s.newestAttempts(ctx, contacts)
	if err != nil {
		return err
	}
	answer.Contacts = make([]contactAnswer, len(contacts))
	for i, c := range contacts {
		answer.Contacts[i] = newContactAnswer(c, newest[c.ID], row.MaxAttempts)
	}
	return nil
}

// newestAttempts returns the last attempt of each contact that has one.
func (s *server) newestAttempts(ctx context.Context, contacts []*ent.Contact) (map[uuid.UUID]*ent.Attempt, error) {
	numbers := map[uuid.UUID]int{}
	var ids []uuid.UUID
	for _, c := range contacts {
		if c.LastAttempt > 0 {
			numbers[c.ID] = c.LastAttempt
			ids = append(ids, c.ID)
		}
	}
	newest := map[uuid.UUID]*ent.Attempt{}
	if len(ids) == 0 {
		return newest, nil
	}
	attempts, err := s.Store.Read().Attempt.Query().Where(attempt.ContactIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read attempts: %w", err)
	}
	for _, a := range attempts {
		if a.Number == numbers[a.ContactID] {
			newest[a.ContactID] = a
		}
	}
	return newest, nil
}
