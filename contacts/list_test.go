package contacts_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

func readList(items ...contacts.Item) (*contacts.Upload, error) {
	return contacts.ReadList(slices.Values(items))
}

func TestReadList(t *testing.T) {
	t.Parallel()
	name := " Zoë "
	u, err := readList(
		contacts.Item{Phone: "+12025550101", Name: &name, CustomFields: map[string]any{"plan": "<Pro>", "age": json.Number("1.0")}},
		contacts.Item{Phone: "+12025550101"},
		contacts.Item{Phone: "2025550102"},
		contacts.Item{Phone: ""},
		contacts.Item{Phone: "+12025550103", CustomFields: map[string]any{}},
		contacts.Item{Phone: "+12025550104", CustomFields: map[string]any{"a": []any{[]any{[]any{[]any{[]any{}}}}}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := expected{
		Contacts: []contact{
			{1, "+12025550101", "Zoë", readable(t, []byte(`{"age":1.0,"plan":"<Pro>"}`))},
			{5, "+12025550103", "", readable(t, []byte(`{}`))},
		},
		Rejections: []rejection{
			{Row: 3, Phone: "2025550102", Code: calling.RejectedPhoneFormat, Suggestion: "+12025550102"},
			{Row: 4, Code: calling.RejectedPhoneMissing},
			{Row: 6, Phone: "+12025550104", Code: calling.RejectedFieldsTooDeep},
		},
		Duplicates: []contacts.Duplicate{{Row: 2, FirstRow: 1, Phone: "+12025550101"}},
		Columns:    []string{"age", "plan", "a"},
	}
	if diff := cmp.Diff(want, seen(t, u), anyDetail); diff != "" {
		t.Errorf("upload (-want +got):\n%s", diff)
	}
}

func TestReadListProblems(t *testing.T) {
	t.Parallel()
	bad := "\x00"
	for name, test := range map[string]struct {
		item   contacts.Item
		detail string
	}{
		"a NUL in the phone":   {contacts.Item{Phone: "+1\x00"}, "contacts[0].phone holds a NUL character."},
		"a NUL in the name":    {contacts.Item{Name: &bad}, "contacts[0].name holds a NUL character."},
		"a phone not UTF-8":    {contacts.Item{Phone: "\xff"}, "contacts[0].phone holds text that is not UTF-8."},
		"a NUL in a field":     {contacts.Item{CustomFields: map[string]any{"a": "\x00"}}, "contacts[0].customFields holds a NUL character."},
		"a custom phone":       {contacts.Item{CustomFields: map[string]any{"phone": 1}}, "contacts[0].customFields.phone is the contact's own and cannot be a custom field."},
		"a custom name":        {contacts.Item{CustomFields: map[string]any{"name": "x"}}, "contacts[0].customFields.name is the contact's own and cannot be a custom field."},
		"a number too large":   {contacts.Item{CustomFields: map[string]any{"a": json.Number("1e999")}}, "contacts[0].customFields has a number in 'a' that is out of range."},
		"a value that is none": {contacts.Item{CustomFields: map[string]any{"a": math.NaN()}}, "contacts[0].customFields must be JSON values."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readList(test.item)
			assertError(t, err, calling.CodeInvalidRequest, test.detail)
		})
	}
}

func TestReadListErrors(t *testing.T) {
	t.Parallel()
	_, err := readList()
	assertError(t, err, calling.CodeNoValidContacts, "The list of contacts is empty.")
	_, err = readList(contacts.Item{Phone: "x"})
	assertError(t, err, calling.CodeInvalidPhoneFormat, "")
	_, err = readList(slices.Repeat([]contacts.Item{{Phone: "+12025550101"}}, calling.MaxContacts+1)...)
	assertError(t, err, calling.CodeTooManyContacts, "")
}
