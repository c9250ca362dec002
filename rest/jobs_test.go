package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/store"
)

func (b *bundle) get(tb testing.TB, path string, change ...request) answer {
	tb.Helper()
	return b.send(tb, http.MethodGet, path, "", nil, change...)
}

// names returns a field of each object in a list of the answer.
func (a answer) names(list, field string) []string {
	found := []string{}
	items, _ := a.body[list].([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		found = append(found, fmt.Sprint(m[field]))
	}
	return found
}

func TestJobs(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for i := range 7 {
		b.json(t, body("name", quote(fmt.Sprint("Job ", i))))
	}
	b.change(t, func(ctx context.Context, tx *store.Tx) error {
		for name, status := range map[string]calling.BatchStatus{
			"Job 1": calling.BatchRunning, "Job 2": calling.BatchPaused, "Job 3": calling.BatchCancelling,
			"Job 4": calling.BatchCompleted, "Job 5": calling.BatchFailed, "Job 6": calling.BatchCancelled,
		} {
			tx.Ent.BatchJob.Update().Where(batchjob.Name(name)).SetStatus(status).ExecX(ctx)
		}
		return nil
	})
	viewer, err := b.accounts.Authenticate(t.Context(), b.key)
	if err != nil {
		t.Fatal(err)
	}

	for query, want := range map[string]struct {
		names []string
		total float64
	}{
		"":                         {[]string{"Job 6", "Job 5", "Job 4", "Job 3", "Job 2", "Job 1", "Job 0"}, 7},
		"?pageSize=3":              {[]string{"Job 6", "Job 5", "Job 4"}, 7},
		"?pageSize=3&page=3":       {[]string{"Job 0"}, 7},
		"?page=9":                  {[]string{}, 7},
		"?status=running":          {[]string{"Job 3", "Job 2", "Job 1"}, 3},
		"?status=paused":           {[]string{"Job 2"}, 1},
		"?status=pending&page=1":   {[]string{"Job 0"}, 1},
		"?status=scheduled":        {[]string{}, 0},
		"?status=cancelled&colour": {[]string{"Job 6"}, 1},
		"?organizationId=" + viewer.OrganizationID + "&status=failed": {[]string{"Job 5"}, 1},
	} {
		t.Run("answers "+query, func(t *testing.T) {
			t.Parallel()
			got := b.get(t, "/batch/jobs"+query)
			if diff := cmp.Diff(want.names, got.names("batchJobs", "name")); diff != "" || got.status != http.StatusOK || got.body["total"] != want.total {
				t.Errorf("%d %s%s", got.status, got.raw, diff)
			}
		})
	}
	for query, code := range map[string]string{
		"?page=0": "invalid_request", "?page=x": "invalid_request", "?pageSize=101": "invalid_request", "?status=done": "invalid_request",
		"?status=RUNNING": "invalid_request", "?organizationId=org_other": "forbidden", "?a=%zz": "invalid_request", "?page=99999999999999999999": "invalid_request",
	} {
		t.Run("refuses "+query, func(t *testing.T) {
			t.Parallel()
			if got := b.get(t, "/batch/jobs"+query); got.code() != code || got.status != calling.Code(code).Status() {
				t.Errorf("%d %s", got.status, got.raw)
			}
		})
	}
	t.Run("is the organization's own", func(t *testing.T) {
		t.Parallel()
		other, err := b.accounts.CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 5})
		if err != nil {
			t.Fatal(err)
		}
		bearer := header("Authorization", "Bearer "+other.Key)
		if got := b.get(t, "/batch/jobs", bearer); got.body["total"] != 0.0 || string(mustJSON(t, got.body["batchJobs"])) != "[]" {
			t.Errorf("%d %s", got.status, got.raw)
		}
		id := b.batches(t)[0].ID
		theirs := b.get(t, "/batch/jobs/"+id, bearer)
		nobodys := b.get(t, "/batch/jobs/"+calling.PublicID(calling.BatchJobPrefix, uuid.New()), bearer)
		if theirs.status != http.StatusNotFound || nobodys.status != http.StatusNotFound || theirs.detail() != "Batch job '"+id+"' not found" {
			t.Errorf("%s %s", theirs.raw, nobodys.raw)
		}
		for _, id := range []string{"x", "batch_%00", "batch_%ff", "%2e%2e", strings.Repeat("x", 5000)} {
			if got := b.get(t, "/batch/jobs/"+id); got.status != http.StatusNotFound {
				t.Errorf("%s: %d %s", id, got.status, got.raw)
			}
		}
	})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// state is where a contact is, and the word for it.
