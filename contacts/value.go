package contacts

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions here walk JSON that encoding/json has found valid, so that
// values are kept as they were written instead of being decoded and encoded.

// members yields the members of an object in order: the key with its quotes, and
// the value without white space around it.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		at := skipSpace(object, 1)
		for object[at] == '"' {
			end := stringEnd(object, at)
			key := object[at:end]
			at = skipSpace(object, skipSpace(object, end)+1)
			end = valueEnd(object, at)
			if !yield(key, object[at:end]) {
				return
			}
			if at = skipSpace(object, end); object[at] == ',' {
				at = skipSpace(object, at+1)
			}
		}
	}
}

func skipSpace(b []byte, at int) int {
	for b[at] == ' ' || b[at] == '\t' || b[at] == '\n' || b[at] == '\r' {
		at++
	}
	return at
}

// stringEnd returns the offset after the string that begins at at.
func stringEnd(b []byte, at int) int {
	for at++; b[at] != '"'; at++ {
		if b[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// scalarEnd returns the offset after the number or word that begins at at.
func scalarEnd(b []byte, at int) int {
	for at < len(b) && bytes.IndexByte([]byte(",]} \t\r\n"), b[at]) < 0 {
		at++
	}
	return at
}

// valueEnd returns the offset after the value that begins at at.
func valueEnd(b []byte, at int) int {
	for depth := 0; ; {
		switch b[at] {
		case '"':
			at = stringEnd(b, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ',', ':', ' ', '\t', '\n', '\r':
			at++
		default:
			at = scalarEnd(b, at)
		}
		if depth == 0 {
			return at
		}
	}
}

// appendCompact appends a value without the white space between its tokens. It
// returns how deep the value is nested, 0 for a scalar; ok is false when it
// holds a number that databases cannot keep.
func appendCompact(dst, value []byte) (_ []byte, deepest int, ok bool) {
	depth := 0
	for at := 0; at < len(value); {
		end := at + 1
		switch value[at] {
		case ' ', '\t', '\n', '\r':
			at = end
			continue
		case '"':
			end = stringEnd(value, at)
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		case ',', ':':
		default:
			end = scalarEnd(value, at)
			if !numberFits(value[at:end]) {
				return dst, deepest, false
			}
		}
		dst = append(dst, value[at:end]...)
		at = end
	}
	return dst, deepest, true
}

// numberFits reports whether a number is within 64-bit floating point, which is
// what every database's JSON type takes; true for true, false and null. Digits
// beyond its precision are kept all the same.
func numberFits(scalar []byte) bool {
	const always = 300   // digits that are below the largest float without an exponent
	const smallest = 400 // places after the point that every database takes
	mantissa, exponent := scalar, []byte(nil)
	if at := bytes.IndexAny(scalar, "eE"); at >= 0 && scalar[0] <= '9' {
		mantissa, exponent = scalar[:at], scalar[at+1:]
	}
	if len(mantissa) <= always && exponent == nil {
		return true
	}
	if places, err := strconv.Atoi(string(exponent)); exponent != nil && (err != nil || places < -smallest || places > smallest) {
		return false
	}
	f, err := strconv.ParseFloat(string(scalar), 64)
	return err == nil && !math.IsInf(f, 0)
}

// unquoteJSON returns the text of a JSON string.
func unquoteJSON(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	_ = json.Unmarshal(quoted, &s) // valid: the decoder has read it before
	return s
}

// textFault says what keeps text out of a database; "" when nothing does.
func textFault(text []byte) string {
	switch {
	case !utf8.Valid(text):
		return "holds text that is not UTF-8."
	case bytes.IndexByte(text, 0) >= 0:
		return "holds a NUL character."
	}
	return ""
}

// escapeFault says which escape in valid JSON stands for no character that can
// be kept: \u0000, or one half of a surrogate pair; "" when there is none.
func escapeFault(raw []byte) string {
	for {
		at := bytes.IndexByte(raw, '\\')
		if at < 0 {
			return ""
		}
		raw = raw[at:]
		if raw[1] != 'u' {
			raw = raw[2:]
			continue
		}
		code := escapedUnit(raw)
		raw = raw[6:]
		switch {
		case code == 0:
			return "holds a NUL character."
		case !utf16.IsSurrogate(code):
		case len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' || utf16.DecodeRune(code, escapedUnit(raw)) == utf8.RuneError:
			return "holds half a surrogate pair, which is not text."
		default:
			raw = raw[6:]
		}
	}
}

// escapedUnit returns the UTF-16 unit of the escape, such as \u00e9, at the
// start of raw.
func escapedUnit(raw []byte) rune {
	code, _ := strconv.ParseUint(string(raw[2:6]), 16, 16) // valid: the decoder has read it before
	return rune(code)
}
