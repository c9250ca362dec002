package contacts

import (
	"bytes"
	"slices"
	"strings"
)

// ColumnUse says what a column is read as.
type ColumnUse int

// The uses of a column.
const (
	PhoneColumn ColumnUse = iota // the number to dial
	NameColumn                   // the person's name
	FieldColumn                  // a custom field
)

// Column is a column of an upload and what contacts have in it.
type Column struct {
	Name    string
	Use     ColumnUse
	Samples []string // the first values that differ, at most three, each cut after 100 characters
	Empty   int      // contacts whose value is missing, null or nothing but spaces
}

const (
	maxSamples      = 3
	maxSampleLength = 100
)

// Described is what Describe found.
type Described struct {
	Columns []Column

	fields  map[string]*Column
	persons int
}

// Describe looks at every contact once, and returns the columns in the order of
// the file; of a list, the custom fields. Custom fields named also are counted
// even where they are no columns. Where no row is a contact, the samples are
// those of rejected rows.
func (u *Upload) Describe(also []string) *Described {
	d := &Described{Columns: slices.Clone(u.header), fields: map[string]*Column{}, persons: len(u.Contacts)}
	if u.list {
		for _, name := range u.Columns {
			d.Columns = append(d.Columns, Column{Name: name, Use: FieldColumn})
		}
	}
	var phone, name Column
	for i := range d.Columns {
		c := &d.Columns[i]
		c.Empty = d.persons
		if c.Use == FieldColumn {
			d.fields[c.Name] = c
		}
	}
	for _, field := range also {
		if d.fields[field] == nil {
			d.fields[field] = &Column{Name: field, Use: FieldColumn, Empty: d.persons}
		}
	}
	for _, c := range u.Contacts {
		phone.see(string(c.Phone), true)
		name.see(c.Name, true)
		d.see(c.CustomFields, true)
	}
	if d.persons == 0 {
		for _, r := range u.Rejections {
			phone.see(r.Phone, false)
			name.see(r.Name, false)
			d.see(r.CustomFields, false)
		}
	}
	for i := range d.Columns {
		switch c := &d.Columns[i]; c.Use {
		case PhoneColumn:
			c.Samples, c.Empty = phone.Samples, d.persons+phone.Empty
		case NameColumn:
			c.Samples, c.Empty = name.Samples, d.persons+name.Empty
		case FieldColumn:
		}
	}
	return d
}

// Missing returns how many contacts have no value in a custom field that is a
// column or was named to Describe; all of them for another one.
func (d *Described) Missing(field string) int {
	if c := d.fields[field]; c != nil {
		return c.Empty
	}
	return d.persons
}

// see looks at the custom fields of one row.
func (d *Described) see(object []byte, counts bool) {
	for key, value := range members(object) {
		c := d.fields[string(key[1:len(key)-1])]
		if c == nil || bytes.IndexByte(key, '\\') >= 0 {
			if c = d.fields[unquoteJSON(key)]; c == nil {
				continue
			}
		}
		switch {
		case string(value) == "null":
		case value[0] != '"':
			c.see(string(value), counts)
		case len(c.Samples) == maxSamples: // the text itself matters no more
			c.count(len(bytes.Trim(value[1:len(value)-1], " ")) > 0 && counts)
		default:
			c.see(unquoteJSON(value), counts)
		}
	}
}

// see takes one value into account.
func (c *Column) see(text string, counts bool) {
	if strings.Trim(text, " ") == "" {
		return
	}
	c.count(counts)
	if len(c.Samples) == maxSamples {
		return
	}
	if sample := shorten(text, maxSampleLength); !slices.Contains(c.Samples, sample) {
		c.Samples = append(c.Samples, sample)
	}
}

func (c *Column) count(has bool) {
	if has {
		c.Empty--
	}
}
