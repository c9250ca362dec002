package contacts

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
)

// row is one uploaded row as a door read it, before cleaning.
type row struct {
	phone  string
	name   string
	custom []byte // a JSON object; the cleaner copies what it keeps
	// code is set when the door itself found the row wrong; detail says why.
	code   calling.RejectionCode
	detail string
}

// cleaner sorts rows into contacts, rejections, duplicates and blank rows. The
// doors feed it one row at a time, in order.
type cleaner struct {
	upload *Upload
	seen   map[calling.Number]int // the row that stays
	row    int                    // rows so far
	custom arena
}

func newCleaner(list bool) *cleaner {
	return &cleaner{upload: &Upload{list: list}, seen: map[calling.Number]int{}}
}

func tooMany() error {
	return calling.Errorf(calling.CodeTooManyContacts,
		"A batch job takes at most 10,000 contacts and more were uploaded; split them into several batch jobs.")
}

// blank counts a row with nothing in it.
func (c *cleaner) blank() {
	c.row++
	c.upload.Blank++
}

// add sorts one row that is not blank. Its error, CodeTooManyContacts, ends the
// upload: blank rows do not count toward the limit, all others do.
func (c *cleaner) add(r row) error {
	if c.row-c.upload.Blank == calling.MaxContacts {
		return tooMany()
	}
	c.row++
	r.name = strings.TrimSpace(r.name)
	if r.code != "" {
		c.reject(r, r.code, r.detail)
		return nil
	}
	phone, ok := calling.ParseNumber(r.phone)
	if !ok {
		c.rejectPhone(r)
		return nil
	}
	if len(r.name) > MaxNameLength && utf8.RuneCountInString(r.name) > MaxNameLength {
		c.reject(r, calling.RejectedNameTooLong, fmt.Sprintf("The name is longer than %d characters.", MaxNameLength))
		return nil
	}
	if first, ok := c.seen[phone]; ok {
		c.upload.Duplicates = append(c.upload.Duplicates, Duplicate{
			Row: c.row, FirstRow: first, Phone: phone, Name: r.name, CustomFields: c.custom.keep(r.custom),
		})
		return nil
	}
	c.seen[phone] = c.row
	c.upload.Contacts = append(c.upload.Contacts, Contact{
		Row: c.row, Phone: phone, Name: r.name, CustomFields: c.custom.keep(r.custom),
	})
	return nil
}

func (c *cleaner) rejectPhone(r row) {
	if strings.TrimSpace(r.phone) == "" {
		c.reject(r, calling.RejectedPhoneMissing, "The row has no phone number.")
		return
	}
	c.reject(r, calling.RejectedPhoneFormat, calling.ExplainNumber(r.phone))
}

func (c *cleaner) reject(r row, code calling.RejectionCode, detail string) {
	rejection := Rejection{
		Row: c.row, Phone: shorten(r.phone, maxShownPhone), Code: code, Detail: detail,
		Name: shorten(r.name, MaxNameLength), CustomFields: c.custom.keep(r.custom),
	}
	if code == calling.RejectedPhoneFormat {
		rejection.Suggestion = calling.SuggestNumber(r.phone)
	}
	c.upload.Rejections = append(c.upload.Rejections, rejection)
}

// finish returns the upload, and why no batch job can be made of it.
func (c *cleaner) finish() (*Upload, error) {
	u := c.upload
	if len(u.Contacts) > 0 {
		return u, nil
	}
	if len(u.Rejections) == 0 {
		return u, calling.Errorf(calling.CodeNoValidContacts, "%s", c.nothing())
	}
	common, count := u.commonest()
	code := calling.CodeNoValidContacts
	if u.list && common.Code == calling.RejectedPhoneFormat && count == len(u.Rejections) {
		code = calling.CodeInvalidPhoneFormat
	}
	return u, &calling.Error{
		Code:     code,
		Detail:   fmt.Sprintf("No row has a valid phone number. %s, for example row %d: %s", c.share(common, count), common.Row, common.sentence()),
		Problems: u.problems(),
	}
}

// commonest returns the first rejection with the reason that most rows have, and
// how many have it.
func (u *Upload) commonest() (Rejection, int) {
	tally := map[calling.RejectionCode]int{}
	for _, r := range u.Rejections {
		tally[r.Code]++
	}
	common := u.Rejections[0]
	for _, r := range u.Rejections {
		if tally[r.Code] > tally[common.Code] {
			common = r
		}
	}
	return common, tally[common.Code]
}

// nothing says in which way an upload holds no rows to reject.
func (c *cleaner) nothing() string {
	switch {
	case c.upload.list:
		return "The list of contacts is empty."
	case c.upload.Blank > 0:
		return "The file has a header and only blank rows."
	}
	return "The file has a header and no rows."
}

// share says how many of the rejected rows have the same reason as the commonest.
func (c *cleaner) share(common Rejection, count int) string {
	rejected := len(c.upload.Rejections)
	if rejected == 1 {
		return "The one row was rejected"
	}
	if rejected == count {
		if slices.ContainsFunc(c.upload.Rejections, func(r Rejection) bool { return r.Detail != common.Detail }) {
			return fmt.Sprintf("All %d rows were rejected", rejected) // each for its own, of one kind
		}
		return fmt.Sprintf("All %d rows were rejected for one reason", rejected)
	}
	return fmt.Sprintf("%d of %d rows were rejected for one reason", count, rejected)
}

// shorten returns at most limit characters of s, in memory of its own.
func shorten(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return strings.Clone(s)
}

// arena copies many small pieces into few blocks: ten thousand contacts cost a
// few dozen allocations. A block lives as long as any piece in it.
type arena struct{ free []byte }

// keep returns a copy of b that cannot grow into its neighbor; "{}" for an empty b.
func (a *arena) keep(b []byte) []byte {
	const block = 16 << 10
	if len(b) == 0 {
		b = []byte(noCustomFields)
	}
	if len(b) > len(a.free) {
		a.free = make([]byte, max(block, len(b)))
	}
	n := copy(a.free, b)
	kept := a.free[:n:n]
	a.free = a.free[n:]
	return kept
}
