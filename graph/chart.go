package graph

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/rejectedrow"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/store"
)

// countRejections counts the rows that did not become contacts, by reason.
func (r *Resolver) countRejections(ctx context.Context, job *ent.BatchJob) ([]*model.RejectionCount, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	var found []struct {
		Code  calling.RejectionCode
		Count int
	}
	err = rows.RejectedRow.Query().Where(rejectedrow.BatchJobID(job.ID)).
		GroupBy(rejectedrow.FieldCode).Aggregate(ent.Count()).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("count the rejected rows: %w", err)
	}
	counts := map[calling.RejectionCode]int{}
	for _, f := range found {
		counts[f.Code] = f.Count
	}
	return rejectionCounts(counts), nil
}

// rejectionCounts lists the reasons somebody had, in the order of the table.
func rejectionCounts(counts map[calling.RejectionCode]int) []*model.RejectionCount {
	all := []*model.RejectionCount{}
	for _, value := range calling.RejectionCode("").Values() {
		if n := counts[calling.RejectionCode(value)]; n > 0 {
			all = append(all, &model.RejectionCount{Code: calling.RejectionCode(value), Count: n})
		}
	}
	return all
}

// variablesOf counts the contacts of a batch job that lack a value for the names
// in its prompt.
func (r *Resolver) variablesOf(ctx context.Context, job *ent.BatchJob) ([]*model.TemplateVariable, error) {
	prompt, err := r.promptOf(ctx, job)
	if err != nil {
		return nil, err
	}
	names := calling.PromptVariables(prompt)
	have := map[string]int{"phone": job.TotalContacts}
	custom := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "phone" || name == "name" })
	for some := range slices.Chunk(custom, store.MaxFields) {
		if err := r.countFields(ctx, job, some, have); err != nil {
			return nil, err
		}
	}
	if slices.Contains(names, "name") {
		rows, err := r.rows(ctx)
		if err != nil {
			return nil, err
		}
		if have["name"], err = rows.Contact.Query().Where(contact.BatchJobID(job.ID), contact.NameNEQ("")).Count(ctx); err != nil {
			return nil, fmt.Errorf("count the names: %w", err)
		}
	}
	all := make([]*model.TemplateVariable, len(names))
	for i, name := range names {
		all[i] = &model.TemplateVariable{Name: name, Present: have[name] > 0, MissingCount: job.TotalContacts - have[name]}
	}
	return all, nil
}

// countFields counts the contacts that have a value in each custom field.
func (r *Resolver) countFields(ctx context.Context, job *ent.BatchJob, fields []string, have map[string]int) error {
	rows, err := r.rows(ctx)
	if err != nil {
		return err
	}
	found, err := rows.Contact.Query().Where(contact.BatchJobID(job.ID)).
		Modify(func(s *sql.Selector) { store.FieldCounts(s, contact.FieldCustomFields, fields) }).String(ctx)
	if err != nil {
		return fmt.Errorf("count the values of custom fields: %w", err)
	}
	for i, count := range strings.Split(found, ",") {
		if have[fields[i]], err = strconv.Atoi(count); err != nil {
			return fmt.Errorf("count the values of custom fields: %w", err)
		}
	}
	return nil
}

// The bounds of a chart's spans.
const (
	minSpan   = 60
	maxSpan   = 86_400
	fewSpans  = 100   // when the server chooses
	mostSpans = 2_000 // when the client does
)

// outcomesOverTime counts how attempts ended, by spans of time.
func (r *Resolver) outcomesOverTime(ctx context.Context, job *ent.BatchJob, seconds *int) (*model.OutcomesOverTime, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	if seconds != nil && (*seconds < minSpan || *seconds > maxSpan) {
		return nil, calling.Errorf(calling.CodeInvalidRequest, "bucketSeconds must be between %d and %d; it is %d.", minSpan, maxSpan, *seconds)
	}
	ended := func() *ent.AttemptQuery {
		return rows.Attempt.Query().Where(
			attempt.BatchJobID(job.ID), attempt.StatusEQ(calling.AttemptEnded), attempt.Dialed(true), attempt.EndedAtNotNil())
	}
	var ends []struct{ First, Last *int64 }
	err = ended().Modify(func(s *sql.Selector) {
		at := store.Span(s, attempt.FieldEndedAt, 1)
		s.Select().AppendSelectExprAs(sql.Expr("min("+at+")"), "first").AppendSelectExprAs(sql.Expr("max("+at+")"), "last")
	}).Scan(ctx, &ends)
	if err != nil {
		return nil, fmt.Errorf("find when attempts ended: %w", err)
	}
	chart := &model.OutcomesOverTime{BucketSeconds: choose(seconds == nil, minSpan, deref(seconds)), Buckets: []*model.OutcomeBucket{}}
	if len(ends) == 0 || ends[0].First == nil {
		return chart, nil
	}
	if chart.BucketSeconds, err = spanOf(seconds, *ends[0].First, *ends[0].Last); err != nil {
		return nil, err
	}
	var found []spanCount
	err = ended().Modify(groupBySpan(attempt.FieldEndedAt, chart.BucketSeconds)).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("count how attempts ended: %w", err)
	}
	chart.Buckets = buckets(found)
	return chart, nil
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// spanCount is how many attempts within a span had an outcome.
type spanCount struct {
	Since   int64 // seconds since 1970
	Outcome calling.Outcome
	Count   int
}

