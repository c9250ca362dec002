package contacts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/outdial/outdial/calling"
)

const (
	phoneField = "phone"
	nameField  = "name"
)

// header says what each column of a file holds.
type header struct {
	delimiter   byte
	columns     []column
	phone, name int  // places of these columns; name is -1 when there is none
	exported    bool // the file is an export of rejected rows
}

// column is one column of a file.
type column struct {
	name    string // trimmed
	key     []byte // the name as a JSON key with its colon; nil for phone, name and an export's own columns
	unnamed bool   // the header cell is blank
	used    bool   // a row has the field
	own     bool   // an export added it
}

// readHeader reads the first record that is not blank, after an optional line
// such as "sep=;", which Excel writes and understands.
func readHeader(in *records) (*header, error) {
	record, err := firstRecord(in)
	if err != nil {
		return nil, err
	}
	delimiters := []byte{',', ';', '\t'}
	if d, ok := declaredDelimiter(record); ok {
		if !bytes.Contains(delimiters, []byte{d}) {
			return nil, invalidCSV("Line %d declares the delimiter %q; use a comma, a semicolon or a tab.", in.line, d)
		}
		delimiters = []byte{d}
		if record, err = firstRecord(in); err != nil {
			return nil, err
		}
	}
	delimiter, cells, fault := cut(record, delimiters)
	in.delimiter = delimiter
	if fault != nil {
		return nil, in.misquoted(fault)
	}
	return newHeader(delimiter, cells)
}

// firstRecord skips what is blank.
func firstRecord(in *records) ([]byte, error) {
	for {
		record, err := in.read()
		if errors.Is(err, io.EOF) {
			return nil, invalidCSV("The file is empty; upload a CSV file with a header row and a 'phone' column.")
		}
		if err != nil || len(bytes.Trim(record, "\t ,;\"\u00a0\ufeff")) > 0 {
			return record, err
		}
	}
}

// declaredDelimiter returns the delimiter that a line such as sep=; declares.
func declaredDelimiter(record []byte) (byte, bool) {
	line := strings.TrimLeft(strings.Trim(string(record), `"`), " ")
	const mark = "sep="
	if len(line) != len(mark)+1 || !strings.EqualFold(line[:len(mark)], mark) {
		return 0, false
	}
	return line[len(mark)], true
}

// cut splits the header at the first delimiter that gives it a phone column,
// else at the one that gives it most columns.
func cut(record []byte, delimiters []byte) (delimiter byte, cells [][]byte, fault *quoteFault) {
	for _, d := range delimiters {
		found, wrong := split(record, d, nil)
		if wrong == nil {
			for _, c := range found {
				if strings.EqualFold(headerName(c), phoneField) {
					return d, found, nil
				}
			}
		}
		better := wrong == nil && (fault != nil || len(found) > len(cells))
		if delimiter == 0 || better {
			delimiter, cells, fault = d, found, wrong
		}
	}
	return delimiter, cells, fault
}

// headerName returns a header cell without white space around it. A byte order
// mark is left there when files with one each were joined.
func headerName(cell []byte) string {
	return strings.TrimFunc(string(cell), func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}

func newHeader(delimiter byte, cells [][]byte) (*header, error) {
	h := &header{delimiter: delimiter, columns: make([]column, len(cells)), phone: -1, name: -1}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = headerName(c)
	}
	from, to := findOwn(names)
	h.exported = to > 0
	if n := len(cells) - (to - from); n > MaxColumns {
		return nil, invalidCSV("The header has %d columns; at most %d are read. Remove the columns that the calls do not need.", n, MaxColumns)
	}
	places := map[string]int{}
	duplicate := ""
	for i, name := range names {
		own := i >= from && i < to
		if h.exported && !own {
			name = string(unprotected([]byte(name)))
		}
		h.columns[i] = column{name: name, unnamed: name == "", own: own}
		if name == "" || own {
			continue
		}
		folded := strings.ToLower(name)
		if first, ok := places[folded]; ok && duplicate == "" {
			duplicate = fmt.Sprintf("The header has the column %s twice, in places %d and %d; rename or remove one.", quoted(name), first+1, i+1)
		}
		places[folded] = i
	}
	phone, ok := places[phoneField]
	if !ok {
		return nil, h.missingPhone()
	}
	if duplicate != "" {
		return nil, invalidCSV("%s", duplicate)
	}
	h.phone = phone
	if name, ok := places[nameField]; ok {
		h.name = name
	}
	h.makeKeys(places)
	return h, nil
}

// makeKeys names the columns without a name, so that no two fields share a
// name, and encodes the names of the custom fields.
func (h *header) makeKeys(places map[string]int) {
	for i := range h.columns {
		c := &h.columns[i]
		if i == h.phone || i == h.name || c.own {
			continue
		}
		if c.unnamed {
			c.name = "column_" + strconv.Itoa(i+1)
			for _, taken := places[c.name]; taken; _, taken = places[c.name] {
				c.name += "_"
			}
		}
		c.key = append(appendString(nil, []byte(c.name)), ':')
	}
}

// customNames returns the names of the custom fields, without the columns that
// have neither a name nor a value.
func (h *header) customNames() []string {
	var names []string
	for _, c := range h.columns {
		if c.key != nil && (c.used || !c.unnamed) {
			names = append(names, c.name)
		}
	}
	return names
}

// found returns the columns in the order of the file, without those that have
// neither a name nor a value.
func (h *header) found() []Column {
	var columns []Column
	for i, c := range h.columns {
		switch {
		case c.own:
		case i == h.phone:
			columns = append(columns, Column{Name: c.name, Use: PhoneColumn})
		case i == h.name:
			columns = append(columns, Column{Name: c.name, Use: NameColumn})
		case c.used || !c.unnamed:
			columns = append(columns, Column{Name: c.name, Use: FieldColumn})
		}
	}
	return columns
}

// missingPhone answers with the product page's own words, and a hint beside
// them where there is one.
func (h *header) missingPhone() error {
	names := make([]string, len(h.columns))
	for i, c := range h.columns {
		names[i] = quoted(c.name)
	}
	err := calling.Errorf(calling.CodeMissingPhoneColumn, "CSV must have 'phone' column. Found columns: [%s]", strings.Join(names, ", "))
	for _, c := range h.columns {
		hint := ""
		if _, ok := calling.ParseNumber(c.name); ok {
			hint = "The first row looks like a contact; put a header row such as phone,name above it."
		} else if meansPhone(c.name) {
			hint = "Rename the column " + quoted(c.name) + " to 'phone'."
		}
		if hint != "" {
			err.Problems = []calling.Problem{{Field: "file", Code: err.Code, Detail: hint}}
			break
		}
	}
	return err
}

// meansPhone reports whether a column is probably the one with the numbers.
func meansPhone(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"phone", "mobile", "cell", "number", "msisdn"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return name == "tel" || name == "telefon"
}

// quoted writes a column name the way Python's repr does, as the product page
// shows it, cut after 60 characters.
func quoted(name string) string {
	const limit = 60
	quote := '\''
	if strings.ContainsRune(name, quote) && !strings.ContainsRune(name, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range shorten(name, limit) {
		switch {
		case r == quote || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	b.WriteRune(quote)
	return b.String()
}
