package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/graph/wire"
)

// codeValidationFailed is the library's code for operations that do not fit the
// schema.
const codeValidationFailed = "GRAPHQL_VALIDATION_FAILED"

// presenter renders errors that are not data: those of the library as they are,
// *calling.Error with its code, and defects as a fixed sentence, logged here and
// nowhere else.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		located := graphql.DefaultErrorPresenter(ctx, err)
		if _, coded := located.Extensions["code"]; coded && located.Err == nil {
			if id := edge.RequestID(ctx); id != "" {
				located.Extensions["requestId"] = id
			}
			return located
		}
		known := edge.Public(err)
		if known.Code.Status() >= http.StatusInternalServerError {
			level := slog.LevelError
			if ctx.Err() != nil { // nobody waits for this answer any more
				level = slog.LevelDebug
			}
			log.LogAttrs(ctx, level, "graphql field failed", slog.String("path", located.Path.String()),
				slog.Any("error", err), slog.String("request_id", edge.RequestID(ctx)))
		}
		shown := wire.ErrorOf(ctx, known)
		shown.Path, shown.Locations = located.Path, located.Locations
		return shown
	}
}

// recovered makes a defect of a panic.
func recovered(_ context.Context, cause any) error {
	return fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
}

// mendable returns the error that the person who sent the request can mend, and
// which is therefore data; nil for others.
func mendable(err error) *calling.Error {
	known, ok := errors.AsType[*calling.Error](err)
	if !ok {
		return nil
	}
	switch known.Code {
	case calling.CodeUnauthenticated, calling.CodeForbidden, calling.CodeMethodNotAllowed, calling.CodeUnsupportedMediaType,
		calling.CodeRateLimited, calling.CodeInternal, calling.CodeUnavailable:
		return nil
	case calling.CodeInvalidCSV, calling.CodeMissingPhoneColumn, calling.CodeNoValidContacts, calling.CodeTooManyContacts,
		calling.CodeInvalidTimezone, calling.CodePastScheduledTime, calling.CodeInvalidPhoneFormat,
		calling.CodeInsufficientCredits, calling.CodeNoOutboundAgent, calling.CodeInvalidRequest,
		calling.CodeAgentNotVoiceCapable, calling.CodeNotFound, calling.CodeConflict, calling.CodeActionNotAllowed,
		calling.CodeFileTooLarge:
	}
	return known
}
