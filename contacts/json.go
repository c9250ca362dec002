package contacts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/outdial/outdial/calling"
)

// ReadJSON reads the value of a contacts field, which is the next value of dec: a
// list of objects with phone, name and any custom fields. One element is in
// memory at a time, so the caller bounds the size of the body.
//
// Keys match exactly: Phone beside phone is a custom field. A phone that is not
// a string is a rejected row; custom fields larger than MaxCustomFieldsBytes or
// deeper than MaxCustomFieldsDepth too. Values are kept as they are written, the
// digits of numbers included.
//
// There is an upload without an error, and with CodeNoValidContacts and
// CodeInvalidPhoneFormat, which says what there was.
//
// What breaks the contract is CodeInvalidRequest with a Problem for each of the
// first MaxProblems elements, such as contacts[3].name: an element that is not an
// object, a name that is neither string nor null, a field given twice, a number
// beyond 64-bit floating point, a NUL character, text that is not Unicode. Else,
// when no contact is left: CodeNoValidContacts, or CodeInvalidPhoneFormat when
// every element has a malformed phone. Beyond calling.MaxContacts elements it is
// CodeTooManyContacts, at once.
//
// dec has consumed exactly one value when the error is nil, or is
// CodeNoValidContacts, CodeInvalidPhoneFormat, or CodeInvalidRequest with
// Problems; malformed JSON is CodeInvalidRequest without. An error of dec's reader
// is returned wrapped.
func ReadJSON(dec *json.Decoder) (*Upload, error) {
	opening, err := nextToken(dec)
	if err != nil {
		return nil, malformed(err)
	}
	if opening != json.Delim('[') {
		if opening == json.Delim('{') {
			if err := skipObject(dec); err != nil {
				return nil, malformed(err)
			}
		}
		const detail = "contacts must be a list of objects."
		return nil, &calling.Error{Code: calling.CodeInvalidRequest, Detail: detail, Problems: []calling.Problem{
			{Field: listField, Code: calling.CodeInvalidRequest, Detail: detail},
		}}
	}
	l := newList()
	var raw json.RawMessage
	for dec.More() {
		if err := dec.Decode(&raw); err != nil {
			return nil, malformed(err)
		}
		if err := l.addElement(raw); err != nil {
			return nil, err
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, malformed(err)
	}
	return l.finish()
}

// addElement reads one element, which the decoder found to be valid JSON.
func (l *list) addElement(raw []byte) error {
	if err := l.begin(); err != nil {
		return err
	}
	if raw[0] != '{' {
		l.problem("", "must be an object.")
		return nil
	}
	if detail := textFault(raw); detail != "" {
		l.problem("", detail)
		return nil
	}
	if detail := escapeFault(raw); detail != "" {
		l.problem("", detail)
		return nil
	}
	r := row{}
	for key, value := range members(raw) {
		path, detail := l.addMember(&r, key, value)
		if detail != "" {
			l.problem(path, detail)
			return nil
		}
	}
	return l.end(r)
}

// addMember reads one member of an element; detail says why it breaks the
// contract, path where.
func (l *list) addMember(r *row, key, value []byte) (path, detail string) {
	f := l.field(key)
	switch f.name {
	case phoneField:
		switch {
		case value[0] == '"':
			r.phone = unquoteJSON(value)
		case string(value) != "null":
			r.phone = string(value)
			r.code = calling.RejectedPhoneFormat
			r.detail = "The phone must be a JSON string, such as \"" + exampleNumber + "\"."
		}
	case nameField:
		switch {
		case value[0] == '"':
			r.name = unquoteJSON(value)
		case string(value) != "null":
			return ".name", "must be a string."
		}
	default:
		return "", l.addField(f, key, value)
	}
	return "", l.use(f)
}

// skipObject consumes the rest of an object whose opening brace was read.
func skipObject(dec *json.Decoder) error {
	for depth := 1; depth > 0; {
		token, err := nextToken(dec)
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// nextToken returns the next token; nil for a number that no Go type holds, which
// is valid JSON and is consumed all the same.
func nextToken(dec *json.Decoder) (json.Token, error) {
	token, err := dec.Token()
	if _, tooLarge := errors.AsType[*json.UnmarshalTypeError](err); tooLarge {
		return nil, nil
	}
	return token, err
}

// malformed tells malformed JSON from a reader that failed.
func malformed(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return calling.Errorf(calling.CodeInvalidRequest, "The request is not valid JSON: %s, at byte %d.", syntax, syntax.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return calling.Errorf(calling.CodeInvalidRequest, "The request is not valid JSON: it ends too early.")
	}
	return fmt.Errorf("read the list of contacts: %w", err)
}
