package rest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

func TestCreateRefusesContacts(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, c := range map[string]refusal{
		"no phone column":          {form: form("file", "name,email\nJohn,j@example.com\n"), code: "missing_phone_column", detail: "CSV must have 'phone' column. Found columns: ['name', 'email']"},
		"an empty file":            {form: []part{field("fromPhoneNumberId", "phone_abc123"), field("name", "Test"), file("")}, code: "invalid_csv"},
		"a workbook":               {form: form("file", "PK\x03\x04\x00\x00"), code: "invalid_csv"},
		"a NUL in the file":        {form: form("file", "phone\n+12025550101\x00\n"), code: "invalid_csv"},
		"Latin-1 in the file":      {form: form("file", "phone,name\n+12025550101,Ren\xe9\n"), code: "invalid_csv", detail: "Line 2…"},
		"an open quote":            {form: form("file", "phone,name\n+12025550101,\"John\n"), code: "invalid_csv", detail: "Line 2…"},
		"a column twice":           {form: form("file", "phone,phone\n+12025550101,+12025550102\n"), code: "invalid_csv"},
		"a header alone":           {form: form("file", "phone,name\n"), code: "no_valid_contacts"},
		"no valid row":             {form: form("file", "phone\n2025550101\n"), code: "no_valid_contacts"},
		"10,001 rows":              {form: form("file", csvOf(10_001)), code: "too_many_contacts"},
		"10,001 contacts":          {json: body("contacts", "["+strings.Repeat(`{"phone":"+12025550101"},`, 10_000)+`{"phone":"+12025550101"}]`), code: "too_many_contacts"},
		"10,001 and a bad field":   {json: body("contacts", "["+strings.Repeat(`{"phone":"+12025550101"},`, 10_000)+`{"phone":"+12025550101"}]`, "maxAttempts", "0"), code: "invalid_request", fields: []string{"maxAttempts", "contacts"}},
		"no valid contact":         {json: body("contacts", `[{"phone":"(202) 555-0101"}]`), code: "invalid_phone_format", fields: []string{"contacts[0].phone"}},
		"no contact":               {json: body("contacts", "[]"), code: "no_valid_contacts"},
		"contacts without phones":  {json: body("contacts", `[{"name":"A"}]`), code: "no_valid_contacts"},
		"Phone is not phone":       {json: body("contacts", `[{"Phone":"+12025550101"}]`), code: "no_valid_contacts"},
		"reject, and a bad row":    {json: body("contacts", `[{"phone":"+12025550101"},{"phone":"12"}]`, "invalidRows", `"reject"`), code: "invalid_phone_format", fields: []string{"contacts[1].phone"}},
		"reject, a bad CSV row":    {form: form("file", "phone\n+12025550101\n12\n", "invalidRows", "reject"), code: "invalid_phone_format", fields: []string{"phone"}},
		"contacts as an object":    {json: body("contacts", `{"phone":"+12025550101"}`), code: "invalid_request", fields: []string{"contacts"}},
		"contacts null":            {json: body("contacts", `null`), code: "invalid_request", fields: []string{"contacts"}},
		"contacts of numbers":      {json: body("contacts", `[1]`), code: "invalid_request", fields: []string{"contacts[0]"}},
		"a NUL in a contact":       {json: body("contacts", `[{"phone":"+12025550101","x":"\u0000"}]`), code: "invalid_request", fields: []string{"contacts[0]"}},
		"Latin-1 in a contact":     {json: body("contacts", "[{\"phone\":\"+12025550101\",\"x\":\"\xe9\"}]"), code: "invalid_request"},
		"no contacts in JSON":      {json: body("contacts", ""), code: "invalid_request", fields: []string{"contacts"}},
		"no contacts in form":      {form: form("file", ""), code: "invalid_csv", fields: []string{"file"}},
		"file and contacts":        {form: form("contacts", `[{"phone":"+12025550101"}]`), code: "invalid_request", detail: "Send the contacts either as file or as contacts, not both.", fields: []string{"contacts"}},
		"contacts and file":        {form: append([]part{field("contacts", `[{"phone":"+12025550101"}]`)}, form()...), code: "invalid_request", fields: []string{"contacts"}},
		"two files":                {form: append(form(), file(sample)), code: "invalid_request", detail: "file is given more than once.", fields: []string{"file"}},
		"a part twice":             {form: append(form(), field("name", "Other")), code: "invalid_request", detail: "name is given more than once.", fields: []string{"name"}},
		"1,001 parts":              {form: append(form(), slices.Repeat([]part{field("x", "")}, 998)...), code: "invalid_request", detail: "The request has more than 1000 fields."},
		"1,001 fields":             {json: "{" + strings.Repeat(`"x":1,`, 998) + strings.TrimPrefix(body(), "{"), code: "invalid_request", detail: "The request has more than 1000 fields."},
		"two parts 400 times":      {form: append(form(), slices.Repeat([]part{field("name", "Other"), file(sample)}, 400)...), code: "invalid_request", fields: []string{"name", "file"}},
		"a field twice":            {json: strings.Replace(body(), "{", `{"name": "Other", `, 1), code: "invalid_request", detail: "name is given more than once.", fields: []string{"name"}},
		"contacts twice":           {json: strings.Replace(body(), "{", `{"contacts": [{"phone":"+12025550109"}], `, 1), code: "invalid_request", fields: []string{"contacts"}},
		"null and then a value":    {json: strings.Replace(body(), "{", `{"name": null, `, 1), code: "invalid_request", fields: []string{"name"}},
		"a contacts part not JSON": {form: form("file", "", "contacts", `[{"phone"`), code: "invalid_request"},
		"a contacts part and more": {form: form("file", "", "contacts", `[{"phone":"+12025550101"}] x`), code: "invalid_request", fields: []string{"contacts"}},
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

func TestCreateRefusesBrokenJSON(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, json := range map[string]string{
		"nothing":                   "",
		"a list":                    "[" + body() + "]",
		"a string":                  `"x"`,
		"null":                      "null",
		"cut off":                   body()[:20],
		"cut off in the contacts":   body()[:len(body())-4],
		"a second value":            body() + body(),
		"a bracket too many":        body() + "}",
		"words after it":            body() + " x",
		"a NUL after it":            body() + "\x00",
		"a trailing comma":          strings.TrimSuffix(body(), "}") + ",}",
		"single quotes":             strings.ReplaceAll(body(), `"`, `'`),
		"a comment":                 "/* x */" + body(),
		"Latin-1 in a name":         body("name", "\"caf\xe9\""),
		"Latin-1 in an unknown key": strings.Replace(body(), "{", "{\"caf\xe9\": 1, ", 1),
		"Latin-1 after it":          body() + "\xe9",
		"a bare NUL in a name":      body("name", "\"a\x00b\""),
		"half a character at end":   body("name", "\"a\xe2\x82"),
		"UTF-16":                    "\xff\xfe{\x00}\x00",
		"depth without end":         body("x", strings.Repeat("[", 1<<16)),
		"an endless number":         body("x", "1."+strings.Repeat("0", 10)+"e"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal{json: json, code: "invalid_request"}.check(t, b)
		})
	}
	t.Cleanup(func() {
		if n := len(b.batches(t)); n > 0 {
			t.Errorf("%d refused requests were stored", n)
		}
	})
}

func TestCreateReportsRows(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	got := b.form(t, form("file", "Phone,Name\n+12025550101,A\n(202) 555-0102,B\n\n,C\n+12025550101,D\n+12025550103,E,F\n"))
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	want := map[string]any{"totalContacts": 1.0, "rejectedContacts": 3.0, "duplicateContacts": 1.0, "blankRows": 1.0, "message": "Batch job created with 1 contact"}
	for k, v := range want {
		if got.body[k] != v {
			t.Errorf("%s is %v, want %v", k, got.body[k], v)
		}
	}
	rows, _ := got.body["rejections"].([]any)
	var codes []string
	for _, row := range rows {
		m, _ := row.(map[string]any)
		codes = append(codes, fmt.Sprint(m["row"], " ", m["phone"], " ", m["code"], " ", m["suggestion"]))
		if detail, _ := m["detail"].(string); detail == "" {
			t.Errorf("row without detail: %v", m)
		}
	}
	wantRows := []string{
		"2 (202) 555-0102 invalid_phone_format +12025550102", "4  missing_phone <nil>",
		"5 +12025550101 duplicate <nil>", "6 +12025550103 row_too_long <nil>",
	}
	if diff := cmp.Diff(wantRows, codes); diff != "" {
		t.Error(diff)
	}
}

func TestCreateKeepsPhoneInAnotherCaseAsCustomField(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	got := b.json(t, body("contacts", `[{"phone":"+12025550101","Phone":"+12025550102","NAME":{"a":[1.50,true,null]}}]`))
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.raw)
	}
	person := b.store.Read().Contact.Query().OnlyX(system(t))
	if want := `{"Phone":"+12025550102","NAME":{"a":[1.50,true,null]}}`; string(person.CustomFields) != want || person.Phone != "+12025550101" {
		t.Errorf("stored %s %s", person.Phone, person.CustomFields)
	}
}