// groupBySpan has attempts counted by the span that an instant of theirs lies in,
// and by outcome.
func groupBySpan(column string, seconds int) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Select().AppendSelectExprAs(sql.Expr(store.Span(s, column, seconds)), "since").
			AppendSelect(s.C(attempt.FieldOutcome)).AppendSelectExprAs(sql.Expr("count(*)"), "count").
			GroupBy("since", s.C(attempt.FieldOutcome))
	}
}

// spanOf returns how long the spans are between two moments: as asked for, else
// the shortest of round ones that makes few of them.
func spanOf(asked *int, first, last int64) (int, error) {
	spans := func(seconds int) int64 { return last/int64(seconds) - first/int64(seconds) + 1 }
	if asked != nil {
		if spans(*asked) > mostSpans {
			return 0, calling.Errorf(calling.CodeInvalidRequest,
				"bucketSeconds %d would make more than %d spans of the time in which attempts ended; give more, or none.", *asked, mostSpans)
		}
		return *asked, nil
	}
	seconds := minSpan
	for _, round := range []int{120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, maxSpan} {
		if spans(seconds) <= fewSpans {
			return seconds, nil
		}
		seconds = round
	}
	for spans(seconds) > fewSpans {
		seconds += maxSpan
	}
	return seconds, nil
}

// buckets puts counts into the order of time and of the table of outcomes.
func buckets(found []spanCount) []*model.OutcomeBucket {
	bySpan := map[int64]map[calling.Outcome]int{}
	for _, f := range found {
		if bySpan[f.Since] == nil {
			bySpan[f.Since] = map[calling.Outcome]int{}
		}
		bySpan[f.Since][f.Outcome] += f.Count
	}
	all := make([]*model.OutcomeBucket, 0, len(bySpan))
	for since, outcomes := range bySpan {
		all = append(all, &model.OutcomeBucket{
			StartsAt: time.Unix(since, 0).UTC(), Outcomes: outcomesOf(&calling.Progress{Outcomes: outcomes}),
		})
	}
	slices.SortFunc(all, func(a, b *model.OutcomeBucket) int { return a.StartsAt.Compare(b.StartsAt) })
	return all
}

// quarterHour is the longest span that begins and ends with an hour's quarter in
// every time zone, their offsets being multiples of it.
const quarterHour = 900

// answerRates counts what rang and what was answered, by local weekday and hour.
// The database counts by quarters of an hour, because it may know no time zones.
func (r *Resolver) answerRates(ctx context.Context, job *ent.BatchJob, timezone *string) ([]*model.AnswerRate, error) {
	rows, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	name := job.Timezone
	if job.CallWindow != nil && job.CallWindow.Timezone != "" {
		name = job.CallWindow.Timezone
	}
	if timezone != nil {
		name = *timezone
	}
	zone, wrong := calling.LoadZone(name)
	if wrong != nil {
		return nil, wrong
	}
	var rang []calling.Outcome
	for _, rule := range calling.Outcomes() {
		if rule.Outcome.Rang() {
			rang = append(rang, rule.Outcome)
		}
	}
	var found []spanCount
	err = rows.Attempt.Query().Where(
		attempt.BatchJobID(job.ID), attempt.OutcomeIn(rang...), attempt.Dialed(true), attempt.StartedAtNotNil(),
	).Modify(groupBySpan(attempt.FieldStartedAt, quarterHour)).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("count who answered: %w", err)
	}
	return ratesIn(zone, found), nil
}

// ratesIn folds counts into the hours of a local week, Monday first.
func ratesIn(zone *time.Location, found []spanCount) []*model.AnswerRate {
	const week = 7 * 24
	var hours [week]model.AnswerRate
	for _, f := range found {
		local := time.Unix(f.Since, 0).In(zone)
		day := (int(local.Weekday()) + 6) % 7 // from Monday
		h := &hours[day*24+local.Hour()]
		h.Dialed += f.Count
		if f.Outcome.Answered() {
			h.Answered += f.Count
		}
	}
	rates := []*model.AnswerRate{}
	for i := range hours {
		if hours[i].Dialed > 0 {
			hours[i].Weekday = calling.Weekday(strings.ToUpper(time.Weekday((i/24 + 1) % 7).String()))
			hours[i].Hour = i % 24
			rates = append(rates, &hours[i])
		}
	}
	return rates
}
