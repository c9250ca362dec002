package rest

import (
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"strings"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
)

// readMultipart reads a multipart/form-data body, its parts in any order, the
// file as it streams by. Its error is an *calling.Error and says that the body
// is not one; what is wrong with a part is in the draft.
func (d *draft) readMultipart(in io.Reader, boundary string) error {
	parts := multipart.NewReader(wholly(in), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			d.finish(blame(fileField, calling.CodeInvalidCSV,
				"The CSV file is missing: send it as the form field 'file', or a JSON list as the form field 'contacts'."))
			return skip(in)
		}
		if err == nil {
			err = d.next()
		}
		if err == nil {
			err = d.readPart(part)
		}
		if err != nil {
			return brokenMultipart(err)
		}
	}
}

// skip reads what follows the last boundary, which means nothing.
func skip(in io.Reader) error {
	if _, err := io.Copy(io.Discard, in); err != nil {
		return brokenMultipart(err)
	}
	return nil
}

// wholly makes the end of in an error for the multipart reader, which would take
// a body that is cut off in the head of a part for a whole one, and then fields
// are missing. Only the last boundary is an end; the line break after it may be
// missing.
func wholly(in io.Reader) io.Reader {
	return io.MultiReader(in, strings.NewReader("\r\n"), cutOff{})
}

// cutOff is a reader without anything to read.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// readPart reads one part. Its error means that the body broke off in it.
func (d *draft) readPart(part *multipart.Part) error {
	switch field := part.FormName(); {
	case field == fileField:
		if d.opens(field) {
			upload, err := contacts.ReadCSV(part)
			return d.keep(upload, err)
		}
	case field == contactsField:
		if d.opens(field) {
			return d.readContactsPart(part)
		}
	case isScalar(field) && d.first(field):
		text, err := io.ReadAll(io.LimitReader(part, maxScalar+1))
		if err != nil {
			return err
		}
		d.set(field, scalar{formValue, string(text)})
	}
	return nil // whatever was not read of it is skipped
}

// readContactsPart reads a part with a JSON list of contacts and nothing after
// it.
func (d *draft) readContactsPart(part *multipart.Part) error {
	text := &textReader{src: part}
	dec := json.NewDecoder(text)
	upload, err := contacts.ReadJSON(dec)
	if err == nil {
		if _, after := dec.Token(); !errors.Is(after, io.EOF) {
			err = blame(contactsField, calling.CodeInvalidRequest, "contacts must hold one JSON list and nothing after it.")
		} else {
			err = text.fault()
		}
	}
	return d.keep(upload, err)
}

// keep keeps what came of the contacts; an error that is not their fault is
// returned.
func (d *draft) keep(upload *contacts.Upload, err error) error {
	if _, known := errors.AsType[*calling.Error](err); err != nil && !known {
		return err
	}
	d.read(upload, err)
	return nil
}

// brokenMultipart says why a body cannot be read.
func brokenMultipart(err error) error {
	if known, ok := errors.AsType[*calling.Error](err); ok {
		return known
	}
	detail := "The request is not valid multipart/form-data."
	if errors.Is(err, io.ErrUnexpectedEOF) {
		detail = "The request is not valid multipart/form-data: it ends before its last boundary."
	}
	return &calling.Error{Code: calling.CodeInvalidRequest, Detail: detail, Cause: err}
}
