package graph

import (
	"context"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/graph/model"
)

// estimateBatchJob says what createBatchJob would do, and all that is wrong with
// the request beside it.
func (r *Resolver) estimateBatchJob(ctx context.Context, input model.CreateBatchJobInput) (*model.EstimateBatchJobPayload, error) {
	found, err := r.Dialer.Estimate(ctx, requestOf(input))
	if err != nil {
		wrong, err := userErrors(err, input)
		return &model.EstimateBatchJobPayload{UserErrors: wrong}, err
	}
	payload := &model.EstimateBatchJobPayload{
		TotalContacts: found.Total, RejectedContacts: found.Rejected,
		DuplicateContacts: found.Duplicates, BlankRows: found.Blank, StartsAt: optional(found.StartAt),
		Rejections: pointers(found.Rejections), RejectionCounts: rejectionCounts(found.ByReason),
		Columns: uploadColumns(found), Warnings: pointers(found.Warnings),
	}
	for _, v := range found.Variables {
		payload.Variables = append(payload.Variables, &model.TemplateVariable{
			Name: v.Name, Present: v.Missing < found.Total, MissingCount: v.Missing,
		})
	}
	if found.Priced {
		payload.Estimate = &found.Estimate
		payload.Credits = &model.EstimatedCredits{
			AvailableMicros: found.Credits.Available, RemainingMicros: found.Credits.Remaining, MissingMicros: found.Credits.Missing,
			WorstCaseMissingMicros: found.Credits.WorstCaseMissing, AffordableContacts: found.Credits.Affordable,
		}
	}
	for _, known := range found.Wrong {
		wrong, err := userErrors(known, input)
		if err != nil {
			return nil, err
		}
		payload.UserErrors = append(payload.UserErrors, wrong...)
	}
	return payload, nil
}

// uploadColumns says what the columns of an upload are used as.
func uploadColumns(found *dialer.Estimated) []*model.UploadColumn {
	named := map[string]bool{}
	for _, v := range found.Variables {
		named[v.Name] = true
	}
	columns := make([]*model.UploadColumn, len(found.Columns))
	for i, c := range found.Columns {
		use := choose(named[c.Name], model.ColumnUseVariable, model.ColumnUseCustomField)
		switch c.Use {
		case contacts.PhoneColumn:
			use = model.ColumnUsePhone
		case contacts.NameColumn:
			use = model.ColumnUseName
		case contacts.FieldColumn:
		}
		columns[i] = &model.UploadColumn{Name: c.Name, Use: use, Samples: c.Samples, EmptyCount: c.Empty}
	}
	return columns
}

// durationSecondsAt says how long a batch job takes with another limit, the
// organization's included.
func (r *Resolver) durationSecondsAt(ctx context.Context, e *calling.Estimate, limit int) (int, error) {
	if limit < 1 || limit > calling.MaxConcurrentCalls {
		return 0, calling.Errorf(calling.CodeInvalidRequest,
			"concurrentCallLimit must be between 1 and %d; it is %d.", calling.MaxConcurrentCalls, limit)
	}
	org, err := r.findOrganization(ctx)
	if err != nil {
		return 0, err
	}
	return int(calling.EstimateBatch(e.Contacts, 1, limit, org.ConcurrentCallLimit, 0).Duration.Seconds()), nil
}
