package graph_test

import (
	"context"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/graph"
	"github.com/outdial/outdial/store"
)

// deed is a mutation that is given a batch job.
type deed struct {
	verb  string // "Pause"
	input vars   // the batch job's id is put into it
	more  string // fields of the payload beside batch job and user errors
}

func (b *bundle) do(t *testing.T, id any, d deed, changes ...change) result {
	t.Helper()
	in := vars{"batchJobId": id}
	maps.Copy(in, d.input)
	return b.ask(t, "mutation($input: "+d.verb+"BatchJobInput!) { r: "+strings.ToLower(d.verb[:1])+d.verb[1:]+"BatchJob(input: $input) {"+
		" batchJob { id status name maxAttempts concurrentCallLimit scheduledStartTime timezone pauseReason pauseNote } "+d.more+
		" userErrors { code message path } } }", vars{"input": in}, changes...)
}

// placing are fakes whose queue takes calls to be placed.
type placing struct{ fakes }

func (placing) PlaceCalls(context.Context, *store.Tx, string, []uuid.UUID) error { return nil }

func TestControl(t *testing.T) {
	t.Parallel()
	b := setup(t)
	created := b.ask(t, createMutation, vars{"input": input(nil)})
	id := created.at("createBatchJob.batchJob.id")
	for _, step := range []struct {
		deed
		id, status, code, field string
	}{
		{deed: deed{verb: "Pause"}, code: "ACTION_NOT_ALLOWED", field: "batchJobId"},
		{deed: deed{verb: "Resume"}, code: "ACTION_NOT_ALLOWED", field: "batchJobId"},
		{deed: deed{verb: "Retry", input: vars{"outcomes": []string{"BUSY"}}}, code: "ACTION_NOT_ALLOWED", field: "batchJobId"},
		{deed: deed{verb: "Retry", input: vars{"outcomes": []string{}}}, code: "INVALID_REQUEST", field: "outcomes"},
		{deed: deed{verb: "Retry", input: vars{"outcomes": []string{"COMPLETED"}}}, code: "INVALID_REQUEST", field: "outcomes"},
		{deed: deed{verb: "Update", input: vars{"maxAttempts": 11}}, code: "INVALID_REQUEST", field: "maxAttempts"},
		{deed: deed{verb: "Reschedule", input: vars{"scheduledStartTime": "2020-01-01T00:00:00Z"}}, code: "PAST_SCHEDULED_TIME", field: "scheduledStartTime"},
		{deed: deed{verb: "Reschedule", input: vars{"timezone": "Nowhere"}}, code: "INVALID_TIMEZONE", field: "timezone"},
		{deed: deed{verb: "Cancel", input: vars{"reason": strings.Repeat("x", 501)}}, code: "INVALID_REQUEST", field: "reason"},
		{deed: deed{verb: "Cancel", input: vars{"reason": "wrong list", "hangUp": true}}, status: "CANCELLED"},
		{deed: deed{verb: "Cancel"}, code: "ACTION_NOT_ALLOWED", field: "batchJobId"},
		{deed: deed{verb: "Pause"}, id: "batch_nowhere", code: "NOT_FOUND", field: "batchJobId"},
		{deed: deed{verb: "Update", input: vars{"name": "New"}}, id: "batch_nowhere", code: "NOT_FOUND", field: "batchJobId"},
		{deed: deed{verb: "Reschedule"}, id: "batch_nowhere", code: "NOT_FOUND", field: "batchJobId"},
		{deed: deed{verb: "Retry", input: vars{"outcomes": []string{"BUSY"}}}, id: "batch_nowhere", code: "NOT_FOUND", field: "batchJobId"},
	} {
		about := id
		if step.id != "" {
			about = step.id
		}
		r := b.do(t, about, step.deed)
		var want, status, code any
		if step.status != "" {
			status = step.status
		}
		if step.code != "" {
			code, want = step.code, []any{"input", step.field}
		}
		if r.at("r.batchJob.status") != status || r.at("r.userErrors.0.code") != code || !cmp.Equal(want, r.at("r.userErrors.0.path")) {
			t.Errorf("%s %v: %s", step.verb, step.input, r.raw)
		}
		other := b.do(t, id, step.deed, as(b.otherKey))
		if code := other.at("r.userErrors.0.code"); code != "NOT_FOUND" && code != "INVALID_REQUEST" {
			t.Errorf("another organization's %s: %s", step.verb, other.raw)
		}
	}
}

func TestRescheduleAndUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	created := b.ask(t, createMutation, vars{"input": input(vars{"scheduledStartTime": "2027-02-02T09:00:00Z"})})
	id := created.at("createBatchJob.batchJob.id")
	r := b.do(t, id, deed{
		"Reschedule",
		vars{"scheduledStartTime": "2027-03-14T02:30:00", "timezone": "America/New_York", "reason": "spring"},
		"startsAt warnings { code }",
	})
	if r.at("r.startsAt") != "2027-03-14T07:30:00Z" || r.at("r.batchJob.scheduledStartTime") != "2027-03-14T07:30:00Z" ||
		r.at("r.batchJob.timezone") != "America/New_York" || r.at("r.warnings.0.code") != "START_IN_DST_GAP" || r.at("r.batchJob.status") != "SCHEDULED" {
		t.Errorf("rescheduled: %s", r.raw)
	}
	r = b.do(t, id, deed{"Update", vars{"name": "Spring", "concurrentCallLimit": 50, "maxAttempts": 1}, "warnings { code }"})
	if r.at("r.batchJob.name") != "Spring" || r.at("r.batchJob.concurrentCallLimit") != 50.0 || r.at("r.batchJob.maxAttempts") != 1.0 ||
		r.at("r.warnings.0.code") != "LIMIT_ABOVE_ORGANIZATION" {
		t.Errorf("updated: %s", r.raw)
	}
}

// setupDialing is setup with a dialer whose calls end as the test says.
func setupDialing(t *testing.T) (*bundle, *dialer.Dialer) {
	t.Helper()
	var d *dialer.Dialer
	b := setup(t, func(c *graph.Config) {
		d = dialer.New(dialer.Config{
			Store: c.Store, Queue: placing{}, Carrier: fakes{}, Publisher: fakes{}, Now: moment, Log: slog.New(slog.DiscardHandler),
		})
		c.Dialer = d
	})
	t.Cleanup(d.Stop)
	return b, d
}

