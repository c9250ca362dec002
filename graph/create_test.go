package graph_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

const createMutation = `mutation ($input: CreateBatchJobInput!) { createBatchJob(input: $input) {
	batchJob { id name status concurrentCallLimit maxAttempts timezone scheduledStartTime callWindow { days opens closes timezone } }
	estimate { cost duration } totalContacts rejectedContacts duplicateContacts blankRows replayed
	rejections { row phone code detail suggestion } warnings { code message } userErrors { code message path row } } }`

// input is a batch job that can be created, with changes.
func input(changes vars) vars {
	in := vars{
		"fromPhoneNumberId": "phone_abc123", "name": "Renewals",
		"contacts": vars{"list": []vars{{"phone": "+12025550101", "name": "Jane", "customFields": vars{"customerName": "Jane", "planType": "Basic", "renewalDate": "Feb 1"}}}},
	}
	maps.Copy(in, changes)
	return in
}

func TestCreate(t *testing.T) {
	t.Parallel()
	t.Run("a list becomes a batch job", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		r := b.ask(t, createMutation, vars{"input": input(vars{
			"contacts": vars{"list": []vars{
				{"phone": "+12025550101", "name": "Jane"}, {"phone": "(202) 555-0102"}, {"phone": "+12025550101"}, {"phone": "+12025550103", "name": nil, "customFields": nil},
			}},
			"scheduledStartTime": "2027-03-01T09:00:00", "timezone": "America/New_York", "maxAttempts": nil,
			"callWindow": vars{"opens": "09:00", "closes": "17:00"},
		})})
		for path, want := range map[string]any{
			"batchJob.status": "SCHEDULED", "batchJob.concurrentCallLimit": 5.0, "batchJob.maxAttempts": 3.0,
			"batchJob.scheduledStartTime": "2027-03-01T14:00:00Z",
			"batchJob.callWindow":         map[string]any{"days": []any{}, "opens": "09:00", "closes": "17:00", "timezone": "America/New_York"},
			"totalContacts":               2.0, "rejectedContacts": 1.0, "duplicateContacts": 1.0, "replayed": false, "userErrors": []any{},
			"rejections.0.row": 2.0, "rejections.0.suggestion": "+12025550102", "rejections.1.code": "DUPLICATE", "rejections.1.suggestion": nil,
			"warnings.0.code": "MISSING_TEMPLATE_VARIABLE", "estimate.cost": "$0.07", "estimate.duration": "2 minutes",
		} {
			if diff := cmp.Diff(want, r.at("createBatchJob."+path)); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%s", path, diff, r.raw)
			}
		}
	})
	t.Run("an idempotency key is answered as the first time", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.ask(t, createMutation, vars{"input": input(vars{"idempotencyKey": "k"})})
		second := b.ask(t, createMutation, vars{"input": input(vars{"idempotencyKey": "k"})})
		if got, want := second.raw, strings.Replace(first.raw, `"replayed":false`, `"replayed":true`, 1); got != want {
			t.Errorf("%s\n%s", want, got)
		}
		other := b.ask(t, createMutation, vars{"input": input(vars{"idempotencyKey": "k", "name": "Other"})})
		if e := other.at("createBatchJob.userErrors.0"); at(e, "code") != "CONFLICT" || !cmp.Equal(at(e, "path"), any([]any{"input", "idempotencyKey"})) {
			t.Error(other.raw)
		}
	})
	t.Run("an estimate stores nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		r := b.ask(t, `mutation ($input: CreateBatchJobInput!) { estimateBatchJob(input: $input) {
			estimate { costMicros } totalContacts startsAt rejections { row } warnings { code } userErrors { code } } }`, vars{"input": input(nil)})
		if r.raw != `{"data":{"estimateBatchJob":{"estimate":{"costMicros":35000},"totalContacts":1,"startsAt":null,"rejections":[],"warnings":[],"userErrors":[]}}}` {
			t.Error(r.raw)
		}
		if n := b.ask(t, `{ viewer { organization { batchJobs { totalCount } } } }`, nil).at("viewer.organization.batchJobs.totalCount"); n != 0.0 {
			t.Errorf("%v batch jobs", n)
		}
	})
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.ask(t, createMutation, vars{"input": input(vars{
		"name": " ", "maxAttempts": 11, "concurrentCallLimit": 0, "timezone": "Mars/Base", "idempotencyKey": strings.Repeat("k", 256),
		"callWindow": vars{"opens": "9", "closes": "08:00", "days": []string{"MONDAY"}},
		"contacts":   vars{"list": []vars{}},
	})})
	got := map[string]string{}
	errors, _ := r.at("createBatchJob.userErrors").([]any)
	for _, e := range errors {
		got[fmt.Sprint(at(e, "path"))] = fmt.Sprint(at(e, "code"))
		if at(e, "message") == "" {
			t.Errorf("no message: %v", e)
		}
	}
	want := map[string]string{
		"[input name]": "INVALID_REQUEST", "[input maxAttempts]": "INVALID_REQUEST", "[input concurrentCallLimit]": "INVALID_REQUEST",
		"[input timezone]": "INVALID_TIMEZONE", "[input idempotencyKey]": "INVALID_REQUEST", "[input callWindow opens]": "INVALID_REQUEST",
		"[input contacts list]": "NO_VALID_CONTACTS",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.at("createBatchJob.batchJob") != nil || r.at("createBatchJob.totalContacts") != 0.0 {
		t.Error(r.raw)
	}
}

func TestUserErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		changes vars
		want    string
	}{
		{
			"an unknown number",
			vars{"fromPhoneNumberId": "phone_unknown"},
			`{"code":"NOT_FOUND","message":"Phone number phone_unknown not found","path":["input","fromPhoneNumberId"],"row":null}`,
		},
		{"a number without an agent", vars{"fromPhoneNumberId": "phone_noagent"}, `{"code":"NO_OUTBOUND_AGENT",`},
		{"a text agent", vars{"fromPhoneNumberId": "phone_text"}, `{"code":"AGENT_NOT_VOICE_CAPABLE",`},
		{"a start in the past", vars{"scheduledStartTime": "2020-01-01T00:00:00Z"}, `{"code":"PAST_SCHEDULED_TIME",`},
		{
			"rows that cannot be called, all or nothing",
			vars{"invalidRows": "REJECT", "contacts": vars{"list": []vars{{"phone": "+12025550101"}, {"phone": "x"}}}},
			`"path":["input","contacts","list","1","phone"],"row":2}`,
		},
		{
			"a custom field of its own name",
			vars{"contacts": vars{"list": []vars{{"phone": "+12025550101", "customFields": vars{"name": "x"}}}}},
			`"path":["input","contacts","list","0","customFields","name"],"row":1}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t).ask(t, createMutation, vars{"input": input(test.changes)})
			if !strings.Contains(r.raw, test.want) || !strings.Contains(r.raw, `"batchJob":null`) {
				t.Errorf("want %s in\n%s", test.want, r.raw)
			}
		})
	}
}

