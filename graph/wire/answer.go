package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// The media types of answers (GraphQL over HTTP, section 4).
const (
	typeGraphQL = "application/graphql-response+json"
	typeJSON    = "application/json"
	typeEvents  = "text/event-stream"
)

// negotiate returns the media type of the answer that an Accept header asks
// for; false when none of ours is acceptable. No header means JSON.
func negotiate(accept string) (string, bool) {
	if strings.TrimSpace(accept) == "" {
		return typeJSON, true
	}
	best, bestQuality := "", 0.0
	for part := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := parameters["q"]; given {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if ours := offered(name); ours != "" && quality > bestQuality {
			best, bestQuality = ours, quality
		}
	}
	return best, best != ""
}

func offered(mediaType string) string {
	switch mediaType {
	case typeGraphQL, typeEvents:
		return mediaType
	case typeJSON, "application/*", "*/*":
		return typeJSON
	}
	return ""
}

// answer writes the answer to one request.
type answer struct {
	http.ResponseWriter

	ctx       context.Context //nolint:containedctx // the request's, for its id and the log
	log       *slog.Logger
	mediaType string
}

// refuse answers a request that is not executed, with the status of the error's
// code.
func (a *answer) refuse(err error) {
	known := edge.Public(err)
	logFault(a.ctx, a.log, known, err)
	if known.Code == calling.CodeUnauthenticated {
		a.Header().Set("WWW-Authenticate", "Bearer")
	}
	edge.SetRetryAfter(a.Header(), known)
	a.requestError(known.Code.Status(), gqlerror.List{ErrorOf(a.ctx, known)})
}

// logFault logs an error that is our fault; it is not logged elsewhere. That the
// server stops is none.
func logFault(ctx context.Context, log *slog.Logger, known *calling.Error, err error) {
	stopping := known.Code == calling.CodeUnavailable && known.Cause == nil
	if known.Code.Status() >= http.StatusInternalServerError && !stopping {
		log.LogAttrs(ctx, slog.LevelError, "graphql request failed",
			slog.Any("error", err), slog.String("request_id", edge.RequestID(ctx)))
	}
}

// invalid answers an operation that is not executed because its document or
// its variables are at fault: 400, but 200 for clients that only know
// application/json (GraphQL over HTTP, section 6.4.1).
func (a *answer) invalid(errors gqlerror.List) {
	status := http.StatusOK
	if a.mediaType == typeGraphQL {
		status = http.StatusBadRequest
	}
	a.requestError(status, errors)
}

// requestError answers without a data entry, which says that nothing was
// executed.
func (a *answer) requestError(status int, errors gqlerror.List) {
	body := append([]byte(`{"errors":`), encode(errors)...)
	a.write(status, append(body, '}'))
}

func (a *answer) send(response *graphql.Response) { a.write(http.StatusOK, encodeResponse(response)) }

func (a *answer) write(status int, body []byte) {
	header := a.Header()
	mediaType := a.mediaType
	if mediaType != typeGraphQL {
		mediaType = typeJSON
	}
	header.Set("Content-Type", mediaType+"; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Accept")
	header.Set("X-Content-Type-Options", "nosniff")
	a.WriteHeader(status)
	_, _ = a.Write(body) // what fails here is the connection, and nobody is left to be told
}

// ErrorOf renders an error as GraphQL does, with its code, the request's id and,
// where it says so, the seconds to wait before trying again.
func ErrorOf(ctx context.Context, e *calling.Error) *gqlerror.Error {
	code := strings.ToUpper(string(e.Code))
	if e.Code == calling.CodeInternal {
		code = "INTERNAL_SERVER_ERROR"
	}
	shown := &gqlerror.Error{Message: e.Detail, Extensions: map[string]any{"code": code}}
	if id := edge.RequestID(ctx); id != "" {
		shown.Extensions["requestId"] = id
	}
	if e.RetryAfter > 0 {
		shown.Extensions["retryAfterSeconds"] = edge.RetrySeconds(e)
	}
	return shown
}

// encodeResponse writes an answer as JSON. The data is already JSON and is
// copied as it is, so that stored JSON leaves byte for byte as it came.
func encodeResponse(response *graphql.Response) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(response.Errors) > 0 {
		b.WriteString(`"errors":`)
		b.Write(encode(response.Errors))
		b.WriteByte(',')
	}
	b.WriteString(`"data":`)
	if len(response.Data) == 0 {
		b.WriteString("null")
	} else {
		b.Write(response.Data)
	}
	if len(response.Extensions) > 0 {
		b.WriteString(`,"extensions":`)
		b.Write(encode(response.Extensions))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// encode writes a value that always encodes.
func encode(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return []byte("null")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