type state struct {
	word    string
	status  calling.ContactStatus
	outcome calling.Outcome       // of the last attempt; empty = none
	attempt calling.AttemptStatus // of the newest attempt; empty = none
}

func states() []state {
	all := []state{
		{"pending", calling.ContactPending, "", ""},
		{"pending", calling.ContactPending, calling.OutcomeNoAnswer, calling.AttemptEnded},
		{"queued", calling.ContactDialing, "", calling.AttemptQueued},
		{"dialing", calling.ContactDialing, calling.OutcomeBusy, calling.AttemptDialing},
		{"completed", calling.ContactCompleted, calling.OutcomeCompleted, calling.AttemptEnded},
		{"completed", calling.ContactCompleted, calling.OutcomeVoicemail, calling.AttemptEnded},
		{"cancelled", calling.ContactCancelled, "", ""},
		{"cancelled", calling.ContactCancelled, calling.OutcomeCancelled, calling.AttemptEnded},
		{"failed", calling.ContactFailed, calling.OutcomeRejected, calling.AttemptEnded},
		{"failed", calling.ContactFailed, calling.OutcomeUnknown, calling.AttemptEnded},
	}
	for _, o := range []calling.Outcome{"NO_ANSWER", "BUSY", "TIMEOUT", "BLOCKED", "INVALID_NUMBER", "CARRIER_ERROR"} {
		all = append(all, state{strings.ToLower(string(o)), calling.ContactFailed, o, calling.AttemptEnded})
	}
	return all
}

// inEveryState makes a batch job with a contact in every state.
func (b *bundle) inEveryState(t *testing.T) string {
	t.Helper()
	created := b.form(t, form("file", csvOf(len(states())), "description", "All of them"))
	b.change(t, func(ctx context.Context, tx *store.Tx) error {
		job := tx.Ent.BatchJob.GetX(ctx, created.id())
		update := tx.Ent.BatchJob.UpdateOne(job).SetStatus(calling.BatchPaused).SetPauseReason(calling.PausedByPerson).SetStartedAt(pageTime().Add(-time.Minute)).
			SetContactsPending(2).SetContactsDialing(2).SetContactsCompleted(2).SetContactsCancelled(2).SetContactsFailed(8).SetSpentMicros(35_000)
		outcomes := map[calling.Outcome]int{}
		for i, s := range states() {
			c := tx.Ent.Contact.Query().Where(contact.BatchJobID(job.ID), contact.Row(i+1)).OnlyX(ctx)
			b.dialed(ctx, tx, job, c, s)
			if s.status == calling.ContactCompleted || s.status == calling.ContactFailed {
				outcomes[s.outcome]++
			}
		}
		return update.SetOutcomeCounts(outcomes).Exec(ctx)
	})
	return created.id()
}

// dialed brings a contact into a state.
func (b *bundle) dialed(ctx context.Context, tx *store.Tx, job *ent.BatchJob, c *ent.Contact, s state) {
	update := tx.Ent.Contact.UpdateOne(c).SetStatus(s.status)
	if s.outcome != "" {
		update.SetLastOutcome(s.outcome).SetAttemptsUsed(1).SetNextAttemptAt(pageTime().Add(time.Hour))
	}
	if s.attempt != "" {
		create := tx.Ent.Attempt.Create().SetID(uuid.Must(uuid.NewV7())).SetOrganizationID(job.OrganizationID).SetBatchJobID(job.ID).SetContactID(c.ID).
			SetNumber(2).SetStatus(s.attempt).SetLeaseUntil(pageTime()).SetQueuedAt(pageTime())
		if s.outcome == calling.OutcomeCompleted {
			create.SetAnsweredAt(pageTime()).SetTalkSeconds(95)
		}
		if s.outcome == calling.OutcomeBusy {
			create.SetReason("486 Busy here")
		}
		create.ExecX(ctx)
		update.SetLastAttempt(2)
	}
	update.ExecX(ctx)
}

