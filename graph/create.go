package graph

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/graph/model"
)

// createBatchJob creates a batch job, or says what is wrong with the request.
func (r *Resolver) createBatchJob(ctx context.Context, input model.CreateBatchJobInput) (*model.CreateBatchJobPayload, error) {
	created, err := r.Dialer.Create(ctx, requestOf(input))
	if err != nil {
		wrong, err := userErrors(err, input)
		return &model.CreateBatchJobPayload{UserErrors: wrong}, err
	}
	payload := &model.CreateBatchJobPayload{
		Estimate: &created.Estimate, TotalContacts: created.Total, RejectedContacts: created.Rejected,
		DuplicateContacts: created.Duplicates, BlankRows: created.Blank,
		Rejections: pointers(created.Rejections), Warnings: pointers(created.Warnings), Replayed: created.Replayed,
	}
	if !graphql.FieldRequested(ctx, "batchJob") {
		return payload, nil
	}
	// What was created stays created: that it cannot be shown is an error beside
	// the rest of the payload.
	if payload.BatchJob, err = r.findBatchJob(ctx, created.BatchJobID, "batchJob."); err != nil {
		graphql.AddError(ctx, err)
	}
	return payload, nil
}

// requestOf reads an input into what the dialer is asked for.
func requestOf(input model.CreateBatchJobInput) dialer.CreateRequest {
	request := dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{
			FromPhoneNumberID: input.FromPhoneNumberID, Name: input.Name, Description: input.Description,
			ConcurrentCallLimit: input.ConcurrentCallLimit, MaxAttempts: input.MaxAttempts,
			ScheduledStartTime: input.ScheduledStartTime, Timezone: input.Timezone, CallWindow: input.CallWindow,
		},
		RejectInvalidRows: input.InvalidRows != nil && *input.InvalidRows == model.InvalidRowsReject,
	}
	request.Upload, request.UploadErr = readContactsSource(input.Contacts)
	if input.IdempotencyKey != nil {
		request.IdempotencyKey = *input.IdempotencyKey
		request.FieldProblems = calling.CheckIdempotencyKey(request.IdempotencyKey)
	}
	return request
}

func readContactsSource(source *model.ContactsSource) (*contacts.Upload, error) {
	if source.File != nil {
		return contacts.ReadCSV(source.File.File) //nolint:wrapcheck // is a *calling.Error: files are in memory
	}
	return contacts.ReadList(func(yield func(contacts.Item) bool) { //nolint:wrapcheck // is a *calling.Error
		for _, item := range source.List {
			if !yield(*item) {
				return
			}
		}
	})
}

// userErrors returns what the person who sent the input can mend, all of it;
// or err when it is nothing to be mended.
func userErrors(err error, input model.CreateBatchJobInput) ([]*model.UserError, error) {
	known := mendable(err)
	if known == nil {
		return nil, err
	}
	if len(known.Problems) == 0 {
		return []*model.UserError{{Code: known.Code, Message: known.Detail, Path: inputPath(blamed(known.Code), input)}}, nil
	}
	wrong := make([]*model.UserError, len(known.Problems))
	for i, p := range known.Problems {
		field := p.Field
		if p.Row > 0 && !strings.HasPrefix(field, "contacts") {
			field = "contacts" // a cell of the file, which has no path of its own
		}
		wrong[i] = &model.UserError{Code: p.Code, Message: p.Detail, Path: inputPath(field, input), Row: optional(p.Row)}
	}
	return wrong, nil
}

// blamed returns the field that an error without problems is about; empty when
// none is to blame.
func blamed(code calling.Code) string {
	switch code {
	case calling.CodeNotFound, calling.CodeNoOutboundAgent, calling.CodeAgentNotVoiceCapable:
		return "fromPhoneNumberId"
	case calling.CodeInvalidCSV, calling.CodeMissingPhoneColumn, calling.CodeNoValidContacts, calling.CodeTooManyContacts,
		calling.CodeInvalidPhoneFormat, calling.CodeFileTooLarge:
		return "contacts"
	case calling.CodeConflict:
		return "idempotencyKey"
	case calling.CodeInvalidTimezone:
		return "timezone"
	case calling.CodePastScheduledTime:
		return "scheduledStartTime"
	case calling.CodeInsufficientCredits, calling.CodeInvalidRequest, calling.CodeActionNotAllowed,
		calling.CodeUnauthenticated, calling.CodeForbidden, calling.CodeMethodNotAllowed, calling.CodeUnsupportedMediaType,
		calling.CodeRateLimited, calling.CodeInternal, calling.CodeUnavailable:
	}
	return ""
}

// inputPath turns a field such as "contacts[3].phone" into the path of the input
// that it came by: input, contacts, list, 3, phone.
func inputPath(field string, input model.CreateBatchJobInput) []string {
	if field == "" {
		return nil
	}
	path := []string{"input"}
	for step := range strings.SplitSeq(field, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		path = append(path, name)
		if _, err := strconv.Atoi(index); indexed && err == nil {
			path = append(path, index)
		}
	}
	if path[1] != "contacts" {
		return path
	}
	return slices.Insert(path, 2, choose(input.Contacts.File != nil, "file", "list"))
}