func TestOutcomesAddUp(t *testing.T) {
	t.Parallel()
	b, d := setupDialing(t)
	ctx := b.viewer(t, b.key)
	viewer, _ := auth.FromContext(ctx)
	end := func(id string, outcomes ...calling.Outcome) {
		t.Helper()
		if err := d.Dispatch(ctx, viewer.OrganizationID); err != nil {
			t.Fatal(err)
		}
		calls := b.store.Read().Attempt.Query().
			Where(attempt.BatchJobID(id), attempt.StatusNEQ(calling.AttemptEnded)).Order(attempt.ByID()).IDsX(ctx)
		if len(calls) < len(outcomes) {
			t.Fatalf("%d calls are in flight", len(calls))
		}
		for i, outcome := range outcomes {
			if err := d.Settle(ctx, viewer.OrganizationID, calls[i], calling.Report{Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(id string, status string, want ...any) {
		t.Helper()
		r := b.ask(t, `query($id: ID!) { batchJob(id: $id) { progress { status outcomes { outcome count } } } }`, vars{"id": id})
		if diff := cmp.Diff(map[string]any{"status": status, "outcomes": want}, r.at("batchJob.progress")); diff != "" {
			t.Error(diff)
		}
	}
	counted := func(outcome calling.Outcome, n float64) any {
		return map[string]any{"outcome": string(outcome), "count": n}
	}

	completed := b.create(t, "All of them", 3)
	end(completed, calling.OutcomeCompleted, calling.OutcomeCancelled, calling.OutcomeRejected)
	check(completed, "COMPLETED", counted(calling.OutcomeCompleted, 1), counted(calling.OutcomeRejected, 1), counted(calling.OutcomeCancelled, 1))

	stopped := b.create(t, "Some of them", 7)
	end(stopped, calling.OutcomeCompleted, calling.OutcomeBusy) // and the latter is to be dialed again
	check(stopped, "RUNNING", counted(calling.OutcomeCompleted, 1))
	b.do(t, stopped, deed{"Cancel", nil, ""})
	check(stopped, "CANCELLED", counted(calling.OutcomeCompleted, 1), counted(calling.OutcomeCancelled, 6))
}

func TestRetryAndHistory(t *testing.T) {
	t.Parallel()
	b, d := setupDialing(t)
	ctx := b.viewer(t, b.key)
	viewer, _ := auth.FromContext(ctx)
	id := b.create(t, "Retry", 2)
	if err := d.Dispatch(ctx, viewer.OrganizationID); err != nil {
		t.Fatal(err)
	}
	for _, attempt := range b.store.Read().Attempt.Query().IDsX(ctx) {
		if err := d.Settle(ctx, viewer.OrganizationID, attempt, calling.Report{Outcome: calling.OutcomeVoicemail}); err != nil {
			t.Fatal(err)
		}
	}
	r := b.do(t, id, deed{"Retry", vars{"outcomes": []string{"VOICEMAIL", "VOICEMAIL"}, "reason": "again"}, "contactsRetried"})
	if r.at("r.contactsRetried") != 2.0 || r.at("r.batchJob.status") != "RUNNING" {
		t.Errorf("retried: %s", r.raw)
	}
	if r = b.do(t, id, deed{"Retry", vars{"outcomes": []string{"VOICEMAIL"}}, "contactsRetried"}); r.at("r.userErrors.0.code") != "INVALID_REQUEST" {
		t.Errorf("retried again: %s", r.raw)
	}
	if r = b.do(t, id, deed{"Pause", vars{"reason": "lunch"}, ""}); r.at("r.batchJob.pauseNote") != "lunch" || r.at("r.batchJob.pauseReason") != "PERSON" {
		t.Errorf("paused: %s", r.raw)
	}
	const query = `query($id: ID!, $first: Int, $after: String) { batchJob(id: $id) {
		allowedActions { action allowed reason }
		contacts { nodes { attempts { acceptedAt } } }
		history(first: $first, after: $after) {
			totalCount pageInfo { hasNextPage endCursor }
			nodes { id action actor actorId actorName reason details createdAt }
		} } }`
	first := b.ask(t, query, vars{"id": id, "first": 2})
	if diff := cmp.Diff([]string{"PAUSED", "RETRIED"}, all[string](t, first.at("batchJob.history.nodes"), "action")); diff != "" {
		t.Error(diff)
	}
	if first.at("batchJob.history.totalCount") != 5.0 || first.at("batchJob.history.nodes.1.reason") != "again" ||
		first.at("batchJob.history.nodes.1.actorName") != "demo key" || first.at("batchJob.history.nodes.1.actorId") != viewer.KeyID ||
		!cmp.Equal(first.at("batchJob.history.nodes.1.details"), any(map[string]any{"outcomes": []any{"VOICEMAIL"}, "contacts": 2.0})) {
		t.Errorf("the history begins with %s", first.raw)
	}
	rest := b.ask(t, query, vars{"id": id, "after": first.at("batchJob.history.pageInfo.endCursor")})
	if diff := cmp.Diff([]string{"ENDED", "STARTED", "CREATED"}, all[string](t, rest.at("batchJob.history.nodes"), "action")); diff != "" {
		t.Error(diff)
	}
	if rest.at("batchJob.history.nodes.0.actor") != "SYSTEM" || rest.at("batchJob.history.nodes.0.actorName") != nil ||
		rest.at("batchJob.history.nodes.0.reason") != nil || rest.at("batchJob.history.pageInfo.hasNextPage") != false {
		t.Errorf("the history ends with %s", rest.raw)
	}
	line := first.at("batchJob.history.nodes.0.id")
	const node = "query($id: ID!) { node(id: $id) { id ... on BatchChange { action } } }"
	if got := b.ask(t, node, vars{"id": line}); got.at("node.action") != "PAUSED" {
		t.Errorf("the line by its id: %s", got.raw)
	}
	if got := b.ask(t, node, vars{"id": line}, as(b.otherKey)); got.at("node") != nil {
		t.Errorf("the line for another organization: %s", got.raw)
	}
}

func TestAllowedActions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.ask(t, createMutation, vars{"input": input(nil)}).at("createBatchJob.batchJob.id")
	const query = "query($id: ID!) { batchJob(id: $id) { allowedActions { action allowed reason } } }"
	for _, step := range []struct {
		scopes []string
		want   []bool // pause, resume, cancel, hang up, reschedule, update, retry
		reason string // of the first
	}{
		{[]string{"READ", "WRITE"}, []bool{false, false, true, true, true, true, false}, "A batch job that is pending cannot be paused; only one that is running can."},
		{[]string{"READ"}, make([]bool, 7), "This API key lacks the scope WRITE."},
	} {
		b.restrict(t, step.scopes...)
		got := b.ask(t, query, vars{"id": id}).at("batchJob.allowedActions")
		if diff := cmp.Diff(step.want, all[bool](t, got, "allowed")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(calling.BatchAction("").Values(), all[string](t, got, "action")); diff != "" {
			t.Error(diff)
		}
		if at(got, "0.reason") != step.reason || (step.want[2] && at(got, "2.reason") != nil) {
			t.Errorf("with %v: %v", step.scopes, got)
		}
	}
}

func TestAddCredits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add := func(amount int64, changes ...change) result {
		return b.post(t, `mutation($input: AddCreditsInput!) { r: addCredits(input: $input) {
			credits { balanceMicros heldMicros availableMicros } batchJobsResumed userErrors { code path } } }`,
			vars{"input": vars{"amountMicros": amount, "note": "invoice"}}, changes...)
	}
	r := add(1_500_000, as(b.otherKey))
	if r.at("r.credits.balanceMicros") != 2_500_000.0 || r.at("r.credits.availableMicros") != 2_500_000.0 || r.at("r.batchJobsResumed") != 0.0 {
		t.Errorf("added: %s", r.raw)
	}
	b.restrict(t, "READ", "WRITE")
	if r := add(1); len(r.codes()) != 1 || r.codes()[0] != "FORBIDDEN" {
		t.Errorf("without the scope: %s", r.raw)
	}
	if r := add(0, as(b.otherKey)); r.at("r.userErrors.0.code") != "INVALID_REQUEST" || !cmp.Equal(r.at("r.userErrors.0.path"), any([]any{"input", "amountMicros"})) {
		t.Errorf("nothing added: %s", r.raw)
	}
}
