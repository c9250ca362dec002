package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/calling"
)

// What the map of a multipart request may hold.
const (
	maxPaths     = 100 // places for files
	maxPathSteps = 20  // steps of one path
)

// readForm reads a multipart request: the parts operations and map, then the
// files. The whole body is bounded, so files stay in memory.
// https://github.com/jaydenseric/graphql-multipart-request-spec
func readForm(r *http.Request) (*graphql.RawParams, error) {
	if !slices.ContainsFunc(preflightHeaders(), func(name string) bool { return r.Header.Get(name) != "" }) {
		return nil, calling.Errorf(calling.CodeForbidden,
			"A multipart request needs the header GraphQL-Require-Preflight, so that no other site can send it.")
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, formError(err, "The body is not multipart/form-data with a boundary.")
	}
	params := &graphql.RawParams{}
	if err := readPart(form, "operations", params); err != nil {
		return nil, err
	}
	places := map[string][]string{}
	if err := readPart(form, "map", &places); err != nil {
		return nil, err
	}
	if err := readFiles(form, params.Variables, places); err != nil {
		return nil, err
	}
	return params, nil
}

// readPart decodes the next part, which must have the name.
func readPart(form *multipart.Reader, name string, into any) error {
	part, err := form.NextPart()
	if err != nil || part.FormName() != name {
		return formError(err, fmt.Sprintf("The parts of the request must be operations, map and then the files; %s is missing.", name))
	}
	if err := decode(part, into); err != nil {
		return formError(err, fmt.Sprintf("The part %s must be one JSON object.", name))
	}
	return nil
}

// readFiles puts the files where the map says.
func readFiles(form *multipart.Reader, variables map[string]any, places map[string][]string) error {
	total := 0
	for _, paths := range places {
		total += len(paths)
	}
	if total > maxPaths {
		return formError(nil, fmt.Sprintf("The map names %d places for files; at most %d are allowed.", total, maxPaths))
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return formError(err, "The body is not complete.")
		}
		name := part.FormName()
		paths, wanted := places[name]
		if !wanted {
			return formError(nil, "The map has no entry for the file "+calling.Quote(name)+".")
		}
		delete(places, name)
		content, err := io.ReadAll(part)
		if err != nil {
			return formError(err, "The body is not complete.")
		}
		for _, path := range paths {
			if err := put(variables, path, upload(part, content)); err != nil {
				return err
			}
		}
	}
	for name := range places {
		return formError(nil, "The file "+calling.Quote(name)+" of the map is missing.")
	}
	return nil
}

func upload(part *multipart.Part, content []byte) graphql.Upload {
	return graphql.Upload{
		File: bytes.NewReader(content), Filename: part.FileName(), Size: int64(len(content)),
		ContentType: part.Header.Get("Content-Type"),
	}
}

// put replaces the null at a path of the variables, such as
// "variables.input.contacts.file" or "variables.files.0".
func put(variables map[string]any, path string, file graphql.Upload) error {
	wrong := formError(nil, "The path "+calling.Quote(path)+" of the map does not lead to a null in the variables.")
	steps := strings.Split(path, ".")
	if len(steps) < 2 || len(steps) > maxPathSteps || steps[0] != "variables" {
		return wrong
	}
	var here any = variables
	for i, step := range steps[1:] {
		last := i == len(steps)-2
		var value any
		var set func()
		switch parent := here.(type) {
		case map[string]any:
			found := false
			if value, found = parent[step]; !found {
				return wrong
			}
			set = func() { parent[step] = file }
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(parent) {
				return wrong
			}
			value, set = parent[index], func() { parent[index] = file }
		default:
			return wrong
		}
		if last && value == nil {
			set()
			return nil
		}
		here = value
	}
	return wrong
}

// formError says what is wrong with a multipart request. A body that is too
// large stays that.
func formError(cause error, detail string) error {
	return &calling.Error{Code: calling.CodeInvalidRequest, Detail: detail, Cause: cause}
}