// The codes of userErrors are the table's, but for those that only top-level
// errors have.
func TestErrorCodesAreTheTables(t *testing.T) {
	t.Parallel()
	r := setup(t).ask(t, `{ __type(name: "ErrorCode") { enumValues { name description } } }`, nil)
	shown := map[string]string{}
	values, _ := r.at("__type.enumValues").([]any)
	for _, v := range values {
		shown[fmt.Sprint(at(v, "name"))] = fmt.Sprint(at(v, "description"))
	}
	for _, topLevel := range []calling.Code{
		calling.CodeUnauthenticated, calling.CodeForbidden, calling.CodeMethodNotAllowed, calling.CodeUnsupportedMediaType,
		calling.CodeRateLimited, calling.CodeInternal, calling.CodeUnavailable,
	} {
		shown[strings.ToUpper(string(topLevel))] = "top-level"
	}
	for _, info := range calling.Codes() {
		name := strings.ToUpper(string(info.Code))
		if shown[name] == "" {
			t.Errorf("%s is missing, or has no description", name)
		}
		delete(shown, name)
	}
	if len(shown) > 0 {
		t.Errorf("not in the table: %v", shown)
	}
}

func TestInputIsChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const filtered = `query ($f: BatchJobFilter) { viewer { organization { batchJobs(filter: $f) { totalCount } } } }`
	for _, test := range []struct {
		name, query string
		variables   vars
		message     string
	}{
		{"oneOf with nothing", createMutation, vars{"input": input(vars{"contacts": vars{}})}, "exactly one field of ContactsSource"},
		{"oneOf with null", createMutation, vars{"input": input(vars{"contacts": vars{"list": nil}})}, "exactly one field of ContactsSource"},
		{"oneOf with both", createMutation, vars{"input": input(vars{"contacts": vars{"list": []vars{{"phone": "+1"}}, "file": nil}})}, "exactly one field of ContactsSource"},
		{"oneOf with both in the document", `mutation { createBatchJob(input: {fromPhoneNumberId: "a", name: "b", contacts: {list: [], file: null}}) { totalContacts } }`, nil, ""},
		{"an enum in lower case", filtered, vars{"f": vars{"statuses": []string{"running"}}}, "running is not a value of BatchJobStatus"},
		{"an enum that is a number", filtered, vars{"f": vars{"statuses": 1}}, "1 is not a valid BatchJobStatus"},
		{"an unknown enum", filtered, vars{"f": vars{"statuses": []string{"GONE"}}}, "GONE is not a valid BatchJobStatus"},
		{"an unknown enum in the document", `{ viewer { organization { batchJobs(filter: {statuses: [GONE]}) { totalCount } } } }`, nil, "GONE"},
		{"an invalidRows in lower case", createMutation, vars{"input": input(vars{"invalidRows": "skip"})}, "skip is not a value of InvalidRows"},
		{"a weekday in lower case", createMutation, vars{"input": input(vars{"callWindow": vars{"opens": "09:00", "closes": "10:00", "days": []string{"monday"}}})}, "monday is not a value of Weekday"},
		{"a file that is text", createMutation, vars{"input": input(vars{"contacts": vars{"file": "phone\n+1"}})}, "Upload"},
		{"custom fields that are a list", createMutation, vars{"input": input(vars{"contacts": vars{"list": []vars{{"phone": "+1", "customFields": []int{1}}}}})}, "is not a JSON object"},
		{"an Int of 33 bits", `query ($n: Int) { viewer { organization { agents(first: $n) { nodes { id } } } } }`, vars{"n": 1 << 33}, "32 bits"},
		{"an Int of 33 bits in the document", `{ viewer { organization { agents(first: 8589934592) { nodes { id } } } } }`, nil, ""},
		{"an Int of 100 bits in the document", `{ viewer { organization { agents(first: 1267650600228229401496703205376) { nodes { id } } } } }`, nil, ""},
		{"a number that fits nowhere", `mutation { createBatchJob(input: {fromPhoneNumberId: "a", name: "b", contacts: {list: [{phone: "+1", customFields: {a: 1267650600228229401496703205376}}]}}) { totalContacts } }`, nil, ""},
		{"an unknown field", createMutation, vars{"input": input(vars{"surprise": 1})}, "unknown field"},
		{"defer", `{ viewer { ... @defer { scopes } } }`, nil, "defer"},
	} {
		r := b.post(t, test.query, test.variables)
		if len(r.Errors) == 0 || !strings.Contains(r.raw, test.message) || strings.Contains(r.raw, "INTERNAL_SERVER_ERROR") {
			t.Errorf("%s: %d %s", test.name, r.status, r.raw)
		}
	}
	if strings.Contains(b.log.String(), "level=ERROR") {
		t.Errorf("taken for defects:\n%s", b.log.String())
	}
}
