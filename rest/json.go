package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

// readJSON reads a JSON body, one contact in memory at a time. Names of fields
// match exactly, which encoding/json would not see to by itself. Its error is
// an *calling.Error and says that the body is not JSON; what is wrong with a
// field is in the draft.
func (d *draft) readJSON(in *body) error {
	text := &textReader{src: in}
	err := d.readObject(json.NewDecoder(text))
	if fault := text.fault(); fault != nil {
		return fault
	}
	if err != nil {
		return brokenJSON(err)
	}
	d.finish(blame(contactsField, calling.CodeInvalidRequest, "contacts is required: a list of objects, each with a phone."))
	return nil
}

// readObject reads the whole body, which is one object and nothing after it.
func (d *draft) readObject(dec *json.Decoder) error {
	opening, err := dec.Token()
	if err != nil {
		return err
	}
	if opening != json.Delim('{') {
		return calling.Errorf(calling.CodeInvalidRequest, "The request must be a JSON object.")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if err := d.next(); err != nil {
			return err
		}
		field, _ := key.(string) // inside an object the decoder lets nothing else pass
		if err := d.readMember(dec, field); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return calling.Errorf(calling.CodeInvalidRequest, "The request must hold one JSON object and nothing after it.")
	}
	return nil
}

// readMember reads the value of a field.
func (d *draft) readMember(dec *json.Decoder, field string) error {
	if field == contactsField && d.opens(field) {
		return d.readContacts(dec)
	}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	if !isScalar(field) || !d.first(field) || string(raw) == "null" {
		return nil
	}
	if halfSurrogate(raw) {
		d.refuse(field, calling.CodeInvalidRequest, "%s is not text: it holds half a surrogate pair.", field)
		return nil
	}
	d.set(field, jsonScalar(raw))
	return nil
}

// readContacts reads the list of contacts, and to its end even when there are
// too many, so that what is wrong with the fields after it can be told too.
func (d *draft) readContacts(dec *json.Decoder) error {
	upload, err := contacts.ReadJSON(dec)
	known, ok := errors.AsType[*calling.Error](err)
	switch {
	case err != nil && !ok:
		return err
	case ok && known.Code == calling.CodeInvalidRequest && len(known.Problems) == 0: // the list is not JSON
		return err
	case ok && known.Code == calling.CodeTooManyContacts:
		if err := skipRest(dec); err != nil {
			return err
		}
	}
	d.read(upload, err)
	return nil
}

// skipRest consumes what is left of a list.
func skipRest(dec *json.Decoder) error {
	var raw json.RawMessage
	for dec.More() {
		if err := dec.Decode(&raw); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// jsonScalar returns a value that the decoder found to be valid JSON.
func jsonScalar(raw []byte) scalar {
	switch c := raw[0]; {
	case c == '"':
		var s string
		_ = json.Unmarshal(raw, &s) // valid, see above
		return scalar{jsonString, s}
	case c == '-' || c >= '0' && c <= '9':
		return scalar{jsonNumber, string(raw)}
	}
	return scalar{jsonOther, string(raw)}
}

// halfSurrogate reports whether valid JSON has an escape that stands for no
// character; encoding/json would make U+FFFD of it.
func halfSurrogate(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // the escaped character
		if raw[i] != 'u' {
			continue
		}
		unit := escaped(raw[i+1:])
		i += 4
		if !utf16.IsSurrogate(unit) {
			continue
		}
		next := raw[i+1:]
		if len(next) < 6 || next[0] != '\\' || next[1] != 'u' || utf16.DecodeRune(unit, escaped(next[2:])) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

// escaped returns the UTF-16 unit that four hexadecimal digits stand for.
func escaped(digits []byte) rune {
	unit, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // valid: the decoder has read it before
	return rune(unit)
}

// brokenJSON says why a body cannot be read.
func brokenJSON(err error) error {
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	detail := "The request is not valid JSON."
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		detail = fmt.Sprintf("The request is not valid JSON: %s, at byte %d.", syntax, syntax.Offset)
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		detail = "The request is not valid JSON: it ends too early."
	}
	return &calling.Error{Code: calling.CodeInvalidRequest, Detail: detail, Cause: err}
}
