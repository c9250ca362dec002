package contacts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

func readJSON(text string) (*contacts.Upload, error) {
	return contacts.ReadJSON(json.NewDecoder(strings.NewReader(text)))
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	const phone = calling.Number("+12025550101")
	for name, test := range map[string]struct {
		text    string
		columns []string
		want    contacts.Contact
	}{
		"phone alone": {
			text: `[{"phone":"+12025550101"}]`, want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{}`)},
		},
		"null is no name": {
			text: `[{"phone":" +12025550101\n","name":null}]`, want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{}`)},
		},
		"keys match exactly": {
			text: `[{"Phone":"x","phone":"+12025550101","NAME":1,"name":" Zo\u00eb "}]`, columns: []string{"Phone", "NAME"},
			want: contacts.Contact{Row: 1, Phone: phone, Name: "Zoë", CustomFields: []byte(`{"Phone":"x","NAME":1}`)},
		},
		"escaped keys are the same keys": {
			text: `[{"\u0070hone":"\u002b12025550101","a\u0062":1}]`, columns: []string{"ab"},
			want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{"a\u0062":1}`)},
		},
		"values are kept as they are written": {
			text:    "[ { \"phone\" : \"+12025550101\" , \"n\" : 1.0e+2 , \"big\":12345678901234567890.10, \"o\": {\"b\" : [ true, null , \"a b\\\"\\\\\" ], \"a\":{ } }, \"e\":[ ] } ]",
			columns: []string{"n", "big", "o", "e"},
			want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(
				`{"n":1.0e+2,"big":12345678901234567890.10,"o":{"b":[true,null,"a b\"\\"],"a":{}},"e":[]}`)},
		},
		"a nested field may be given twice": {
			text: `[{"phone":"+12025550101","o":{"a":1,"a":2,"phone":3}}]`, columns: []string{"o"},
			want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{"o":{"a":1,"a":2,"phone":3}}`)},
		},
		"pairs of surrogates and escaped backslashes are text": {
			text: `[{"phone":"+12025550101","s":"\ud83d\ude42 \\u0000 \\\\ud800"}]`, columns: []string{"s"},
			want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{"s":"\ud83d\ude42 \\u0000 \\\\ud800"}`)},
		},
		"five levels": {
			text: `[{"phone":"+12025550101","a":{"b":[{"c":[1]}]}}]`, columns: []string{"a"},
			want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{"a":{"b":[{"c":[1]}]}}`)},
		},
		"the empty key": {
			text: `[{"":0,"phone":"+12025550101"}]`, columns: []string{""},
			want: contacts.Contact{Row: 1, Phone: phone, CustomFields: []byte(`{"":0}`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := readJSON(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]contacts.Contact{test.want}, u.Contacts); diff != "" {
				t.Errorf("contacts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.columns, u.Columns); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadJSONRejectedRows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		element    string
		code       calling.RejectionCode
		phone      string
		suggestion string
	}{
		"malformed phone":         {`{"phone":"(202) 555-0101"}`, calling.RejectedPhoneFormat, "(202) 555-0101", "+12025550101"},
		"a number is not a phone": {`{"phone":12025550101}`, calling.RejectedPhoneFormat, "12025550101", "+12025550101"},
		"nor is an object":        {`{"phone":{"a":1}}`, calling.RejectedPhoneFormat, `{"a":1}`, ""},
		"nor is true":             {`{"phone":true}`, calling.RejectedPhoneFormat, "true", ""},
		"no phone":                {`{}`, calling.RejectedPhoneMissing, "", ""},
		"null phone":              {`{"phone":null}`, calling.RejectedPhoneMissing, "", ""},
		"empty phone":             {`{"phone":" ","name":"x"}`, calling.RejectedPhoneMissing, " ", ""},
		"long name":               {`{"phone":"+12025550101","name":"` + strings.Repeat("x", 256) + `"}`, calling.RejectedNameTooLong, "+12025550101", ""},
		"large fields":            {`{"phone":"+12025550101","a":"` + strings.Repeat("x", 16<<10) + `","b":1,"b":2}`, calling.RejectedFieldsTooBig, "+12025550101", ""},
		"deep fields":             {`{"phone":"+12025550101","a":{"b":[{"c":[[]]}]}}`, calling.RejectedFieldsTooDeep, "+12025550101", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := readJSON(`[{"phone":"+12025550109"},` + test.element + `]`)
			if err != nil {
				t.Fatal(err)
			}
			got := seen(t, u).Rejections
			if diff := cmp.Diff([]rejection{{Row: 2, Phone: test.phone, Code: test.code, Suggestion: test.suggestion}}, got, anyDetail); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			if len(u.Contacts) != 1 || u.Rows() != 2 {
				t.Errorf("%d contacts of %d rows", len(u.Contacts), u.Rows())
			}
		})
	}
	t.Run("custom fields of 16 KiB are kept", func(t *testing.T) {
		t.Parallel()
		u, err := readJSON(`[{"phone":"+12025550101", "a":"` + strings.Repeat("x", 16<<10-len(`{"a":""}`)) + `"}]`)
		if err != nil || len(u.Contacts) != 1 {
			t.Errorf("upload %+v, error %v", u, err)
		}
	})
}

func TestReadJSONProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ element, field, detail string }{
		"a string":             {`"+12025550101"`, "contacts[1]", "contacts[1] must be an object."},
		"null":                 {`null`, "contacts[1]", "contacts[1] must be an object."},
		"a list":               {`["+12025550101"]`, "contacts[1]", "contacts[1] must be an object."},
		"a name not a string":  {`{"phone":"+12025550101","name":5}`, "contacts[1].name", "contacts[1].name must be a string."},
		"phone twice":          {`{"phone":"+12025550101","p\u0068one":"+12025550102"}`, "contacts[1]", "contacts[1] has the field 'phone' twice."},
		"a field twice":        {`{"a":"+12025550101","a":1}`, "contacts[1]", "contacts[1] has the field 'a' twice."},
		"an escaped NUL":       {`{"phone":"+12025550101","a":["\\\u0000"]}`, "contacts[1]", "contacts[1] holds a NUL character."},
		"a NUL in a key":       {`{"a\u0000":1}`, "contacts[1]", "contacts[1] holds a NUL character."},
		"a lone high half":     {`{"name":"\ud83d"}`, "contacts[1]", "contacts[1] holds half a surrogate pair, which is not text."},
		"a lone low half":      {`{"name":"\uDE42"}`, "contacts[1]", "contacts[1] holds half a surrogate pair, which is not text."},
		"two high halves":      {`{"name":"\ud83d\ud83d"}`, "contacts[1]", "contacts[1] holds half a surrogate pair, which is not text."},
		"bytes not UTF-8":      {"{\"name\":\"Zo\xeb\"}", "contacts[1]", "contacts[1] holds text that is not UTF-8."},
		"a number too large":   {`{"a":[-1e309]}`, "contacts[1]", "contacts[1] has a number in 'a' that is out of range."},
		"an exponent too low":  {`{"a":0e-999999}`, "contacts[1]", "contacts[1] has a number in 'a' that is out of range."},
		"a number too long":    {`{"a":` + strings.Repeat("9", 310) + `}`, "contacts[1]", "contacts[1] has a number in 'a' that is out of range."},
		"an exponent of words": {`{"a":1e99999999999999999999}`, "contacts[1]", "contacts[1] has a number in 'a' that is out of range."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readJSON(`[{"phone":"+12025550109"},` + test.element + `]`)
			want := &calling.Error{Code: calling.CodeInvalidRequest, Detail: test.detail, Problems: []calling.Problem{
				{Field: test.field, Row: 2, Code: calling.CodeInvalidRequest, Detail: test.detail},
			}}
			var got *calling.Error
			if !errors.As(err, &got) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("all are told at once", func(t *testing.T) {
		t.Parallel()
		_, err := readJSON(`[1,{"name":2},{"phone":"x"},[]]`)
		assertError(t, err, calling.CodeInvalidRequest, "contacts[0] must be an object. The contacts have 2 more problems.")
		var e *calling.Error
		if errors.As(err, &e) && len(e.Problems) != 3 {
			t.Errorf("%d problems: %v", len(e.Problems), e.Problems)
		}
	})
}

func TestReadJSONErrors(t *testing.T) {
	t.Parallel()
	const format = calling.CodeInvalidPhoneFormat
	for name, test := range map[string]struct {
		text   string
		code   calling.Code
		detail string
	}{
		"not a list":            {`"x"`, calling.CodeInvalidRequest, "contacts must be a list of objects."},
		"null":                  {`null`, calling.CodeInvalidRequest, "contacts must be a list of objects."},
		"an object":             {`{"a":[{}]}`, calling.CodeInvalidRequest, "contacts must be a list of objects."},
		"nothing":               {``, calling.CodeInvalidRequest, "The request is not valid JSON: it ends too early."},
		"half a list":           {`[{"phone":"+12025550101"}`, calling.CodeInvalidRequest, "The request is not valid JSON: it ends too early."},
		"half an element":       {`[{"phone":"+1202`, calling.CodeInvalidRequest, "The request is not valid JSON: it ends too early."},
		"half an object":        {`{"a":1`, calling.CodeInvalidRequest, "The request is not valid JSON: it ends too early."},
		"no comma":              {`[{} {}]`, calling.CodeInvalidRequest, ""},
		"a comma too many":      {`[{"phone":"+12025550101"},]`, calling.CodeInvalidRequest, ""},
		"the wrong bracket":     {`[{"phone":"+12025550101"}}`, calling.CodeInvalidRequest, ""},
		"a raw NUL":             {"[{\"phone\":\"\x00\"}]", calling.CodeInvalidRequest, ""},
		"too deep to read":      {strings.Repeat("[", 20000), calling.CodeInvalidRequest, ""},
		"an empty list":         {`[]`, calling.CodeNoValidContacts, "The list of contacts is empty."},
		"all malformed":         {`[{"phone":"x"},{"phone":1}]`, format, `No row has a valid phone number. All 2 rows were rejected, for example row 1: "x": The phone number holds characters that are neither digits nor formatting; write one number as +12025550101.`},
		"malformed and missing": {`[{"phone":"x"},{}]`, calling.CodeNoValidContacts, ""},
		"all missing":           {`[{},{}]`, calling.CodeNoValidContacts, "No row has a valid phone number. All 2 rows were rejected for one reason, for example row 1: The row has no phone number."},
		"too many":              {"[" + strings.Repeat(`{"phone":"x"},`, 10000) + `{}]`, calling.CodeTooManyContacts, ""},
		"too many broken":       {"[" + strings.Repeat(`1,`, 10000) + `1]`, calling.CodeTooManyContacts, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := readJSON(test.text)
			assertError(t, err, test.code, test.detail)
		})
	}
	t.Run("a problem of a row has a path", func(t *testing.T) {
		t.Parallel()
		_, err := readJSON(`[{"phone":"x"}]`)
		var e *calling.Error
		if !errors.As(err, &e) || len(e.Problems) != 1 || e.Problems[0].Field != "contacts[0].phone" || e.Problems[0].Row != 1 {
			t.Errorf("error %+v", e)
		}
	})
	t.Run("the reader's failure is its own", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("connection reset")
		for _, text := range []string{"", "[", `[{"phone":"+1`, `{"a":`} {
			_, err := contacts.ReadJSON(json.NewDecoder(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))))
			if !errors.Is(err, broken) || calling.CodeOf(err) != calling.CodeInternal {
				t.Errorf("%q: error %v", text, err)
			}
		}
	})
}

func TestReadJSONConsumesOneValue(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"contacts": `[{"phone":"+12025550101"}]`, "an empty list": `[]`, "problems": `[1,2]`, "an object": `{"a":{"b":[1e700]},"c":2}`, "null": `null`, "a number": `1e700`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dec := json.NewDecoder(strings.NewReader(`{"contacts":` + value + `,"name":"x"}`))
			for range 2 { // the brace and the key
				if _, err := dec.Token(); err != nil {
					t.Fatal(err)
				}
			}
			_, _ = contacts.ReadJSON(dec)
			if next, err := dec.Token(); next != "name" || err != nil {
				t.Errorf("the next token is %v (%v)", next, err)
			}
		})
	}
}

func TestReadJSONColumnsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, `,{"phone":"+1202555%04d"`, i)
		for j := range 100 {
			fmt.Fprintf(&b, `,"field_%d_%d":1`, i, j)
		}
		b.WriteString(`,"field_0_0_":1,"last":1}`)
	}
	u, err := readJSON("[" + b.String()[1:] + "]")
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Columns) != 1000 {
		t.Errorf("%d columns are named", len(u.Columns))
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(u.Columns))); len(unique) != len(u.Columns) {
		t.Errorf("only %d columns are different", len(unique))
	}
}