func TestCreateLooksForTheNumber(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	other, err := b.accounts.CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 5, CreditMicros: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	b.change(t, func(ctx context.Context, tx *store.Tx) error {
		tx.Ent.Agent.Create().SetID("agent_other").SetCreatedAt(pageTime()).SetOrganizationID(other.ID).
			SetName("Other").SetArchitecture(calling.Pipeline).SetSystemPrompt("Hello {{name}}").SaveX(ctx)
		tx.Ent.PhoneNumber.Create().SetID("phone_other").SetCreatedAt(pageTime()).SetOrganizationID(other.ID).
			SetNumber("+12025550150").SetOutboundAgentID("agent_other").SaveX(ctx)
		return nil
	})

	for name, c := range map[string]refusal{
		"an unknown number":             {json: body("fromPhoneNumberId", `"phone_nobody"`), code: "not_found", detail: "Phone number phone_nobody not found"},
		"another organization's number": {json: body("fromPhoneNumberId", `"phone_other"`), code: "not_found", detail: "Phone number phone_other not found"},
		"a number without agent":        {json: body("fromPhoneNumberId", `"phone_noagent"`), code: "no_outbound_agent"},
		"a text agent":                  {json: body("fromPhoneNumberId", `"phone_text"`), code: "agent_not_voice_capable", detail: "Agent 'Text agent' is a text agent and cannot make voice calls.…"},
		"phones come before the number": {json: body("fromPhoneNumberId", `"phone_nobody"`, "contacts", `[{"phone":"1"}]`), code: "invalid_phone_format"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, b)
		})
	}

	t.Run("the other organization dials with it as far as its credits go", func(t *testing.T) {
		t.Parallel()
		two := body("fromPhoneNumberId", `"phone_other"`, "contacts", `[{"phone":"+12025550101"},{"phone":"+12025550102"}]`)
		bearer := header("Authorization", "Bearer "+other.Key)
		if got := b.json(t, two, bearer); got.status != http.StatusOK || !cmp.Equal(got.body["warnings"], []any{}) {
			t.Errorf("%d %s", got.status, got.raw)
		}
		got := b.json(t, two, bearer)
		want := "Insufficient credits: $0.07 for 2 contacts, but only $0.03 are available. Add credits or call fewer contacts."
		if got.status != http.StatusBadRequest || got.code() != "insufficient_credits" || got.detail() != want {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})
}

func TestCreateTakesPartsInAnyOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	parts := []part{
		file(sample), field("name", "Order"), field("fromPhoneNumberId", "phone_abc123"), field("scheduledStartTime", "2025-02-28T09:00:00"),
		field("timezone", "America/New_York"), field("concurrentCallLimit", "2"),
	}
	for i := range parts {
		turned := append(append([]part{}, parts[i:]...), parts[:i]...)
		got := b.form(t, turned)
		if got.status != http.StatusOK || got.body["estimatedDuration"] != "4 minutes" || got.body["scheduledStartTime"] != "2025-02-28T14:00:00Z" {
			t.Errorf("%v: %d %s", turned, got.status, got.raw)
		}
	}
}

func TestCreateTakesFilesAndLists(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, parts := range map[string][]part{
		"a file without a file name":        {field("file", sample)},
		"a file with another name":          {{name: "file", value: sample, file: "../../../x.exe"}},
		"a file with CRLF":                  {file(strings.ReplaceAll(sample, "\n", "\r\n"))},
		"a file with BOM and semicolons":    {file("\ufeff" + strings.ReplaceAll(sample, ",", ";"))},
		"a list as part":                    {field("contacts", `[{"phone":"+12025550101"},{"phone":"+12025550102"},{"phone":"+12025550103"}]`)},
		"a list as part with a file name":   {{name: "contacts", value: `[{"phone":"+12025550101"},{"phone":"+12025550102"},{"phone":"+12025550103"}]` + "\n", file: "x.json"}},
		"a file beside the name of a field": {{name: "file", value: sample, file: `na"me.csv`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.form(t, append(parts, field("fromPhoneNumberId", "phone_abc123"), field("name", "Test")))
			if got.status != http.StatusOK || got.body["totalContacts"] != 3.0 {
				t.Errorf("%d %s", got.status, got.raw)
			}
		})
	}
}

// Handwritten clients leave the last line break out, or add lines after it.
func TestCreateTakesAnyEndOfAForm(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	whole, contentType := encode(t, form())
	bare := strings.TrimSuffix(string(whole), "\r\n")
	for _, end := range []string{"", "\r\n", "\r\n\r\n", "\r\nan epilogue\r\n", " \t\r\n"} {
		got := b.send(t, http.MethodPost, "/batch/create", contentType, strings.NewReader(bare+end))
		if got.status != http.StatusOK || got.body["totalContacts"] != 3.0 {
			t.Errorf("%q: %d %s", end, got.status, got.raw)
		}
	}
}
