package graph_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/creditentry"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// The size of the organization that reading is measured in: one million contacts,
// ten thousand of them in the first batch job, with one attempt each.
const (
	scaleJobs    = 1_000
	scaleLargest = 10_000
	scaleUsual   = 990_000 / (scaleJobs - 1)
	scaleChunk   = 20 // batch jobs that are loaded at once
)

// scaled is an organization of that size.
type scaled struct {
	*bundle
	largest string // the batch job with ten thousand contacts, the oldest
}

// BenchmarkReading reads what the dashboard reads on PostgreSQL, over HTTP, one
// request after the other: go test -run=^$ -bench=Reading -benchtime=200x ./graph
func BenchmarkReading(b *testing.B) {
	s := newScaled(b)
	job := func(fields string) string { return `{ batchJob(id: "` + s.largest + `") { ` + fields + ` } }` }
	organization := func(fields string) string { return `{ viewer { organization { ` + fields + ` } } }` }
	const row = `{ totalCount nodes { id name status createdAt phoneNumber { number } agent { name }
		progress { version total contacts { pending dialing completed failed cancelled } outcomes { outcome count } spentMicros waitingFor } } }`
	const person = `nodes { id row phone name status lastOutcome attemptCount nextAttemptAt attempts { number outcome startedAt talkSeconds } }`
	for _, q := range []struct{ name, query string }{
		{"list of 50 batch jobs", organization(`batchJobs(first: 50) ` + row)},
		{"list by name", organization(`batchJobs(first: 50, orderBy: {field: NAME, direction: ASC}) ` + row)},
		{"list by start", organization(`batchJobs(first: 50, orderBy: {field: STARTS_AT, direction: DESC}) ` + row)},
		{"list filtered by status", organization(`batchJobs(first: 50, filter: {statuses: [RUNNING, PAUSED]}) ` + row)},
		{"list searched", organization(`batchJobs(first: 50, filter: {search: "job 77"}) ` + row)},
		{"one batch job", job(`name status progress { version total outcomes { outcome count } } allowedActions { action allowed }
			phoneNumber { number } agent { name } contacts(first: 50) { ` + person + ` pageInfo { endCursor } }`)},
		{"contacts failed", job(`contacts(first: 50, filter: {statuses: [FAILED]}) { totalCount ` + person + ` }`)},
		{"contacts by rare outcome", job(`contacts(first: 50, filter: {outcomes: [BLOCKED]}) { totalCount ` + person + ` }`)},
		{"contacts searched by name", job(`contacts(first: 50, filter: {search: "person 9999"}) { totalCount ` + person + ` }`)},
		{"contacts searched by number", job(`contacts(first: 50, filter: {search: "+1 202 000 9999"}) { totalCount ` + person + ` }`)},
		{"outcomes over time", job(`outcomesOverTime { bucketSeconds buckets { startsAt outcomes { outcome count } } }`)},
		{"answer rates", job(`answerRates(timezone: "America/New_York") { weekday hour dialed answered }`)},
		{"variables", job(`variables { name present missingCount }`)},
		{"live calls", organization(`callsInFlight liveCalls(first: 50) { nodes { id startedAt contact { name batchJob { name } } } }`)},
		{"ledger", organization(`creditLedger(first: 50) { nodes { id kind balanceDeltaMicros } }`)},
		{"time zones", `{ timeZones { id label offsetMinutes aliases } }`},
		{"heaviest: pages of contacts", job(aliased(7, `contacts(first: 500) { nodes { id attempts { id outcome } } }`))},
		{"heaviest: searches", job(aliased(33, `contacts(first: 1, filter: {search: "nobody"}) { totalCount }`))},
		{"heaviest: charts", job(aliased(39, `outcomesOverTime { bucketSeconds }`))},
		{"heaviest: variables", job(aliased(39, `variables { missingCount }`))},
	} {
		b.Run(strings.ReplaceAll(q.name, " ", "-"), func(b *testing.B) { s.measure(b, q.query) })
	}
}

// aliased selects a field many times.
func aliased(n int, field string) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, "f%d: %s ", i, field)
	}
	return all.String()
}

