package rest_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/ent/contact"
)

// The requests of this file are the product page's own, word for word.

const pageJSON = `{
  "fromPhoneNumberId": "phone_abc123",
  "name": "January Renewal Campaign",
  "description": "Follow up on expiring subscriptions",
  "contacts": [
    {
      "phone": "+12025550101",
      "name": "John Smith",
      "customerName": "John Smith",
      "renewalDate": "Feb 1"
    },
    {
      "phone": "+12025550102",
      "name": "Jane Doe",
      "customerName": "Jane Doe",
      "renewalDate": "Feb 5"
    }
  ],
  "concurrentCallLimit": 5,
  "maxAttempts": 3,
  "scheduledStartTime": "2025-02-28T09:00:00",
  "timezone": "America/New_York"
}`

const pageExample2 = `{
    "fromPhoneNumberId": "phone_abc123",
    "name": "Morning Follow-ups",
    "contacts": [
      {"phone": "+12025550101", "name": "John Smith"},
      {"phone": "+12025550102", "name": "Jane Doe"}
    ],
    "scheduledStartTime": "2025-03-01T09:00:00",
    "timezone": "America/New_York",
    "concurrentCallLimit": 3,
    "maxAttempts": 2
  }`

const pageExample3 = `{
    "fromPhoneNumberId": "phone_abc123",
    "name": "Renewal Campaign",
    "contacts": [
      {
        "phone": "+12025550101",
        "name": "John Smith",
        "customerName": "John Smith",
        "renewalDate": "Feb 1",
        "planType": "Premium"
      }
    ],
    "concurrentCallLimit": 5
  }`

// missing is the warning that the demo agent's prompt has variables that no
// contact of a request has.
func missing(names string) map[string]any {
	return map[string]any{"code": "missing_template_variable", "detail": "The agent's prompt uses " + names +
		", which no contact has. The agent will see the placeholder as it is written."}
}

func TestCreateAnswersThePage(t *testing.T) {
	t.Parallel()
	requestForm := []part{
		file(sample), field("fromPhoneNumberId", "phone_abc123"), field("name", "January Renewal Campaign"),
		field("description", "Follow up on expiring subscriptions"), field("concurrentCallLimit", "5"), field("maxAttempts", "3"),
		field("scheduledStartTime", "2025-02-28T09:00:00"), field("timezone", "America/New_York"),
	}
	twoContacts := "phone,name,customerName,renewalDate,planType\n+12025550101,A,A,1,P\n+12025550102,B,B,2,P\n"
	for name, c := range map[string]struct {
		json string
		form []part
		want map[string]any // without batchJobId
	}{
		"the multipart request": {
			form: requestForm,
			want: map[string]any{
				"totalContacts": 3.0, "estimatedDuration": "2 minutes", "estimatedCost": "$0.11", "status": "scheduled",
				"scheduledStartTime": "2025-02-28T14:00:00Z", "message": "Batch job created with 3 contacts",
				"estimatedCostMicros": 105_000.0, "worstCaseCostMicros": 315_000.0, "warnings": []any{missing("{{planType}}")},
			},
		},
		"the JSON request": {
			json: pageJSON,
			want: map[string]any{
				"totalContacts": 2.0, "estimatedDuration": "2 minutes", "estimatedCost": "$0.07", "status": "scheduled",
				"scheduledStartTime": "2025-02-28T14:00:00Z", "message": "Batch job created with 2 contacts",
				"estimatedCostMicros": 70_000.0, "worstCaseCostMicros": 210_000.0, "warnings": []any{missing("{{planType}}")},
			},
		},
		"example 1, immediate start with CSV": {
			form: []part{
				file(twoContacts), field("fromPhoneNumberId", "phone_abc123"), field("name", "Payment Reminders"),
				field("concurrentCallLimit", "5"), field("maxAttempts", "3"),
			},
			want: map[string]any{
				"totalContacts": 2.0, "estimatedDuration": "2 minutes", "estimatedCost": "$0.07", "status": "pending",
				"scheduledStartTime": nil, "message": "Batch job created with 2 contacts",
				"estimatedCostMicros": 70_000.0, "worstCaseCostMicros": 210_000.0,
			},
		},
		"example 2, scheduled start with a time zone": {
			json: pageExample2,
			want: map[string]any{
				"totalContacts": 2.0, "estimatedDuration": "2 minutes", "estimatedCost": "$0.07", "status": "scheduled",
				"scheduledStartTime": "2025-03-01T14:00:00Z", "message": "Batch job created with 2 contacts",
				"effectiveConcurrentCallLimit": 3.0, "estimatedCostMicros": 70_000.0, "worstCaseCostMicros": 140_000.0,
				"warnings": []any{missing("{{customerName}}, {{planType}}, {{renewalDate}}")},
			},
		},
		"example 3, custom fields": {
			json: pageExample3,
			want: map[string]any{
				"totalContacts": 1.0, "estimatedDuration": "2 minutes", "estimatedCost": "$0.04", "status": "pending",
				"scheduledStartTime": nil, "message": "Batch job created with 1 contact",
				"estimatedCostMicros": 35_000.0, "worstCaseCostMicros": 105_000.0,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, pageTime())
			got := b.post(t, c.json, c.form)
			if got.status != http.StatusOK {
				t.Fatalf("%d %s", got.status, got.raw)
			}
			want := map[string]any{
				"success": true, "batchJobId": got.id(), "rejectedContacts": 0.0, "duplicateContacts": 0.0, "blankRows": 0.0,
				"rejections": []any{}, "warnings": []any{}, "effectiveConcurrentCallLimit": 5.0, "estimatedDurationSeconds": 120.0,
			}
			maps.Copy(want, c.want)
			if diff := cmp.Diff(want, got.body); diff != "" {
				t.Error(diff)
			}
			batches := b.batches(t)
			if len(batches) != 1 || batches[0].ID != got.id() || got.id()[:6] != "batch_" {
				t.Errorf("answered %s, stored %v", got.id(), batches)
			}
			start := pageTime()
			if s, ok := want["scheduledStartTime"].(string); ok {
				start, _ = time.Parse(time.RFC3339, s)
			}
			if at := b.queue.starts[got.id()]; !at.Equal(start) {
				t.Errorf("starts at %v, want %v", at, start)
			}
		})
	}
}

