package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCreateRefusesFields(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, c := range map[string]refusal{
		"no phone number id":     {json: body("fromPhoneNumberId", ""), code: "invalid_request", detail: "fromPhoneNumberId is required.", fields: []string{"fromPhoneNumberId"}},
		"null phone number id":   {json: body("fromPhoneNumberId", "null"), code: "invalid_request", detail: "fromPhoneNumberId is required."},
		"no name":                {json: body("name", ""), code: "invalid_request", detail: "name is required.", fields: []string{"name"}},
		"a blank name":           {json: body("name", `"  "`), code: "invalid_request", detail: "name is required."},
		"a name of 201":          {json: body("name", quote(strings.Repeat("é", 201))), code: "invalid_request", detail: "name must have at most 200 characters; it has 201."},
		"a name of 201 in form":  {form: form("name", strings.Repeat("é", 201)), code: "invalid_request", detail: "name must have at most 200 characters; it has 201."},
		"a line break in a name": {json: body("name", `"a\nb"`), code: "invalid_request", fields: []string{"name"}},
		"a number for a name":    {json: body("name", `5`), code: "invalid_request", detail: "name must be a string.", fields: []string{"name"}},
		"a list for a name":      {json: body("name", `["a"]`), code: "invalid_request", detail: "name must be a string.", fields: []string{"name"}},
		"a description of 1001":  {json: body("description", quote(strings.Repeat("x", 1001))), code: "invalid_request", detail: "description must have at most 1000 characters; it has 1001."},
		"a huge description":     {json: body("description", quote(strings.Repeat("x", 1<<20))), code: "invalid_request", detail: "description is far too long."},
		"a huge form value":      {form: form("description", strings.Repeat("x", 1<<20)), code: "invalid_request", detail: "description is far too long."},

		"limit 0":               {json: body("concurrentCallLimit", "0"), code: "invalid_request", detail: "concurrentCallLimit must be a whole number between 1 and 50; it is '0'.", fields: []string{"concurrentCallLimit"}},
		"limit 51":              {json: body("concurrentCallLimit", "51"), code: "invalid_request", detail: "concurrentCallLimit must be a whole number between 1 and 50; it is '51'."},
		"limit -1 in form":      {form: form("concurrentCallLimit", "-1"), code: "invalid_request", fields: []string{"concurrentCallLimit"}},
		"limit 5.5":             {json: body("concurrentCallLimit", "5.5"), code: "invalid_request", detail: "concurrentCallLimit must be a whole number between 1 and 50; it is '5.5'."},
		"limit five":            {json: body("concurrentCallLimit", `"five"`), code: "invalid_request", detail: "concurrentCallLimit must be a whole number between 1 and 50; it is 'five'."},
		"limit true":            {json: body("concurrentCallLimit", "true"), code: "invalid_request", fields: []string{"concurrentCallLimit"}},
		"limit 1e400":           {json: body("concurrentCallLimit", "1e400"), code: "invalid_request", fields: []string{"concurrentCallLimit"}},
		"limit beyond 64 bits":  {json: body("concurrentCallLimit", "18446744073709551617"), code: "invalid_request", fields: []string{"concurrentCallLimit"}},
		"limit in hexadecimal":  {form: form("concurrentCallLimit", "0x5"), code: "invalid_request", fields: []string{"concurrentCallLimit"}},
		"limit in other digits": {form: form("concurrentCallLimit", "٥"), code: "invalid_request", fields: []string{"concurrentCallLimit"}},
		"attempts 0":            {json: body("maxAttempts", "0"), code: "invalid_request", detail: "maxAttempts must be a whole number between 1 and 10; it is '0'.", fields: []string{"maxAttempts"}},
		"attempts 11":           {form: form("maxAttempts", "11"), code: "invalid_request", fields: []string{"maxAttempts"}},
		"attempts empty string": {json: body("maxAttempts", `""`), code: "invalid_request", fields: []string{"maxAttempts"}},

		"an unknown zone":         {json: body("timezone", `"Mars/Olympus"`), code: "invalid_timezone", detail: "'Mars/Olympus' is not an IANA time zone; use a name such as America/New_York or UTC.", fields: []string{"timezone"}},
		"a zone in another case":  {form: form("timezone", "america/new_york"), code: "invalid_timezone"},
		"the machine's zone":      {json: body("timezone", `"Local"`), code: "invalid_timezone"},
		"a path as zone":          {json: body("timezone", `"../etc/passwd"`), code: "invalid_timezone"},
		"an abbreviation as zone": {json: body("timezone", `"PST"`), code: "invalid_timezone"},
		"an offset as zone":       {json: body("timezone", `"+05:00"`), code: "invalid_timezone"},
		"a number as zone":        {json: body("timezone", `5`), code: "invalid_timezone", fields: []string{"timezone"}},
		"a zone beside an offset": {json: body("timezone", `"Nowhere"`, "scheduledStartTime", `"2025-02-01T00:00:00Z"`), code: "invalid_timezone"},

		"a start in the past by a second": {json: body("scheduledStartTime", `"2025-01-15T11:59:59Z"`), code: "past_scheduled_time", detail: "Scheduled time 2025-01-15T11:59:59Z is in the past; it is now 2025-01-15T12:00:00Z.", fields: []string{"scheduledStartTime"}},
		"a start in the past, form":       {form: form("scheduledStartTime", "2020-01-01T00:00:00"), code: "past_scheduled_time"},
		"a start eleven years ahead":      {json: body("scheduledStartTime", `"2036-01-15T12:00:00Z"`), code: "invalid_request", detail: "scheduledStartTime '2036-01-15T12:00:00Z' is more than ten years ahead."},
		"a date alone":                    {json: body("scheduledStartTime", `"2025-02-28"`), code: "invalid_request", fields: []string{"scheduledStartTime"}},
		"a Unix number":                   {json: body("scheduledStartTime", `1740751200`), code: "invalid_request", detail: "scheduledStartTime must be a string.", fields: []string{"scheduledStartTime"}},
		"a Unix number in form":           {form: form("scheduledStartTime", "1740751200"), code: "invalid_request", fields: []string{"scheduledStartTime"}},
		"the 30th of February":            {json: body("scheduledStartTime", `"2025-02-30T09:00:00"`), code: "invalid_request"},
		"words for a start":               {json: body("scheduledStartTime", `"tomorrow"`), code: "invalid_request"},

		"a word for invalidRows": {json: body("invalidRows", `"drop"`), code: "invalid_request", detail: "invalidRows must be 'skip' or 'reject', not 'drop'.", fields: []string{"invalidRows"}},

		"a NUL in a name":            {json: body("name", `"a\u0000b"`), code: "invalid_request", detail: "name holds a NUL character.", fields: []string{"name"}},
		"a NUL in a form value":      {form: form("fromPhoneNumberId", "phone\x00"), code: "invalid_request", fields: []string{"fromPhoneNumberId"}},
		"Latin-1 in a form value":    {form: form("name", "caf\xe9"), code: "invalid_request", detail: "name is not UTF-8 text.", fields: []string{"name"}},
		"half a surrogate pair":      {json: body("name", `"a\ud83d"`), code: "invalid_request", detail: "name is not text: it holds half a surrogate pair.", fields: []string{"name"}},
		"the wrong half of a pair":   {json: body("name", `"\ude00\ud83d"`), code: "invalid_request", fields: []string{"name"}},
		"a NUL in a description":     {json: body("description", `"\u0000"`), code: "invalid_request", fields: []string{"description"}},
		"a phone number id of a NUL": {json: body("fromPhoneNumberId", `"\u0000"`), code: "invalid_request", fields: []string{"fromPhoneNumberId"}},

		"everything wrong at once": {
			json: `{"timezone":"Nowhere","maxAttempts":99,"name":7,"concurrentCallLimit":"x","description":null,"contacts":[{"phone":"nobody"}]}`,
			code: "invalid_request", fields: []string{"maxAttempts", "name", "concurrentCallLimit", "fromPhoneNumberId", "timezone", "contacts", "contacts[0].phone"},
		},
		"no contacts and a bad field":         {json: `{"name":"A","fromPhoneNumberId":"phone_abc123","maxAttempts":0}`, code: "invalid_request", fields: []string{"maxAttempts", "contacts"}},
		"contacts of no list and a bad field": {json: body("contacts", "5", "maxAttempts", "0"), code: "invalid_request", fields: []string{"maxAttempts", "contacts"}},
		"everything wrong at once in form": {
			form: []part{file("a,b\n1,2\n"), field("timezone", "Nowhere"), field("maxAttempts", "0")},
			code: "invalid_request", fields: []string{"maxAttempts", "fromPhoneNumberId", "name", "timezone", "contacts"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, b)
		})
	}
	t.Cleanup(func() {
		if n := len(b.batches(t)); n > 0 {
			t.Errorf("%d refused requests were stored", n)
		}
	})
}

