package contacts_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

func FuzzReadCSV(f *testing.F) {
	for _, v := range vectors(f) {
		if file := v.file(); len(file) < 4<<10 {
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var u *contacts.Upload
		var err error
		allocated := allocatedBy(func() { u, err = contacts.ReadCSV(bytes.NewReader(file)) })
		if limit := uint64(4<<20 + 200*len(file)); allocated > limit {
			t.Errorf("%d bytes of file allocated %d", len(file), allocated)
		}
		checkUpload(t, u, err)
		if err != nil {
			return
		}
		again, err := contacts.ReadCSV(strings.NewReader(writeCSV(u)))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if len(again.Contacts) != len(u.Contacts) {
			t.Fatalf("%d contacts were %d", len(again.Contacts), len(u.Contacts))
		}
		if diff := cmp.Diff(u.Contacts, again.Contacts, cmpopts.IgnoreFields(contacts.Contact{}, "Row", "CustomFields")); diff != "" {
			t.Errorf("contacts read again (-first +again):\n%s", diff)
		}
	})
}

// writeCSV writes the phones and names of an upload as a file with every cell
// quoted.
func writeCSV(u *contacts.Upload) string {
	var b strings.Builder
	b.WriteString("phone,name\r\n")
	for _, c := range u.Contacts {
		b.WriteString(string(c.Phone) + `,"` + strings.ReplaceAll(c.Name, `"`, `""`) + "\"\r\n")
	}
	return b.String()
}

func FuzzReadJSON(f *testing.F) {
	for _, text := range []string{
		`[{"phone":"+12025550101","name":"John","customerName":"John Smith","n":[1.50,{"a":null}]}]`,
		"[ { \"Phone\" : 1 , \"phone\" : \"+12025550101\" } , {\"\\u0070hone\":\"(202) 555-0102\"} ]",
		`[{"phone":"+12025550101","a":"\ud83d\ude42\\u0000"},{"phone":"+12025550101"}]`,
		`[{"a":"\u0000"},{"a":"\ud800"},{"name":5},1,null,{"a":1,"a":2},{"a":1e999}]`,
		`[{"phone":"+12025550101","a":[[[[[[]]]]]]}]`, `[{},{}]`, `[]`, `{"a":1}`, `null`, `[{"phone":`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var u *contacts.Upload
		var err error
		allocated := allocatedBy(func() { u, err = contacts.ReadJSON(json.NewDecoder(bytes.NewReader(text))) })
		if limit := uint64(4<<20 + 200*len(text)); allocated > limit {
			t.Errorf("%d bytes of JSON allocated %d", len(text), allocated)
		}
		checkUpload(t, u, err)
		var elements []map[string]json.RawMessage
		if u == nil || json.Unmarshal(text, &elements) != nil {
			return
		}
		for _, c := range u.Contacts {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(c.CustomFields, &fields); err != nil {
				t.Fatal(err)
			}
			want := elements[c.Row-1]
			delete(want, "phone")
			delete(want, "name")
			for name, value := range want {
				var compact bytes.Buffer
				if err := json.Compact(&compact, value); err != nil {
					t.Fatal(err)
				}
				if got := string(fields[name]); got != compact.String() {
					t.Errorf("row %d: %q is %s, was %s", c.Row, name, got, value)
				}
			}
			if len(fields) != len(want) {
				t.Errorf("row %d has %d custom fields, had %d", c.Row, len(fields), len(want))
			}
		}
	})
}

// checkUpload checks what holds for every upload, whatever was sent.
func checkUpload(t *testing.T, u *contacts.Upload, err error) {
	t.Helper()
	if err != nil {
		var e *calling.Error
		if u != nil && len(u.Contacts) > 0 || !errors.As(err, &e) || e.Code.Status() != 400 || e.Detail == "" || !utf8.ValidString(e.Detail) {
			t.Errorf("upload %v with error %v", u, err)
		}
		return
	}
	rows := map[int]bool{}
	phones := map[calling.Number]int{}
	last := 0
	for _, c := range u.Contacts {
		if n, ok := calling.ParseNumber(string(c.Phone)); !ok || n != c.Phone || phones[c.Phone] != 0 {
			t.Errorf("row %d: phone %q is not valid, not trimmed or not unique", c.Row, c.Phone)
		}
		if c.Row <= last || !validFields(c.CustomFields) || c.Name != strings.TrimSpace(c.Name) || !utf8.ValidString(c.Name) {
			t.Errorf("contact %+v", c)
		}
		last, phones[c.Phone], rows[c.Row] = c.Row, c.Row, true
	}
	for _, r := range u.Rejections {
		if r.Detail == "" || !utf8.ValidString(r.Phone) || !validFields(r.CustomFields) || rows[r.Row] {
			t.Errorf("rejection %+v", r)
		}
		if _, ok := calling.ParseNumber(r.Suggestion); r.Suggestion != "" && !ok {
			t.Errorf("row %d: %q suggests %q", r.Row, r.Phone, r.Suggestion)
		}
		rows[r.Row] = true
	}
	for _, d := range u.Duplicates {
		if phones[d.Phone] != d.FirstRow || d.FirstRow >= d.Row || rows[d.Row] {
			t.Errorf("duplicate %+v", d)
		}
		rows[d.Row] = true
	}
	if len(u.Contacts) == 0 || len(rows)+u.Blank != u.Rows() {
		t.Errorf("%d contacts, %d different rows and %d blank of %d", len(u.Contacts), len(rows), u.Blank, u.Rows())
	}
}

func validFields(object json.RawMessage) bool {
	return json.Valid(object) && utf8.Valid(object) && object[0] == '{'
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
