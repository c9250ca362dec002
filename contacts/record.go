package contacts

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
)

// records cuts a text into records at the line ends outside quotes. A line ends
// with CRLF, LF or a lone CR; a line end after the last record starts no other.
type records struct {
	in        *bufio.Reader
	line      int    // where the last record began, from 1
	next      int    // where the next one begins
	buf       []byte // the last record
	delimiter byte   // only to tell which quote is wrong; a comma until the header is read
}

func newRecords(in *bufio.Reader) *records { return &records{in: in, next: 1, delimiter: ','} }

// read returns the bytes of the next record without its line end, valid until
// the next call, or io.EOF. A record that cannot be CSV is an *calling.Error;
// any other error is the reader's own, wrapped.
func (r *records) read() ([]byte, error) {
	r.line, r.buf = r.next, r.buf[:0]
	quoted := false
	for {
		chunk, err := r.chunk()
		if err != nil {
			return r.end(quoted, err)
		}
		n, ended, err := r.scan(chunk, &quoted)
		if err != nil {
			return nil, err
		}
		r.buf = append(r.buf, chunk[:n]...)
		if len(r.buf) > MaxRowBytes {
			return nil, r.tooLong(quoted)
		}
		if !ended {
			r.discard(n)
			continue
		}
		carriageReturn := chunk[n] == '\r'
		r.discard(n + 1)
		if carriageReturn {
			r.skipLineFeed()
		}
		return r.finish()
	}
}

// chunk returns what is buffered, at least one byte of it.
func (r *records) chunk() ([]byte, error) {
	if _, err := r.in.Peek(1); err != nil {
		return nil, err
	}
	return r.in.Peek(r.in.Buffered())
}

// scan returns how many bytes of the chunk belong to the record and whether a
// line end follows them.
func (r *records) scan(chunk []byte, quoted *bool) (int, bool, error) {
	inside := *quoted
	for i, b := range chunk {
		switch b {
		case '"':
			inside = !inside
		case '\n', '\r':
			if !inside {
				*quoted = inside
				return i, true, nil
			}
		case 0:
			r.buf = append(r.buf, chunk[:i]...)
			return 0, false, invalidCSV("Line %d holds a NUL byte, so the file is not text or not UTF-8; save it as \"CSV UTF-8\" and upload it again.", r.lineAt(len(r.buf)))
		}
	}
	*quoted = inside
	return len(chunk), false, nil
}

func (r *records) discard(n int) {
	_, _ = r.in.Discard(n) // n bytes are buffered
}

func (r *records) skipLineFeed() {
	if b, err := r.in.Peek(1); err == nil && b[0] == '\n' {
		r.discard(1)
	}
}

// end returns the record that the end of the text leaves, which a line end need
// not follow.
func (r *records) end(quoted bool, err error) ([]byte, error) {
	switch {
	case !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read the file of contacts: %w", err)
	case quoted:
		return nil, r.unterminated()
	case len(r.buf) == 0:
		return nil, io.EOF
	}
	return r.finish()
}

func (r *records) finish() ([]byte, error) {
	if !utf8.Valid(r.buf) {
		return nil, invalidCSV("Line %d is not UTF-8 text; save the file as \"CSV UTF-8\" and upload it again.", r.lineAt(invalidUTF8(r.buf)))
	}
	r.next = r.lineAt(len(r.buf)) + 1
	return r.buf, nil
}

// lineAt returns the line of the byte at an offset of the record.
func (r *records) lineAt(offset int) int {
	before := r.buf[:offset]
	return r.line + bytes.Count(before, []byte{'\n'}) + bytes.Count(before, []byte{'\r'}) - bytes.Count(before, []byte("\r\n"))
}

func (r *records) tooLong(quoted bool) error {
	hint := ""
	if quoted {
		hint = " A quote is perhaps never closed."
	}
	return invalidCSV("The row that begins on line %d is longer than 64 KiB.%s", r.line, hint)
}

// unterminated blames the quote that must be mended: a stray quote further up
// leaves the last one open.
func (r *records) unterminated() error {
	if _, fault := split(r.buf, r.delimiter, nil); fault != nil && !fault.unclosed {
		return r.misquoted(fault)
	}
	last := bytes.LastIndexByte(r.buf, '"')
	return invalidCSV("Line %d opens a quoted cell that is never closed; end the cell with a quote, and double every quote inside it.", r.lineAt(last))
}

// misquoted tells of a quote that cannot stand where it stands in the last
// record.
func (r *records) misquoted(fault *quoteFault) error {
	at := r.lineAt(fault.at)
	if !fault.quoted {
		return invalidCSV("Line %d has a quote inside a cell that does not begin with one; put the whole cell in quotes and double every quote inside it.", at)
	}
	return invalidCSV("Line %d has text after a closing quote; double every quote inside a quoted cell, and see that the cell that begins on line %d is closed.", at, r.lineAt(fault.opened))
}

func invalidUTF8(b []byte) int {
	at := 0
	for at < len(b) {
		r, size := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

func invalidCSV(format string, args ...any) error {
	return calling.Errorf(calling.CodeInvalidCSV, format, args...)
}

// quoteFault is a quote where none may stand, or one that is missing.
type quoteFault struct {
	at       int  // offset in the record
	quoted   bool // the cell begins with a quote, at opened
	opened   int
	unclosed bool // the quoted cell runs to the end of the record
}

// split cuts a record into cells, appended to cells[:0]: views of the record,
// or copies where doubled quotes were joined. The record stays as it is.
func split(record []byte, delimiter byte, cells [][]byte) ([][]byte, *quoteFault) {
	cells = cells[:0]
	for start := 0; ; {
		var cell []byte
		end, quoted := 0, start < len(record) && record[start] == '"'
		if quoted {
			cell, end = unquote(record, start)
		} else {
			cell, end = plain(record, start, delimiter)
			if at := bytes.IndexByte(cell, '"'); at >= 0 {
				return cells, &quoteFault{at: start + at}
			}
		}
		if end < 0 {
			return cells, &quoteFault{at: start, quoted: true, opened: start, unclosed: true}
		}
		cells = append(cells, cell)
		if end == len(record) {
			return cells, nil
		}
		if record[end] != delimiter {
			return cells, &quoteFault{at: end, quoted: true, opened: start}
		}
		start = end + 1
	}
}

func plain(record []byte, start int, delimiter byte) (cell []byte, end int) {
	if n := bytes.IndexByte(record[start:], delimiter); n >= 0 {
		return record[start : start+n], start + n
	}
	return record[start:], len(record)
}

// unquote returns the content of the quoted cell whose opening quote is at
// start, and the offset after its closing quote, -1 when there is none.
func unquote(record []byte, start int) (cell []byte, end int) {
	doubled := false
	for at := start + 1; ; at++ {
		n := bytes.IndexByte(record[at:], '"')
		if n < 0 {
			return nil, -1
		}
		at += n
		if at+1 < len(record) && record[at+1] == '"' {
			doubled = true
			at++
			continue
		}
		cell = record[start+1 : at]
		if doubled {
			cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
		}
		return cell, at + 1
	}
}