func TestJob(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.inEveryState(t)
	got := b.get(t, "/v1/batch/jobs/"+id)
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.raw)
	}

	t.Run("tells all of a batch job", func(t *testing.T) {
		t.Parallel()
		want := map[string]any{
			"batchJobId": id, "name": "Test", "description": "All of them", "status": "running", "detailedStatus": "paused", "pauseReason": "person",
			"fromPhoneNumberId": "phone_abc123", "concurrentCallLimit": 5.0, "maxAttempts": 3.0, "timezone": "UTC", "scheduledStartTime": nil,
			"createdAt": "2025-01-15T12:00:00Z", "startedAt": "2025-01-15T11:59:00Z", "completedAt": nil, "totalContacts": 16.0,
			"completedContacts": 2.0, "failedContacts": 8.0, "cancelledContacts": 2.0, "rejectedContacts": 0.0, "duplicateContacts": 0.0, "blankRows": 0.0,
			"estimatedCost": "$0.56", "actualCost": "$0.04", "actualCostMicros": 35_000.0, "estimatedCompletionTime": nil,
			"contactsTotal": 16.0, "contactsPage": 1.0, "contactsPageSize": 50.0, "contacts": got.body["contacts"],
			"statusBreakdown": map[string]any{
				"pending": 2.0, "queued": 1.0, "dialing": 1.0, "completed": 2.0, "cancelled": 2.0, "failed": 2.0, "no_answer": 1.0, "busy": 1.0,
				"timeout": 1.0, "blocked": 1.0, "invalid_number": 1.0, "carrier_error": 1.0,
			},
		}
		if diff := cmp.Diff(want, got.body); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("has one word for each contact", func(t *testing.T) {
		t.Parallel()
		var want []string
		for _, s := range states() {
			want = append(want, s.word)
		}
		if diff := cmp.Diff(want, got.names("contacts", "status")); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("tells all of a contact", func(t *testing.T) {
		t.Parallel()
		list, _ := got.body["contacts"].([]any)
		person := func(i int, status string, change map[string]any) map[string]any {
			m := map[string]any{
				"phone": fmt.Sprintf("+1202%07d", i), "name": fmt.Sprint("Person ", i), "customFields": map[string]any{}, "status": status, "errorCode": nil,
				"attemptCount": 1.0, "maxAttempts": 3.0, "nextRetryAt": nil, "failureReason": nil, "callDuration": nil,
			}
			maps.Copy(m, change)
			return m
		}
		for i, want := range map[int]map[string]any{
			0:  person(0, "pending", map[string]any{"attemptCount": 0.0}),
			1:  person(1, "pending", map[string]any{"errorCode": "no_answer", "failureReason": "It rang and nobody answered.", "nextRetryAt": "2025-01-15T13:00:00Z"}),
			4:  person(4, "completed", map[string]any{"callDuration": 95.0}),
			11: person(11, "busy", map[string]any{"errorCode": "busy", "failureReason": "486 Busy here"}),
		} {
			if diff := cmp.Diff(want, list[i]); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("finds contacts by their words", func(t *testing.T) {
		t.Parallel()
		breakdown, _ := got.body["statusBreakdown"].(map[string]any)
		for word, n := range breakdown {
			found := b.get(t, "/batch/jobs/"+id+"?contactStatus="+word)
			if found.body["contactsTotal"] != n || strings.Count(strings.Join(found.names("contacts", "status"), " "), word) != len(found.names("contacts", "status")) {
				t.Errorf("%s: %s", word, found.raw)
			}
		}
	})
	t.Run("pages contacts in the order of the upload", func(t *testing.T) {
		t.Parallel()
		second := b.get(t, "/batch/jobs/"+id+"?contactsPageSize=5&contactsPage=2")
		want := []string{"Person 5", "Person 6", "Person 7", "Person 8", "Person 9"}
		if diff := cmp.Diff(want, second.names("contacts", "name")); diff != "" {
			t.Error(diff)
		}
		for _, query := range []string{"?contactsPageSize=501", "?contactsPage=0", "?contactStatus=done"} {
			if refused := b.get(t, "/batch/jobs/"+id+query); refused.code() != "invalid_request" {
				t.Errorf("%s: %s", query, refused.raw)
			}
		}
	})
}

func TestJobGuessesItsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.form(t, form("file", csvOf(10))).id()
	b.change(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.BatchJob.UpdateOneID(id).SetStatus(calling.BatchRunning).SetStartedAt(pageTime().Add(-10 * time.Minute)).
			SetContactsPending(5).SetContactsCompleted(5).Exec(ctx)
	})
	if got := b.get(t, "/batch/jobs/"+id); got.body["estimatedCompletionTime"] != "2025-01-15T12:15:00Z" {
		t.Errorf("%s", got.raw)
	}
}
