package dialer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// maxReported is how many rejected rows an answer names; all of them are stored.
const maxReported = 100

// CreateRequest is what a door read from a request.
type CreateRequest struct {
	calling.BatchRequest

	Upload            *contacts.Upload  // nil only with UploadErr; with it, what could be read all the same
	UploadErr         error             // why the contacts could not be read; reported with the other fields
	RejectInvalidRows bool              // any rejected row refuses the whole request
	IdempotencyKey    string            // empty = none
	FieldProblems     []calling.Problem // what the door itself found wrong with fields
}

// Created is the answer to a create or an estimate.
type Created struct {
	BatchJobID string              `json:"batchJobId"` // empty for an estimate
	Name       string              `json:"name"`
	Status     calling.BatchStatus `json:"status"`
	StartAt    time.Time           `json:"startAt"` // zero = at once
	Total      int                 `json:"total"`
	Rejected   int                 `json:"rejected"`
	Duplicates int                 `json:"duplicates"`
	Blank      int                 `json:"blank"`
	Estimate   calling.Estimate    `json:"estimate"`
	Warnings   []calling.Warning   `json:"warnings"`
	Rejections []RejectedRow       `json:"rejections"` // the first 100, duplicates among them, by row
	Replayed   bool                `json:"-"`          // the answer of an earlier request with the same key
}

// RejectedRow is an uploaded row that did not become a contact.
type RejectedRow struct {
	Row        int                   `json:"row"`
	Phone      string                `json:"phone"`
	Code       calling.RejectionCode `json:"code"`
	Detail     string                `json:"detail"`
	Suggestion string                `json:"suggestion"` // empty = no guess
}

// prepared is a request that passed every check but the last one under the lock.
type prepared struct {
	calling.BatchPlan

	request CreateRequest
	upload  *contacts.Upload // the request's; an empty one when it could not be read
	viewer  auth.Viewer
	org     *ent.Organization
	number  *ent.PhoneNumber
	agent   *ent.Agent // nil when there is none who can speak
	limited bool       // the limits can be reckoned with
	answer  *Created
}

// estimable reports whether cost and duration can be told.
func (p *prepared) estimable() bool { return p.agent != nil && p.limited && len(p.upload.Contacts) > 0 }

// Create makes a batch job in the viewer's organization: batch job, contacts,
// rejected rows, the credit hold and the poke that starts it, all in one
// transaction or none of it. The checks come in the product page's order. Errors
// are *calling.Error unless they are defects.
func (d *Dialer) Create(ctx context.Context, request CreateRequest) (*Created, error) {
	viewer, err := may(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	hash := ""
	if fault.Planted("no-replay") {
		request.IdempotencyKey = ""
	}
	if request.IdempotencyKey != "" {
		hash = fingerprint(request)
		if answer, err := d.replay(ctx, request.IdempotencyKey, hash); answer != nil || err != nil {
			return answer, err
		}
	}
	answer, err := d.create(ctx, viewer, request, hash)
	if err == nil {
		return answer, nil
	}
	if request.IdempotencyKey != "" {
		// A twin with the same key may have been faster, and be what stood in the
		// way: its answer is ours.
		if answer, err := d.replay(ctx, request.IdempotencyKey, hash); answer != nil || err != nil {
			return answer, err
		}
	}
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return nil, known
	}
	return nil, fmt.Errorf("create batch job: %w", err)
}

func (d *Dialer) create(ctx context.Context, viewer auth.Viewer, request CreateRequest, hash string) (*Created, error) {
	p, err := d.prepare(ctx, viewer, request)
	if err != nil {
		return nil, err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return d.write(ctx, tx, p, hash) })
	if err != nil {
		return nil, err
	}
	fault.Point("C2")
	return p.answer, nil
}

// may returns the viewer when it has the scope.
func may(ctx context.Context, scope auth.Scope) (auth.Viewer, error) {
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return viewer, calling.Errorf(calling.CodeUnauthenticated, "Sign in with an API key.")
	}
	return viewer, viewer.Need(scope) //nolint:wrapcheck // is a *calling.Error already
}

