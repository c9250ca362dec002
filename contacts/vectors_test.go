package contacts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

// vector is one file and what is read from it; exactly one of Text and Base64 is
// set. The dashboard's reader, studio/ui/src/newbatch/reading, is held to the same
// file of vectors, so that the two never disagree.
type vector struct {
	Name   string  `json:"name"`
	Text   *string `json:"text"`
	Base64 []byte  `json:"base64"`

	Error *struct {
		Code   calling.Code `json:"code"`
		Detail string       `json:"detail"`
		Hint   string       `json:"hint"` // what to do about a missing phone column
	} `json:"error"`

	expected
}

type expected struct {
	Contacts   []contact            `json:"contacts"`
	Rejections []rejection          `json:"rejections"`
	Duplicates []contacts.Duplicate `json:"duplicates"`
	Blank      int                  `json:"blank"`
	Columns    []string             `json:"columns"`
}

type contact struct {
	Row          int             `json:"row"`
	Phone        calling.Number  `json:"phone"`
	Name         string          `json:"name"`
	CustomFields json.RawMessage `json:"customFields"`
}

type rejection struct {
	Row        int                   `json:"row"`
	Phone      string                `json:"phone"`
	Code       calling.RejectionCode `json:"code"`
	Suggestion string                `json:"suggestion"`
	Detail     string                `json:"detail"`
}

// anyDetail compares rejections whatever they say.
//
//nolint:gochecknoglobals // is never written
var anyDetail = cmpopts.IgnoreFields(rejection{}, "Detail")

func TestReadCSVVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			upload, err := contacts.ReadCSV(bytes.NewReader(v.file()))
			if v.Error != nil {
				assertError(t, err, v.Error.Code, v.Error.Detail)
				if hint := hintOf(err); hint != v.Error.Hint {
					t.Errorf("hint %q, want %q", hint, v.Error.Hint)
				}
				return
			}
			if err != nil {
				t.Fatalf("ReadCSV: %v", err)
			}
			if diff := cmp.Diff(v.expected, seen(t, upload)); diff != "" {
				t.Errorf("upload (-want +got):\n%s", diff)
			}
		})
	}
}

// hintOf returns what an error about a missing phone column says beside itself.
func hintOf(err error) string {
	e, ok := errors.AsType[*calling.Error](err)
	if !ok || e.Code != calling.CodeMissingPhoneColumn || len(e.Problems) == 0 {
		return ""
	}
	return e.Problems[0].Detail
}

func (v vector) file() []byte {
	if v.Text != nil {
		return []byte(*v.Text)
	}
	return v.Base64
}

func vectors(tb testing.TB) []vector {
	tb.Helper()
	file, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		tb.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(file, &all); err != nil {
		tb.Fatal(err)
	}
	for i := range all {
		for j := range all[i].Contacts {
			all[i].Contacts[j].CustomFields = readable(tb, all[i].Contacts[j].CustomFields)
		}
	}
	return all
}

// seen returns of an upload what a vector tells.
func seen(tb testing.TB, u *contacts.Upload) expected {
	tb.Helper()
	e := expected{
		Contacts: []contact{}, Rejections: []rejection{}, Duplicates: []contacts.Duplicate{},
		Blank: u.Blank, Columns: append([]string{}, u.Columns...),
	}
	for _, c := range u.Contacts {
		e.Contacts = append(e.Contacts, contact{Row: c.Row, Phone: c.Phone, Name: c.Name, CustomFields: readable(tb, c.CustomFields)})
	}
	for _, d := range u.Duplicates {
		e.Duplicates = append(e.Duplicates, contacts.Duplicate{Row: d.Row, FirstRow: d.FirstRow, Phone: d.Phone})
	}
	for _, r := range u.Rejections {
		e.Rejections = append(e.Rejections, rejection{r.Row, r.Phone, r.Code, r.Suggestion, r.Detail})
		if r.Detail == "" || !strings.HasSuffix(r.Detail, ".") {
			tb.Errorf("row %d: the detail %q is not a sentence", r.Row, r.Detail)
		}
	}
	return e
}

// readable writes strings in one way, so that escapes that mean the same are
// equal; the order of fields stays.
func readable(tb testing.TB, object json.RawMessage) json.RawMessage {
	tb.Helper()
	var out bytes.Buffer
	dec := json.NewDecoder(bytes.NewReader(object))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return out.Bytes()
		}
		if err := json.NewEncoder(&out).Encode(tokenText(token)); err != nil {
			tb.Fatal(err)
		}
	}
}

func tokenText(token json.Token) any {
	if d, ok := token.(json.Delim); ok {
		return d.String()
	}
	return token
}

func assertError(t *testing.T, err error, code calling.Code, detail string) {
	t.Helper()
	var e *calling.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want %s", err, code)
	}
	if e.Code != code || detail != "" && e.Detail != detail {
		t.Errorf("error\n %s: %s\nwant\n %s: %s", e.Code, e.Detail, code, detail)
	}
}