func TestCreateStoresWhatThePageSent(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	got := b.json(t, pageExample3)
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	person := b.store.Read().Contact.Query().Where(contact.BatchJobID(got.id())).OnlyX(system(t))
	if person.Phone != "+12025550101" || person.Name != "John Smith" || person.Row != 1 {
		t.Errorf("contact %v", person)
	}
	want := `{"customerName":"John Smith","renewalDate":"Feb 1","planType":"Premium"}`
	if diff := cmp.Diff(want, string(person.CustomFields)); diff != "" {
		t.Error(diff)
	}
	batch := b.store.Read().BatchJob.Query().Where(batchjob.ID(got.id())).OnlyX(system(t))
	if batch.Name != "Renewal Campaign" || batch.Description != nil || batch.ConcurrentCallLimit != 5 || batch.MaxAttempts != 3 ||
		batch.Timezone != "UTC" || batch.FromNumber != "+12025550199" {
		t.Errorf("batch job %v", batch)
	}
}

// The request with every field, at the head of the page.
func TestCreateAnswersThePagesFirstExample(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Date(2023, 11, 7, 5, 31, 55, 0, time.UTC))
	got := b.form(t, []part{
		file("phone\n+12025550101\n"), field("fromPhoneNumberId", "phone_realtime"), field("name", "<string>"), field("description", "<string>"),
		field("concurrentCallLimit", "5"), field("maxAttempts", "3"), field("scheduledStartTime", "2023-11-07T05:31:56Z"), field("timezone", "UTC"),
	})
	if got.status != http.StatusOK || got.body["scheduledStartTime"] != "2023-11-07T05:31:56Z" || got.body["status"] != "scheduled" ||
		got.body["estimatedCost"] != "$0.07" {
		t.Errorf("%d %s", got.status, got.raw)
	}
}

// The page's cost example: 100 contacts cost $3.50 and $7.00.
func TestCreateEstimatesThePagesCosts(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for number, want := range map[string]string{"phone_abc123": "$3.50", "phone_realtime": "$7.00"} {
		got := b.form(t, []part{file(csvOf(100)), field("fromPhoneNumberId", number), field("name", "Costs")})
		if got.body["estimatedCost"] != want || got.body["totalContacts"] != 100.0 || got.body["estimatedDuration"] != "40 minutes" {
			t.Errorf("%s: %d %s", number, got.status, got.raw)
		}
	}
}