// measure reports how long answers to a query take.
func (s *scaled) measure(b *testing.B, query string) {
	b.Helper()
	if r := s.post(b, query, nil); len(r.Errors) > 0 { // also warms up
		if r.Errors[0].code() == "INTERNAL_SERVER_ERROR" && strings.Contains(s.log.String(), "not implemented: ") {
			b.Skip("the field is not made yet")
		}
		b.Fatal(r.raw)
	}
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		s.post(b, query, nil)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

func newScaled(b *testing.B) *scaled {
	b.Helper()
	s := &scaled{bundle: setupOn(b, storetest.Postgres(b, nil))}
	template := s.create(b, "template", 1)
	jobs := make([]uuid.UUID, scaleJobs)
	for i := range jobs {
		jobs[i] = uuid.Must(uuid.NewV7())
	}
	s.largest = calling.PublicID(calling.BatchJobPrefix, jobs[0])
	ctx := auth.WithSystem(b.Context())
	row, err := s.store.Read().BatchJob.Get(ctx, template)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	for from := 0; from < scaleJobs; from += scaleChunk { // a transaction may take no longer than 30 seconds
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return insertScaled(ctx, tx, row, jobs, from)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.store.Writer().ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	b.Logf("one million contacts and attempts were loaded in %s", time.Since(began).Round(time.Second))
	return s
}

func scaleSize(job int) int {
	if job == 0 {
		return scaleLargest
	}
	return scaleUsual
}

// insertScaled loads some batch jobs with contacts, attempts and ledger.
func insertScaled(ctx context.Context, tx *store.Tx, template *ent.BatchJob, all []uuid.UUID, from int) error {
	org := template.OrganizationID
	jobs := all[from : from+scaleChunk]
	if err := insertJobs(ctx, tx, template, jobs, from); err != nil {
		return err
	}
	var people []uuid.UUID
	each := func() iter.Seq2[int, int] { // batch jobs and rows
		return func(yield func(int, int) bool) {
			for i := range jobs {
				for row := range scaleSize(from + i) {
					if !yield(i, row+1) {
						return
					}
				}
			}
		}
	}
	outcomes := calling.Outcomes()
	outcome := func(row int) calling.OutcomeRule {
		return []calling.OutcomeRule{outcomes[0], outcomes[0], outcomes[0], outcomes[1], outcomes[2], outcomes[3], outcomes[row/100%len(outcomes)]}[row%7]
	}
	if err := tx.Insert(ctx, contact.Table, []string{
		contact.FieldID, contact.FieldOrganizationID, contact.FieldBatchJobID, contact.FieldRow, contact.FieldPhone, contact.FieldName,
		contact.FieldCustomFields, contact.FieldStatus, contact.FieldLastOutcome, contact.FieldAttemptsUsed, contact.FieldLastAttempt, contact.FieldNextAttemptAt,
	}, func(yield func([]any) bool) {
		for i, row := range each() {
			people = append(people, uuid.Must(uuid.NewV7()))
			rule := outcome(row)
			if !yield([]any{
				people[len(people)-1], org, calling.PublicID(calling.BatchJobPrefix, jobs[i]), row, fmt.Sprintf("+1202%07d", row), fmt.Sprintf("Person %d", row),
				fmt.Sprintf(`{"customerName":"Person %d","planType":"Basic","renewalDate":"Feb 1","note":"row %d"}`, row, row),
				string(rule.Final), string(rule.Outcome), 1, 1, moment(),
			}) {
				return
			}
		}
	}); err != nil {
		return err //nolint:wrapcheck // a benchmark's
	}
	next := 0
	if err := tx.Insert(ctx, attempt.Table, []string{
		attempt.FieldID, attempt.FieldOrganizationID, attempt.FieldBatchJobID, attempt.FieldContactID, attempt.FieldNumber, attempt.FieldStatus,
		attempt.FieldOutcome, attempt.FieldLeaseUntil, attempt.FieldQueuedAt, attempt.FieldStartedAt, attempt.FieldEndedAt, attempt.FieldTalkSeconds,
	}, func(yield func([]any) bool) {
		for i, row := range each() {
			at := moment().Add(time.Duration(row) * 7 * time.Second)
			var ended, how any = at.Add(time.Minute), string(outcome(row).Outcome)
			status := calling.AttemptEnded
			if from+i >= scaleJobs-20 && row <= 5 {
				ended, how, status = nil, nil, calling.AttemptDialing
			}
			if !yield([]any{
				uuid.Must(uuid.NewV7()), org, calling.PublicID(calling.BatchJobPrefix, jobs[i]), people[next], 1, string(status), how, at, at, at, ended, 60,
			}) {
				return
			}
			next++
		}
	}); err != nil {
		return err //nolint:wrapcheck // a benchmark's
	}
	return tx.Insert(ctx, creditentry.Table, []string{ //nolint:wrapcheck // a benchmark's
		creditentry.FieldID, creditentry.FieldCreatedAt, creditentry.FieldOrganizationID, creditentry.FieldKind, creditentry.FieldBalanceDeltaMicros,
		creditentry.FieldHeldDeltaMicros, creditentry.FieldBatchJobID,
	}, func(yield func([]any) bool) {
		for i := range 100 * scaleChunk {
			if !yield([]any{
				calling.PublicID(calling.CreditEntryPrefix, uuid.Must(uuid.NewV7())), moment(), org, string(calling.CreditCapture), -35_000, -35_000,
				calling.PublicID(calling.BatchJobPrefix, jobs[i%scaleChunk]),
			}) {
				return
			}
		}
	})
}

func insertJobs(ctx context.Context, tx *store.Tx, template *ent.BatchJob, jobs []uuid.UUID, from int) error {
	return tx.Insert(ctx, batchjob.Table, []string{ //nolint:wrapcheck // a benchmark's
		batchjob.FieldID, batchjob.FieldCreatedAt, batchjob.FieldOrganizationID, batchjob.FieldName, batchjob.FieldStatus, batchjob.FieldPhoneNumberID,
		batchjob.FieldFromNumber, batchjob.FieldAgentID, batchjob.FieldArchitecture, batchjob.FieldSystemPrompt, batchjob.FieldConcurrentCallLimit,
		batchjob.FieldMaxAttempts, batchjob.FieldTimezone, batchjob.FieldTotalContacts, batchjob.FieldContactsCompleted, batchjob.FieldOutcomeCounts,
		batchjob.FieldPricePerCallMicros, batchjob.FieldCreatedBy,
	}, func(yield func([]any) bool) {
		for i, id := range jobs {
			n := from + i
			status := []calling.BatchStatus{calling.BatchCompleted, calling.BatchRunning}[n/(scaleJobs-20)]
			if !yield([]any{
				calling.PublicID(calling.BatchJobPrefix, id), moment(), template.OrganizationID, fmt.Sprintf("job %d", n*7919%scaleJobs), string(status),
				template.PhoneNumberID, string(template.FromNumber), template.AgentID, string(template.Architecture), template.SystemPrompt, 5, 3, "UTC",
				scaleSize(n), scaleSize(n), `{"COMPLETED": 700, "BUSY": 291}`, 35_000, "key_x",
			}) {
				return
			}
		}
	})
}