// prepare runs every check that needs no lock, and returns the first that fails
// in the product page's order: parse, phone formats, phone number, agent, voice,
// duplicates, credits.
func (d *Dialer) prepare(ctx context.Context, viewer auth.Viewer, request CreateRequest) (*prepared, error) {
	p, wrong, err := d.survey(ctx, viewer, request)
	if err == nil && len(wrong) > 0 {
		err = wrong[0]
	}
	return p, err
}

// survey runs every check that needs no lock, and says all that is wrong in the
// product page's order. What is prepared is as much as can be said in spite of
// it.
func (d *Dialer) survey(ctx context.Context, viewer auth.Viewer, request CreateRequest) (*prepared, []*calling.Error, error) {
	plan, warnings, problems := request.Plan(d.now())
	problems = withDoor(request.FieldProblems, problems)
	p := &prepared{BatchPlan: plan, request: request, viewer: viewer}
	if p.upload = request.Upload; p.upload == nil {
		p.upload = &contacts.Upload{}
	}
	var wrong []*calling.Error
	check := func(err error) error {
		known, ok := errors.AsType[*calling.Error](err)
		if ok {
			wrong = append(wrong, known)
			return nil
		}
		return err
	}
	if err := check(withUpload(problems, request.UploadErr)); err != nil {
		return nil, nil, err
	}
	if request.RejectInvalidRows && request.UploadErr == nil {
		if err := check(p.upload.Reject()); err != nil {
			return nil, nil, err
		}
	}
	if !blamed(problems, "fromPhoneNumberId") {
		if err := check(d.findAgent(ctx, p)); err != nil {
			return nil, nil, err
		}
	}
	org, err := d.Store.Read().Organization.Query().Where(organization.ID(viewer.OrganizationID)).Only(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("load the organization: %w", err)
	}
	p.org, p.limited = org, !blamed(problems, "concurrentCallLimit", "maxAttempts")
	p.answer = d.answer(p, warnings)
	return p, wrong, check(affordable(org, p.answer.Estimate))
}

// blamed reports whether a problem is one of the fields'.
func blamed(problems []calling.Problem, fields ...string) bool {
	return slices.ContainsFunc(problems, func(p calling.Problem) bool { return slices.Contains(fields, p.Field) })
}

// withDoor puts what the door found first. A field that the door could not read
// looks like a missing one to the plan, whose word on it is left out.
func withDoor(door, plan []calling.Problem) []calling.Problem {
	all := slices.Clone(door)
	for _, p := range plan {
		if !slices.ContainsFunc(door, func(q calling.Problem) bool { return q.Field == p.Field }) {
			all = append(all, p)
		}
	}
	return all
}

// withUpload joins what is wrong with the fields and with the contacts.
func withUpload(problems []calling.Problem, uploadErr error) error {
	if uploadErr == nil {
		return calling.Problems(problems)
	}
	known, ok := errors.AsType[*calling.Error](uploadErr)
	if !ok || len(problems) == 0 {
		return uploadErr
	}
	problems = append(problems, calling.Problem{Field: "contacts", Code: known.Code, Detail: known.Detail})
	err := &calling.Error{Code: problems[0].Code, Detail: calling.Details(problems), Problems: problems}
	for _, p := range known.Problems {
		if p.Detail != known.Detail { // said already
			err.Problems = append(err.Problems, p)
		}
	}
	return err
}

// findAgent finds number and agent, which must be the viewer's and able to
// speak.
func (d *Dialer) findAgent(ctx context.Context, p *prepared) error {
	number, err := d.Store.Read().PhoneNumber.Query().Where(phonenumber.ID(p.FromPhoneNumberID)).WithOutboundAgent().Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return calling.Errorf(calling.CodeNotFound, "Phone number %s not found", p.FromPhoneNumberID)
	case err != nil:
		return fmt.Errorf("load the phone number: %w", err)
	case number.Edges.OutboundAgent == nil:
		return calling.Errorf(calling.CodeNoOutboundAgent,
			"Phone number %s has no outbound agent assigned. Assign a pipeline or realtime agent to it.", number.ID)
	case !number.Edges.OutboundAgent.Architecture.Speaks():
		return calling.Errorf(calling.CodeAgentNotVoiceCapable,
			"Agent %s is a text agent and cannot make voice calls. Assign a pipeline or realtime agent to the phone number.",
			calling.Quote(number.Edges.OutboundAgent.Name))
	}
	p.number, p.agent = number, number.Edges.OutboundAgent
	return nil
}

