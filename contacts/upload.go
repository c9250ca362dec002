package contacts

import (
	"encoding/json"
	"fmt"

	"github.com/outdial/outdial/calling"
)

// The limits of an upload. The number of rows is calling.MaxContacts.
const (
	MaxColumns           = 100      // of a CSV file
	MaxRowBytes          = 64 << 10 // of a CSV row, as UTF-8, its quotes counted and its line end not
	MaxCustomFieldsBytes = 16 << 10 // of one contact of a JSON or GraphQL list, as JSON without white space
	MaxCustomFieldsDepth = 5        // of the same; an object without objects or lists inside has depth 1
	MaxNameLength        = 255      // characters of a contact's name
	MaxProblems          = 100      // rows or elements named in one error
	maxListedColumns     = 1000     // of a list whose contacts have ever new fields
	maxShownPhone        = 64       // characters of a rejected phone that are kept
	noCustomFields       = "{}"     // what a contact without custom fields has
	exampleNumber        = "+12025550101"
)

// Contact is one valid row of an upload.
type Contact struct {
	Row          int             // as Rejection.Row
	Phone        calling.Number  // unique in the upload
	Name         string          // without outer white space, at most MaxNameLength characters; empty when there is none
	CustomFields json.RawMessage // one JSON object in the order of the upload, without white space between tokens; never nil
}

// Rejection is one row of an upload that is not a contact.
type Rejection struct {
	// Row counts the rows of a file from 1, not counting the header: blank rows
	// count, a quoted cell with line breaks stays in its row. In a spreadsheet it
	// is one less than the number at the left edge. In a list it is the place of
	// the element, also from 1.
	Row          int
	Phone        string // as uploaded, cut after 64 characters; in a list, the JSON text of a phone that is not a string
	Code         calling.RejectionCode
	Detail       string          // a sentence that says what to do
	Suggestion   string          // a valid number to show to a person; empty when any guess would be invented
	Name         string          // as Contact.Name, but cut after MaxNameLength characters; for an export of the rejected rows
	CustomFields json.RawMessage // as Contact.CustomFields; "{}" when they are what was rejected
}

// Duplicate is one row with the number of an earlier contact.
type Duplicate struct {
	Row      int // as Rejection.Row
	FirstRow int // the row that stayed
	Phone    calling.Number
	Name     string // as Contact.Name; for an export of the rejected rows

	CustomFields json.RawMessage // as Contact.CustomFields
}

// Upload is what a file or a list holds. Every slice is in the order of the
// rows, and the caller owns all of it.
type Upload struct {
	Contacts   []Contact
	Rejections []Rejection
	Duplicates []Duplicate
	Blank      int // rows in which every cell is empty or white space
	// Columns names the custom fields in order of first appearance, phone and
	// name left out. A file has at most MaxColumns; of a list's fields the first
	// 1,000 are named.
	Columns []string

	list   bool     // the rows are elements of a list named contacts
	header []Column // of a file: its columns in order, not described
}

// Rows returns how many rows were uploaded: contacts, rejections, duplicates and
// blank rows together.
func (u *Upload) Rows() int {
	return len(u.Contacts) + len(u.Rejections) + len(u.Duplicates) + u.Blank
}

// Reject returns nil when no row was rejected, else an *calling.Error with
// CodeInvalidPhoneFormat that names the first MaxProblems rejected rows. It is
// for callers who want all rows or none; duplicates and blank rows are no
// reason to refuse.
func (u *Upload) Reject() error {
	if len(u.Rejections) == 0 {
		return nil
	}
	first := u.Rejections[0]
	return &calling.Error{
		Code:     calling.CodeInvalidPhoneFormat,
		Detail:   fmt.Sprintf("%s cannot be used, the first being row %d: %s", calling.Plural(len(u.Rejections), "row"), first.Row, first.sentence()),
		Problems: u.problems(),
	}
}

// problems tells of the first rejected rows as problems of a request.
func (u *Upload) problems() []calling.Problem {
	shown := u.Rejections[:min(len(u.Rejections), MaxProblems)]
	problems := make([]calling.Problem, len(shown))
	for i, r := range shown {
		problems[i] = calling.Problem{Field: u.field(r), Row: r.Row, Code: r.problemCode(), Detail: r.sentence()}
	}
	return problems
}

// field names what is to blame for a rejection.
func (u *Upload) field(r Rejection) string {
	name := ""
	switch r.Code {
	case calling.RejectedPhoneFormat, calling.RejectedPhoneMissing, calling.RejectedDuplicate:
		name = "phone"
	case calling.RejectedNameTooLong:
		name = "name"
	case calling.RejectedRowTooLong, calling.RejectedFieldsTooBig, calling.RejectedFieldsTooDeep:
	}
	switch {
	case !u.list:
		return name
	case name == "":
		return element(r.Row)
	}
	return element(r.Row) + "." + name
}

// problemCode returns the public code that covers the rejection.
func (r Rejection) problemCode() calling.Code {
	if r.Code == calling.RejectedPhoneFormat || r.Code == calling.RejectedPhoneMissing {
		return calling.CodeInvalidPhoneFormat
	}
	return calling.CodeInvalidRequest
}

// sentence returns the detail with what was uploaded and what may be meant.
func (r Rejection) sentence() string {
	s := r.Detail
	if r.Code == calling.RejectedPhoneFormat {
		s = fmt.Sprintf("%q: %s", r.Phone, s)
	}
	if r.Suggestion != "" {
		s += " Perhaps " + r.Suggestion + "."
	}
	return s
}

// element returns the JSON path of the list element that is row number row.
func element(row int) string { return fmt.Sprintf("contacts[%d]", row-1) }
