package wire

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/calling"
)

// preflightHeaders have a browser ask before it sends a request to another
// site. A form cannot set them, so a request with one was not sent by a form on
// somebody else's page.
func preflightHeaders() []string {
	return []string{"GraphQL-Require-Preflight", "Authorization", "X-Api-Key"}
}

// read returns the operation that a request asks for. Errors are *calling.Error.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, error) {
	if r.Method == http.MethodGet {
		return readQuery(r)
	}
	if r.ContentLength > s.BodyBytes {
		return nil, s.tooLarge()
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.BodyBytes)
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var params *graphql.RawParams
	switch {
	case err == nil && mediaType == typeJSON:
		params, err = readJSON(r.Body)
	case err == nil && mediaType == "multipart/form-data":
		params, err = readForm(r)
	default:
		return nil, calling.Errorf(calling.CodeUnsupportedMediaType,
			"Content-Type must be application/json, or multipart/form-data for a request with files.")
	}
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body) // what follows a form
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, s.tooLarge()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &calling.Error{
			Code: calling.CodeInvalidRequest, Detail: "The request body came too slowly; nothing was stored. Send the request again.", Cause: err,
		}
	}
	if err == nil && params.Query == "" {
		return nil, noQuery()
	}
	return params, err
}

func (s *Server) tooLarge() error {
	return calling.Errorf(calling.CodeFileTooLarge, "The request is larger than %d MB.", s.BodyBytes>>20)
}

func noQuery() error {
	return calling.Errorf(calling.CodeInvalidRequest, "The request holds no query.")
}

func readQuery(r *http.Request) (*graphql.RawParams, error) {
	query := r.URL.Query()
	params := &graphql.RawParams{Query: query.Get("query"), OperationName: query.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		if err := decode(strings.NewReader(text), into); err != nil {
			return nil, calling.Errorf(calling.CodeInvalidRequest, "%s must be a JSON object.", name)
		}
	}
	if params.Query == "" {
		return nil, noQuery()
	}
	return params, nil
}

func readJSON(body io.Reader) (*graphql.RawParams, error) {
	params := &graphql.RawParams{}
	if err := decode(body, params); err != nil {
		return nil, malformed("The body", err)
	}
	return params, nil
}

// malformed says what is not a GraphQL request, and never repeats it: bodies
// hold what does not belong into logs.
func malformed(what string, err error) error {
	return &calling.Error{
		Code: calling.CodeInvalidRequest, Cause: err,
		Detail: what + " must be one JSON object with query, and if need be variables, operationName and extensions.",
	}
}

// decode reads exactly one JSON value; numbers keep their text.
func decode(r io.Reader, into any) error {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err //nolint:wrapcheck // the caller says what was read
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.Join(errors.New("there is more after the value"), err)
	}
	return nil
}
