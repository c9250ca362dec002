package contacts

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/outdial/outdial/calling"
)

// ReadCSV reads a file of contacts: UTF-8, or UTF-16 with a byte order mark,
// delimited by commas, semicolons or tabs, whichever makes the header have a
// phone column. Quoting is strict (RFC 4180): a stray quote may hide rows, and
// then the wrong people are called.
//
// Header names are trimmed; phone and name are found in any case, all other
// columns are custom fields. A column without a name is called column_4 after
// its place, and only contacts with something in it have that field. Cells of
// custom fields are kept exactly as they are, as JSON strings, a missing cell
// being "". An export of rejected rows is known by its own columns, which are left
// out, and its cells are read as they were uploaded. A row with more cells than
// columns is rejected unless the surplus is blank. Blank lines before the header
// do not count as rows.
//
// An error that the file deserves is an *calling.Error with CodeInvalidCSV,
// CodeMissingPhoneColumn or CodeTooManyContacts (reading stops at once), and there
// is no upload then; or CodeNoValidContacts, and the upload says what there was.
// Any other error is r's own, wrapped. ReadCSV buffers 32 KiB and keeps one row of at most MaxRowBytes
// beside the upload.
func ReadCSV(r io.Reader) (*Upload, error) {
	text, err := openText(bufio.NewReaderSize(r, bufferBytes))
	if err != nil {
		return nil, err
	}
	in := newRecords(text)
	head, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	t := table{header: head, records: in, cleaner: newCleaner(false)}
	for {
		record, err := in.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.add(record)
		}
		if err != nil {
			return nil, err
		}
	}
	t.cleaner.upload.Columns, t.cleaner.upload.header = t.header.customNames(), t.header.found()
	return t.cleaner.finish()
}

const bufferBytes = 32 << 10

// table turns the records after the header into rows.
type table struct {
	header  *header
	records *records
	cleaner *cleaner
	cells   [][]byte // of the last record
	custom  []byte   // of the last row
}

func (t *table) add(record []byte) error {
	cells, fault := split(record, t.header.delimiter, t.cells)
	if fault != nil {
		return t.records.misquoted(fault)
	}
	t.cells = cells
	if allBlank(cells) {
		t.cleaner.blank()
		return nil
	}
	if t.header.exported {
		cells = t.header.unprotect(cells)
	}
	columns := len(t.header.columns)
	r := row{phone: string(cellAt(cells, t.header.phone)), name: string(cellAt(cells, t.header.name)), custom: t.customFields(cells)}
	if len(cells) > columns && !allBlank(cells[columns:]) {
		r.code = calling.RejectedRowTooLong
		r.detail = "The row has " + calling.Plural(len(cells), "cell") + " and the header " + calling.Plural(columns, "column") +
			"; put a cell that holds the delimiter in quotes."
	}
	return t.cleaner.add(r)
}

// customFields encodes the cells of the custom columns as a JSON object, valid
// until the next call.
func (t *table) customFields(cells [][]byte) []byte {
	b := append(t.custom[:0], '{')
	for i := range t.header.columns {
		c := &t.header.columns[i]
		value := cellAt(cells, i)
		if c.key == nil || c.unnamed && blank(value) {
			continue
		}
		c.used = true
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, c.key...)
		b = appendString(b, value)
	}
	t.custom = append(b, '}')
	return t.custom
}

// cellAt returns the cell of a column; nothing when the row is short or there is
// no such column (-1).
func cellAt(cells [][]byte, column int) []byte {
	if column < 0 || column >= len(cells) {
		return nil
	}
	return cells[column]
}

func allBlank(cells [][]byte) bool {
	for _, c := range cells {
		if !blank(c) {
			return false
		}
	}
	return true
}

func blank(cell []byte) bool {
	return len(cell) == 0 || len(bytes.TrimSpace(cell)) == 0
}

// appendString appends UTF-8 text as a JSON string. Only what JSON requires is
// escaped.
func appendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, b := range text {
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
	}
	dst = append(dst, text[from:]...)
	return append(dst, '"')
}
