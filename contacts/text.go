package contacts

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// openText looks at the beginning of a file and returns its text as UTF-8
// without byte order mark. It refuses what is plainly another kind of file.
func openText(in *bufio.Reader) (*bufio.Reader, error) {
	start, err := in.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the file of contacts: %w", err)
	}
	for _, kind := range otherFiles() {
		if bytes.HasPrefix(start, []byte(kind.start)) {
			return nil, invalidCSV("The file looks like %s, not CSV; %s.", kind.name, kind.advice)
		}
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3) // peeked above
	case bytes.HasPrefix(start, []byte("\xff\xfe")):
		_, _ = in.Discard(2)
		return bufio.NewReaderSize(&utf16Reader{in: in, order: binary.LittleEndian}, bufferBytes), nil
	case bytes.HasPrefix(start, []byte("\xfe\xff")):
		_, _ = in.Discard(2)
		return bufio.NewReaderSize(&utf16Reader{in: in, order: binary.BigEndian}, bufferBytes), nil
	}
	return in, nil
}

type otherFile struct{ start, name, advice string }

// otherFiles lists what people upload in place of CSV, by its first bytes.
func otherFiles() []otherFile {
	const save, unpack = `open it in a spreadsheet, save it as "CSV UTF-8" and upload that`, "unpack it and upload the CSV file inside"
	const text, send = "upload a CSV file", "send it as contacts in a JSON request"
	return []otherFile{
		{"PK\x03\x04", "an Excel workbook (.xlsx) or a zip archive", save},
		{"PK\x05\x06", "an empty zip archive", text},
		{"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", save},
		{"%PDF-", "a PDF document", text},
		{"{\\rtf", "a rich text document", save},
		{"\x1f\x8b", "a gzip archive", unpack},
		{"BZh", "a bzip2 archive", unpack},
		{"7z\xbc\xaf", "a 7-Zip archive", unpack},
		{"Rar!", "a RAR archive", unpack},
		{"\x89PNG", "a PNG image", text},
		{"\xff\xd8\xff", "a JPEG image", text},
		{"GIF8", "a GIF image", text},
		{"\xff\xfe\x00\x00", "UTF-32 text", `save it as "CSV UTF-8"`},
		{"\x00\x00\xfe\xff", "UTF-32 text", `save it as "CSV UTF-8"`},
		{"[{", "JSON", send},
		{"[\n", "JSON", send},
		{"[\r", "JSON", send},
		{"{\"", "JSON", send},
		{"{\n", "JSON", send},
		{"{\r", "JSON", send},
		{"<", "a web page or XML", save},
	}
}

// utf16Reader turns UTF-16 into UTF-8. Half a pair or half a unit becomes bytes
// that are not UTF-8, so that whoever reads the lines can name the one at fault.
type utf16Reader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	rest  []byte // encoded and not yet read
	high  uint16 // the first half of a pair, 0 when none waits
	buf   [4 * utf8.UTFMax]byte
}

// Read reads at least one byte of UTF-8.
func (u *utf16Reader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(u.rest) == 0 {
			if n > 0 && u.in.Buffered() < 2 {
				break
			}
			if err := u.unit(); err != nil {
				return n, err
			}
		}
		copied := copy(p[n:], u.rest)
		u.rest = u.rest[copied:]
		n += copied
	}
	return n, nil
}

// unit encodes the next unit, which leaves nothing to read when it is the first
// half of a pair.
func (u *utf16Reader) unit() error {
	const notUTF8 = 0xff
	u.rest = u.buf[:0]
	b, err := u.in.Peek(2)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			return err
		}
		if len(b) == 1 || u.high != 0 {
			_, _ = u.in.Discard(len(b)) // peeked above
			u.high = 0
			u.rest = append(u.rest, notUTF8)
			return nil
		}
		return err
	}
	_, _ = u.in.Discard(2) // peeked above
	code := u.order.Uint16(b)
	high := u.high
	u.high = 0
	if high != 0 {
		if r := utf16.DecodeRune(rune(high), rune(code)); r != utf8.RuneError {
			u.rest = utf8.AppendRune(u.rest, r)
			return nil
		}
		u.rest = append(u.rest, notUTF8)
	}
	switch {
	case !utf16.IsSurrogate(rune(code)):
		u.rest = utf8.AppendRune(u.rest, rune(code))
	case code < 0xdc00:
		u.high = code
	default:
		u.rest = append(u.rest, notUTF8)
	}
	return nil
}
