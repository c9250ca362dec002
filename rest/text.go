package rest

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
)

// textReader passes bytes on and remembers the first that is not UTF-8 text.
// It does not stop there: who reads the text may say better what is wrong.
type textReader struct {
	src  io.Reader
	at   int64  // bytes passed on
	tail []byte // the beginning of a character whose end is still to come
	bad  int64  // where the text is not UTF-8, from 1; 0 = nowhere so far
}

// Read reads from the source.
func (t *textReader) Read(p []byte) (int, error) {
	n, err := t.src.Read(p)
	if t.bad == 0 {
		t.check(p[:n], errors.Is(err, io.EOF))
	}
	t.at += int64(n)
	return n, err
}

func (t *textReader) check(chunk []byte, last bool) {
	begin := t.at - int64(len(t.tail))
	text := chunk
	if len(t.tail) > 0 {
		text = append(t.tail, chunk...)
	}
	t.tail = nil
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		if !last && !utf8.FullRune(text[i:]) {
			t.tail = bytes.Clone(text[i:])
			return
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			t.bad = begin + int64(i) + 1
			return
		}
		i += size
	}
}

// fault says that the text is not UTF-8; nil when it is.
func (t *textReader) fault() error {
	if t.bad == 0 && len(t.tail) == 0 {
		return nil
	}
	bad := t.bad
	if bad == 0 {
		bad = t.at - int64(len(t.tail)) + 1
	}
	return calling.Errorf(calling.CodeInvalidRequest, "The request is not UTF-8 text: see byte %d.", bad)
}

// textFault says what keeps a value out of a database; "" when nothing does.
func textFault(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "is not UTF-8 text"
	case bytes.IndexByte([]byte(s), 0) >= 0:
		return "holds a NUL character"
	}
	return ""
}