func (d *Dialer) answer(p *prepared, warnings []calling.Warning) *Created {
	upload := p.upload
	answer := &Created{
		Name: p.Name, Status: calling.BatchPending, StartAt: p.StartAt,
		Total: len(upload.Contacts), Rejected: len(upload.Rejections), Duplicates: len(upload.Duplicates), Blank: upload.Blank,
		Warnings:   warnings,
		Rejections: slices.Collect(first(rejectedRows(upload), maxReported)),
	}
	if !p.StartAt.IsZero() {
		answer.Status = calling.BatchScheduled
	}
	if p.limited {
		answer.Warnings = append(answer.Warnings, limitWarnings(p.ConcurrentCallLimit, p.org.ConcurrentCallLimit)...)
	}
	if !p.estimable() {
		return answer
	}
	answer.Estimate = calling.EstimateBatch(len(upload.Contacts), p.MaxAttempts, p.ConcurrentCallLimit,
		p.org.ConcurrentCallLimit, d.Rates.PerCall(p.agent.Architecture))
	if missing := missingVariables(p.agent.SystemPrompt, upload); len(missing) > 0 {
		answer.Warnings = append(answer.Warnings, calling.Warning{Code: calling.WarnMissingVariable, Detail: fmt.Sprintf(
			"The agent's prompt uses %s, which no contact has. The agent will see the placeholder as it is written.",
			strings.Join(missing, ", "))})
	}
	return answer
}

// limitWarnings tells of a limit that the organization's is below.
func limitWarnings(limit, organizationLimit int) []calling.Warning {
	if limit <= organizationLimit {
		return nil
	}
	return []calling.Warning{{Code: calling.WarnLimitLowered, Detail: fmt.Sprintf(
		"concurrentCallLimit is %d, but the organization may have %s at once; that limit decides.",
		limit, calling.Plural(organizationLimit, "call"))}}
}

func missingVariables(prompt string, upload *contacts.Upload) []string {
	var missing []string
	for _, name := range calling.PromptVariables(prompt) {
		if name != "name" && name != "phone" && !slices.Contains(upload.Columns, name) {
			missing = append(missing, "{{"+name+"}}")
		}
	}
	return missing
}

func affordable(org *ent.Organization, estimate calling.Estimate) error {
	if available := max(0, org.BalanceMicros-org.HeldMicros); available < estimate.CostMicros && !fault.Planted("no-credit-check") {
		return calling.Errorf(calling.CodeInsufficientCredits,
			"Insufficient credits: %s for %s, but only %s are available. Add credits or call fewer contacts.",
			calling.FormatUSD(estimate.CostMicros), calling.Plural(estimate.Contacts, "contact"), calling.FormatUSD(available))
	}
	return nil
}

// rejectedRows yields rejected and repeated rows in the order of the upload.
func rejectedRows(upload *contacts.Upload) iter.Seq[RejectedRow] {
	return func(yield func(RejectedRow) bool) {
		rejections, duplicates := upload.Rejections, upload.Duplicates
		for len(rejections)+len(duplicates) > 0 {
			var row RejectedRow
			if len(duplicates) == 0 || (len(rejections) > 0 && rejections[0].Row < duplicates[0].Row) {
				r := rejections[0]
				rejections = rejections[1:]
				row = RejectedRow{r.Row, r.Phone, r.Code, r.Detail, r.Suggestion}
			} else {
				r := duplicates[0]
				duplicates = duplicates[1:]
				row = RejectedRow{
					r.Row, string(r.Phone), calling.RejectedDuplicate,
					fmt.Sprintf("The number is already in row %d; it is called once.", r.FirstRow), "",
				}
			}
			if !yield(row) {
				return
			}
		}
	}
}

func first[T any](seq iter.Seq[T], n int) iter.Seq[T] {
	return func(yield func(T) bool) {
		left := n
		for v := range seq {
			if left == 0 || !yield(v) {
				return
			}
			left--
		}
	}
}
