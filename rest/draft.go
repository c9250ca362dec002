package rest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
)

// maxScalar is how many bytes the value of a field other than file and contacts
// may have: far more than any field takes, and little enough to hold.
const maxScalar = 16 << 10

// maxFields is how many fields a request may have, unknown ones counted: reading
// a body full of tiny ones would take seconds.
const maxFields = 1000

// The fields that hold the contacts.
const (
	fileField     = "file"
	contactsField = "contacts"
)

// draft is a create request while its body is read. The parts come in any order
// and what is wrong with them is told together, so it is judged at the end.
type draft struct {
	request dialer.CreateRequest
	fields  int
	seen    map[string]int // how often a field was given, null or not
	source  string         // the field the contacts were read from; empty = none so far
	both    bool           // the contacts were given as file and as contacts
}

func newDraft() *draft { return &draft{seen: map[string]int{}} }

// kind says how a value was written.
type kind string

const (
	formValue  kind = "form"   // text, which may mean a number
	jsonString kind = "string" // the same, in quotes
	jsonNumber kind = "number" // the literal of a number
	jsonOther  kind = "other"  // true, false, a list or an object
)

// scalar is the value of one field.
type scalar struct {
	kind kind
	text string
}

// textual reports whether the value can be text.
func (v scalar) textual() bool { return v.kind == formValue || v.kind == jsonString }

// refuse notes what is wrong with a field.
func (d *draft) refuse(field string, code calling.Code, format string, args ...any) {
	d.request.FieldProblems = append(d.request.FieldProblems,
		calling.Problem{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// next counts a field.
func (d *draft) next() error {
	d.fields++
	if d.fields > maxFields {
		return calling.Errorf(calling.CodeInvalidRequest, "The request has more than %d fields.", maxFields)
	}
	return nil
}

// first reports whether the field comes for the first time, and refuses it when
// it does not: once, or a body full of repetitions would be answered with as
// many problems.
func (d *draft) first(field string) bool {
	d.seen[field]++
	if d.seen[field] == 2 {
		d.refuse(field, calling.CodeInvalidRequest, "%s is given more than once.", field)
	}
	return d.seen[field] == 1
}

// isScalar reports whether a field of this name is one that set knows.
func isScalar(field string) bool {
	switch field {
	case "fromPhoneNumberId", "name", "description", "concurrentCallLimit", "maxAttempts",
		"scheduledStartTime", "timezone", "invalidRows":
		return true
	}
	return false
}

// set fills a field in, or notes why its value cannot be one.
func (d *draft) set(field string, v scalar) {
	switch field {
	case "concurrentCallLimit":
		d.request.ConcurrentCallLimit = d.integer(field, v, calling.MaxConcurrentCalls)
		return
	case "maxAttempts":
		d.request.MaxAttempts = d.integer(field, v, calling.MaxMaxAttempts)
		return
	}
	text, ok := d.text(field, v)
	if !ok {
		return
	}
	switch field {
	case "fromPhoneNumberId":
		d.request.FromPhoneNumberID = text
	case "name":
		d.request.Name = text
	case "description":
		d.request.Description = &text
	case "scheduledStartTime":
		d.request.ScheduledStartTime = &text
	case "timezone":
		d.request.Timezone = &text
	case "invalidRows":
		d.invalidRows(text)
	}
}

// text returns a value that must be text.
func (d *draft) text(field string, v scalar) (string, bool) {
	fault := ""
	switch {
	case !v.textual() && field == "timezone":
		d.refuse(field, calling.CodeInvalidTimezone, "timezone must be a string, an IANA name such as America/New_York.")
		return "", false
	case !v.textual():
		fault = "must be a string"
	case len(v.text) > maxScalar:
		fault = "is far too long"
	default:
		fault = textFault(v.text)
	}
	if fault != "" {
		d.refuse(field, calling.CodeInvalidRequest, "%s %s.", field, fault)
		return "", false
	}
	return v.text, true
}

// integer returns a value that must be a whole number between 1 and most; nil
// when it is not.
func (d *draft) integer(field string, v scalar, most int) *int {
	n, ok := 0, false
	switch v.kind {
	case formValue, jsonString:
		n, ok = decimal(strings.TrimSpace(v.text))
	case jsonNumber:
		n, ok = whole(v.text)
	case jsonOther:
	}
	if !ok || n < 1 || n > most {
		d.refuse(field, calling.CodeInvalidRequest, "%s must be a whole number between 1 and %d; it is %s.",
			field, most, calling.Quote(v.text))
		return nil
	}
	return &n
}

// decimal reads digits, with a minus sign or without.
func decimal(s string) (int, bool) {
	if strings.HasPrefix(s, "+") {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// whole reads the literal of a JSON number that is an integer, however it is
// written: 5, 5.0 and 5e0 are the same number.
func whole(literal string) (int, bool) {
	if n, ok := decimal(literal); ok {
		return n, true
	}
	const exact = 1 << 31
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || f < -exact || f > exact || f != float64(int(f)) {
		return 0, false
	}
	return int(f), true
}

func (d *draft) invalidRows(text string) {
	switch text {
	case "skip":
	case "reject":
		d.request.RejectInvalidRows = true
	default:
		d.refuse("invalidRows", calling.CodeInvalidRequest, "invalidRows must be 'skip' or 'reject', not %s.", calling.Quote(text))
	}
}

// opens reports whether the contacts are to be read from this field: the first
// file or contacts that comes.
func (d *draft) opens(field string) bool {
	if !d.first(field) {
		return false
	}
	if d.source != "" {
		d.both = true
		return false
	}
	d.source = field
	return true
}

// read keeps what came of the contacts.
func (d *draft) read(upload *contacts.Upload, err error) {
	d.request.Upload, d.request.UploadErr = upload, err
}

// finish judges whether the contacts came exactly once; none is what to say when
// they did not come.
func (d *draft) finish(none *calling.Error) {
	switch {
	case d.both:
		d.read(nil, blame(contactsField, calling.CodeInvalidRequest, "Send the contacts either as file or as contacts, not both."))
	case d.source == "":
		d.read(nil, none)
	}
}

// blame makes an error of one field.
func blame(field string, code calling.Code, detail string) *calling.Error {
	return &calling.Error{Code: code, Detail: detail, Problems: []calling.Problem{{Field: field, Code: code, Detail: detail}}}
}
