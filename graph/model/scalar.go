package model

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/outdial/outdial/calling"
)

// MarshalInt writes an Int.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// UnmarshalInt reads an Int: a whole number of 32 bits. The error has
// CodeInvalidRequest.
func UnmarshalInt(v any) (int, error) {
	n, err := UnmarshalInt64(v)
	if err != nil || n < math.MinInt32 || n > math.MaxInt32 {
		return 0, calling.Errorf(calling.CodeInvalidRequest, "%s is not an Int: a whole number of 32 bits.", shown(v))
	}
	return int(n), nil
}

// MarshalInt64 writes an Int64.
func MarshalInt64(n int64) graphql.Marshaler { return graphql.MarshalInt64(n) }

// UnmarshalInt64 reads an Int64: a whole number of 64 bits, never a string. The
// error has CodeInvalidRequest.
func UnmarshalInt64(v any) (int64, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, calling.Errorf(calling.CodeInvalidRequest, "%s is not an Int64: a whole number of 64 bits.", shown(v))
}

// MarshalDateTime writes an instant as RFC 3339 in UTC, and the zero time as
// null.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.MarshalString(t.UTC().Format(time.RFC3339Nano))
}

// UnmarshalDateTime reads an RFC 3339 date and time. The error has
// CodeInvalidRequest.
func UnmarshalDateTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, calling.Errorf(calling.CodeInvalidRequest, "%s is not an RFC 3339 date and time.", shown(v))
}

// MarshalJSONObject writes stored JSON byte for byte.
func MarshalJSONObject(raw json.RawMessage) graphql.Marshaler {
	if len(raw) == 0 {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(raw) })
}

// UnmarshalJSONObject reads a JSON object into bytes.
func UnmarshalJSONObject(v any) (json.RawMessage, error) {
	fields, err := UnmarshalJSONFields(v)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, calling.Errorf(calling.CodeInvalidRequest, "%s is not a JSON object.", shown(v))
	}
	return raw, nil
}

// MarshalJSONFields writes a decoded JSON object.
func MarshalJSONFields(fields map[string]any) graphql.Marshaler { return graphql.MarshalMap(fields) }

// UnmarshalJSONFields reads a JSON object. Numbers of variables are json.Number
// and so keep their text. The error has CodeInvalidRequest.
func UnmarshalJSONFields(v any) (map[string]any, error) {
	if fields, ok := v.(map[string]any); ok {
		return fields, nil
	}
	return nil, calling.Errorf(calling.CodeInvalidRequest, "%s is not a JSON object.", shown(v))
}

// MarshalUpload writes null: files only come in.
func MarshalUpload(graphql.Upload) graphql.Marshaler { return graphql.Null }

// UnmarshalUpload takes a file that a multipart request put into the variables.
// The error has CodeInvalidRequest.
func UnmarshalUpload(v any) (graphql.Upload, error) {
	if file, ok := v.(graphql.Upload); ok {
		return file, nil
	}
	return graphql.Upload{}, calling.Errorf(calling.CodeInvalidRequest,
		"An Upload is null in the variables, and the file is a part of a multipart request.")
}

// MarshalErrorCode writes a code as GraphQL names it: "INVALID_CSV".
func MarshalErrorCode(code calling.Code) graphql.Marshaler {
	return graphql.MarshalString(strings.ToUpper(string(code)))
}

// UnmarshalErrorCode reads a code as GraphQL names it.
func UnmarshalErrorCode(v any) (calling.Code, error) {
	s, ok := v.(string)
	if !ok {
		return "", calling.Errorf(calling.CodeInvalidRequest, "%s is not an ErrorCode.", shown(v))
	}
	return calling.Code(strings.ToLower(s)), nil
}

// shown puts a value of the caller's into a sentence.
func shown(v any) string { return calling.Quote(fmt.Sprint(v)) }
