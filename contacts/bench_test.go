package contacts_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

func BenchmarkReadCSV10000(b *testing.B) {
	file := sampleCSV(calling.MaxContacts)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if u, err := contacts.ReadCSV(strings.NewReader(file)); err != nil || len(u.Contacts) != calling.MaxContacts {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadCSV10000Baseline reads the same cells with encoding/csv and keeps
// nothing.
func BenchmarkReadCSV10000Baseline(b *testing.B) {
	file := sampleCSV(calling.MaxContacts)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		reader := csv.NewReader(strings.NewReader(file))
		reader.ReuseRecord = true
		for {
			if _, err := reader.Read(); err != nil {
				break
			}
		}
	}
}

func BenchmarkReadJSON10000(b *testing.B) {
	list := sampleJSON(b)
	b.SetBytes(int64(len(list)))
	b.ReportAllocs()
	for b.Loop() {
		u, err := contacts.ReadJSON(json.NewDecoder(strings.NewReader(list)))
		if err != nil || len(u.Contacts) != calling.MaxContacts {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadJSON10000Baseline decodes the same list into maps.
func BenchmarkReadJSON10000Baseline(b *testing.B) {
	list := sampleJSON(b)
	b.SetBytes(int64(len(list)))
	b.ReportAllocs()
	for b.Loop() {
		var elements []map[string]any
		if err := json.NewDecoder(strings.NewReader(list)).Decode(&elements); err != nil {
			b.Fatal(err)
		}
	}
}

// sampleJSON returns the contacts of sampleCSV as a list.
func sampleJSON(b *testing.B) string {
	b.Helper()
	u, err := contacts.ReadCSV(strings.NewReader(sampleCSV(calling.MaxContacts)))
	if err != nil {
		b.Fatal(err)
	}
	elements := make([]string, len(u.Contacts))
	for i, c := range u.Contacts {
		elements[i] = `{"phone":"` + string(c.Phone) + `","name":"` + c.Name + `",` + string(c.CustomFields[1:])
	}
	return "[" + strings.Join(elements, ",\n") + "]"
}
