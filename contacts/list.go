package contacts

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"

	"github.com/outdial/outdial/calling"
)

const listField = "contacts"

// Item is one element of a list that is already decoded.
type Item struct {
	Phone        string
	Name         *string        // nil is no name
	CustomFields map[string]any // what encoding/json marshals; json.Number keeps a number's text
}

// ReadList reads contacts that are already decoded, as from GraphQL variables.
// The rules are ReadJSON's, and so are the errors. Custom fields are encoded in
// the order of their names; a custom field named phone or name is a problem,
// those being the contact's own.
func ReadList(items iter.Seq[Item]) (*Upload, error) {
	l := newList()
	for item := range items {
		if err := l.addItem(item); err != nil {
			return nil, err
		}
	}
	return l.finish()
}

// list turns the elements of a list into rows. Elements that break the contract
// of the API are problems, all told at once; elements that are merely no contact
// to dial are rejected rows.
type list struct {
	cleaner  *cleaner
	problems []calling.Problem
	broken   int // elements with a problem, told or not
	fields   map[string]*field
	row      int    // the element being read, from 1
	custom   []byte // its custom fields
	nested   int    // their depth
}

func newList() *list { return &list{cleaner: newCleaner(true), fields: map[string]*field{}} }

func (l *list) addItem(item Item) error {
	if err := l.begin(); err != nil {
		return err
	}
	r := row{phone: item.Phone}
	if item.Name != nil {
		r.name = *item.Name
	}
	if detail := textFault([]byte(r.phone)); detail != "" {
		l.problem(".phone", detail)
		return nil
	}
	if detail := textFault([]byte(r.name)); detail != "" {
		l.problem(".name", detail)
		return nil
	}
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	if item.CustomFields == nil {
		raw.WriteString(noCustomFields)
	} else if err := encoder.Encode(item.CustomFields); err != nil {
		l.problem(".customFields", "must be JSON values.")
		return nil
	}
	object := bytes.TrimSpace(raw.Bytes())
	if detail := escapeFault(object); detail != "" {
		l.problem(".customFields", detail)
		return nil
	}
	for key, value := range members(object) {
		f := l.field(key)
		if f.name == phoneField || f.name == nameField {
			l.problem(".customFields."+f.name, "is the contact's own and cannot be a custom field.")
			return nil
		}
		if detail := l.addField(f, key, value); detail != "" {
			l.problem(".customFields", detail)
			return nil
		}
	}
	return l.end(r)
}

// begin starts the next element.
func (l *list) begin() error {
	if l.row == calling.MaxContacts {
		return tooMany()
	}
	l.row++
	l.custom = append(l.custom[:0], '{')
	l.nested = 1
	if len(l.fields) > 10*maxListedColumns {
		l.forgetFields()
	}
	return nil
}

// forgetFields bounds the memory that contacts with ever new fields take.
func (l *list) forgetFields() {
	clear(l.fields)
	for _, name := range l.cleaner.upload.Columns {
		l.fields[name] = &field{name: name, listed: true}
	}
}

// field is a field that contacts of the list have.
type field struct {
	name   string
	row    int  // the last element that has it
	listed bool // it is one of the columns
}

// field returns the field that a quoted key names.
func (l *list) field(key []byte) *field {
	if bytes.IndexByte(key, '\\') < 0 {
		if f := l.fields[string(key[1:len(key)-1])]; f != nil {
			return f
		}
	}
	name := unquoteJSON(key)
	f := l.fields[name]
	if f == nil {
		f = &field{name: name}
		l.fields[name] = f
	}
	return f
}

// use notes that the element has the field; it says so when it had it before.
func (l *list) use(f *field) string {
	if f.row == l.row {
		return "has the field " + quoted(f.name) + " twice."
	}
	f.row = l.row
	return ""
}

// addField adds a custom field, or says why the element breaks the contract.
func (l *list) addField(f *field, key, value []byte) string {
	if len(l.custom) > MaxCustomFieldsBytes {
		return "" // the element is rejected whatever follows
	}
	if detail := l.use(f); detail != "" {
		return detail
	}
	if u := l.cleaner.upload; !f.listed && len(u.Columns) < maxListedColumns {
		f.listed = true
		u.Columns = append(u.Columns, f.name)
	}
	if len(l.custom) > 1 {
		l.custom = append(l.custom, ',')
	}
	l.custom = append(append(l.custom, key...), ':')
	var depth int
	var ok bool
	if l.custom, depth, ok = appendCompact(l.custom, value); !ok {
		return "has a number in " + quoted(f.name) + " that is out of range."
	}
	l.nested = max(l.nested, 1+depth)
	return ""
}

// end hands a whole element to the cleaner.
func (l *list) end(r row) error {
	l.custom = append(l.custom, '}')
	switch {
	case r.code != "":
	case len(l.custom) > MaxCustomFieldsBytes:
		r.code, r.detail = calling.RejectedFieldsTooBig, "The custom fields are larger than 16 KiB."
	case l.nested > MaxCustomFieldsDepth:
		r.code, r.detail = calling.RejectedFieldsTooDeep, "The custom fields are nested more than 5 levels deep."
	}
	if len(l.custom) <= MaxCustomFieldsBytes && l.nested <= MaxCustomFieldsDepth {
		r.custom = l.custom
	}
	return l.cleaner.add(r)
}

// problem notes that the element, or the part of it that path names, breaks the
// contract.
func (l *list) problem(path, detail string) {
	l.broken++
	if len(l.problems) < MaxProblems {
		field := element(l.row) + path
		l.problems = append(l.problems, calling.Problem{
			Field: field, Row: l.row, Code: calling.CodeInvalidRequest, Detail: field + " " + detail,
		})
	}
}

func (l *list) finish() (*Upload, error) {
	if l.broken == 0 {
		return l.cleaner.finish()
	}
	detail := l.problems[0].Detail
	if l.broken > 1 {
		detail += " The contacts have " + calling.Plural(l.broken-1, "more problem") + "."
	}
	return nil, &calling.Error{Code: calling.CodeInvalidRequest, Detail: detail, Problems: slices.Clip(l.problems)}
}