func TestCreateTakesFields(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, c := range map[string]struct {
		json string
		form []part
		want map[string]any
	}{
		"numbers in strings":       {json: body("concurrentCallLimit", `"7"`, "maxAttempts", `"1"`), want: map[string]any{"effectiveConcurrentCallLimit": 7.0, "worstCaseCostMicros": 35_000.0}},
		"integers written long":    {json: body("concurrentCallLimit", `7.0`, "maxAttempts", `1e1`), want: map[string]any{"effectiveConcurrentCallLimit": 7.0, "worstCaseCostMicros": 350_000.0}},
		"null for what may be out": {json: body("description", "null", "concurrentCallLimit", "null", "maxAttempts", "null", "scheduledStartTime", "null", "timezone", "null", "invalidRows", "null"), want: map[string]any{"status": "pending", "effectiveConcurrentCallLimit": 5.0}},
		"an empty zone":            {json: body("timezone", `""`), want: map[string]any{"status": "pending"}},
		"an empty start":           {json: body("scheduledStartTime", `""`), want: map[string]any{"status": "pending"}},
		"a linked zone":            {json: body("timezone", `"US/Eastern"`, "scheduledStartTime", `"2025-02-28T09:00:00"`), want: map[string]any{"scheduledStartTime": "2025-02-28T14:00:00Z"}},
		"an offset over a zone":    {json: body("timezone", `"America/New_York"`, "scheduledStartTime", `"2025-02-28T09:00:00+01:00"`), want: map[string]any{"scheduledStartTime": "2025-02-28T08:00:00Z"}},
		"a start now":              {json: body("scheduledStartTime", `"2025-01-15T12:00:00Z"`), want: map[string]any{"scheduledStartTime": "2025-01-15T12:00:00Z", "status": "scheduled"}},
		"half a second":            {json: body("scheduledStartTime", `"2025-01-15T12:00:00.5Z"`), want: map[string]any{"scheduledStartTime": "2025-01-15T12:00:00.5Z"}},
		"ten years ahead":          {json: body("scheduledStartTime", `"2035-01-15T12:00:00Z"`), want: map[string]any{"scheduledStartTime": "2035-01-15T12:00:00Z"}},
		"a gap in the clock": {json: body("timezone", `"America/New_York"`, "scheduledStartTime", `"2025-03-09T02:30:00"`), want: map[string]any{
			"scheduledStartTime": "2025-03-09T07:30:00Z", "warnings": []any{map[string]any{"code": "start_in_dst_gap", "detail": "'2025-03-09T02:30:00' does not exist in America/New_York because clocks go forward; the batch job starts at 03:30:00 EDT (2025-03-09T07:30:00Z)."}, missing("{{customerName}}, {{planType}}, {{renewalDate}}")},
		}},
		"an overlap in the clock": {json: body("timezone", `"America/New_York"`, "scheduledStartTime", `"2025-11-02T01:30:00"`), want: map[string]any{
			"scheduledStartTime": "2025-11-02T05:30:00Z", "warnings": []any{map[string]any{"code": "start_in_dst_overlap", "detail": "'2025-11-02T01:30:00' comes twice in America/New_York because clocks go back; the batch job starts at the first, 01:30:00 EDT (2025-11-02T05:30:00Z)."}, missing("{{customerName}}, {{planType}}, {{renewalDate}}")},
		}},
		"a limit above the organization's": {json: body("concurrentCallLimit", "50"), want: map[string]any{
			"effectiveConcurrentCallLimit": 20.0, "warnings": []any{map[string]any{"code": "limit_above_organization", "detail": "concurrentCallLimit is 50, but the organization may have 20 calls at once; that limit decides."}, missing("{{customerName}}, {{planType}}, {{renewalDate}}")},
		}},
		"a name of 200 astral characters": {json: body("name", quote(strings.Repeat("😀", 200))), want: map[string]any{"success": true}},
		"a pair of surrogates":            {json: body("name", `"\ud83d\ude00 \\u0000 \\ud83d"`), want: map[string]any{"success": true}},
		"the replacement character":       {json: body("name", `"\ufffd �"`), want: map[string]any{"success": true}},
		"unknown fields":                  {json: body("Name", `5`, "colour", `{"a":[1,2,{"contacts":1}]}`, "file", `"x"`), want: map[string]any{"success": true}},
		"unknown parts":                   {form: form("Name", "", "colour", "blue", "contacts[0][phone]", "+1"), want: map[string]any{"totalContacts": 3.0}},
		"numbers with space around, form": {form: form("concurrentCallLimit", " 7 "), want: map[string]any{"effectiveConcurrentCallLimit": 7.0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.post(t, c.json, c.form)
			if got.status != http.StatusOK {
				t.Fatalf("%d %s", got.status, got.raw)
			}
			for k, want := range c.want {
				if diff := cmp.Diff(want, got.body[k]); diff != "" {
					t.Errorf("%s: %s", k, diff)
				}
			}
		})
	}
}

// A batch job in an organization's time zone far away from UTC.
func TestCreateReadsWallTimeInItsZone(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC))
	for zone, want := range map[string]string{
		"Asia/Kolkata": "2025-07-01T03:30:00Z", "Pacific/Kiritimati": "2025-06-30T19:00:00Z", "America/St_Johns": "2025-07-01T11:30:00Z",
		"Europe/London": "2025-07-01T08:00:00Z", "Australia/Lord_Howe": "2025-06-30T22:30:00Z", "Etc/GMT+12": "2025-07-01T21:00:00Z",
	} {
		got := b.form(t, form("timezone", zone, "scheduledStartTime", "2025-07-01T09:00:00"))
		if got.body["scheduledStartTime"] != want {
			t.Errorf("%s: %v, want %s", zone, got.body["scheduledStartTime"], want)
		}
	}
}
