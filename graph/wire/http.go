package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// errPanic stands for a panic that is logged already.
var errPanic = errors.New("panic")

const allowed = "GET, POST, OPTIONS"

// serveRequest answers one request that is not a WebSocket.
func (s *Server) serveRequest(w http.ResponseWriter, r *http.Request) {
	mediaType, acceptable := negotiate(r.Header.Get("Accept"))
	a := &answer{ResponseWriter: w, ctx: r.Context(), log: s.Log, mediaType: mediaType}
	defer a.rescue()
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusNoContent)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", allowed)
		a.refuse(calling.Errorf(calling.CodeMethodNotAllowed, "Send operations with POST, or queries with GET."))
		return
	case !acceptable:
		a.requestError(http.StatusNotAcceptable, gqlerror.List{ErrorOf(r.Context(), calling.Errorf(calling.CodeInvalidRequest,
			"Accept must allow %s, %s or %s.", typeGraphQL, typeJSON, typeEvents))})
		return
	}
	// Before signing in: net/http waits for a body that is not read even to refuse.
	arrived := s.expectBody(w)
	ctx, err := s.SignIn(r.Context(), r)
	if err != nil {
		a.refuse(err)
		return
	}
	if err := s.Admit(ctx); err != nil {
		a.refuse(err)
		return
	}
	began := graphql.Now()
	params, err := s.read(w, r)
	if err != nil {
		a.refuse(err)
		return
	}
	arrived()
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: began, End: graphql.Now()}
	s.execute(ctx, a, r.Method, params)
}

// expectBody gives the request body its time to arrive. The deadline is lifted
// with arrived once the body was read to its end: net/http goes on watching the
// connection, and would take the deadline for its end.
func (s *Server) expectBody(w http.ResponseWriter) (arrived func()) {
	controller := http.NewResponseController(w)
	_ = controller.SetReadDeadline(time.Now().Add(s.BodyTimeout)) //nolint:forbidigo // deadlines of sockets are wall time; writers without them are for tests
	return func() { _ = controller.SetReadDeadline(time.Time{}) }
}

// execute runs an operation and answers with its result, or with its stream of
// results when the client asked for one.
func (s *Server) execute(ctx context.Context, a *answer, method string, params *graphql.RawParams) {
	ctx = graphql.StartOperationTrace(ctx)
	operation, invalid := s.Exec.CreateOperationContext(ctx, params)
	if invalid != nil {
		ctx = graphql.WithOperationContext(ctx, operation)
		if a.mediaType == typeEvents {
			s.streamInvalid(a, s.Exec.DispatchError(ctx, invalid))
			return
		}
		a.invalid(s.Exec.DispatchError(ctx, invalid).Errors)
		return
	}
	kind := operation.Operation.Operation
	switch {
	case method == http.MethodGet && kind == ast.Mutation:
		a.Header().Set("Allow", http.MethodPost)
		a.refuse(calling.Errorf(calling.CodeMethodNotAllowed, "GET can only run queries; send mutations with POST."))
	case a.mediaType == typeEvents:
		s.stream(ctx, a, operation)
	case kind == ast.Subscription:
		a.refuse(calling.Errorf(calling.CodeInvalidRequest,
			"A subscription needs a WebSocket (graphql-transport-ws) or the header Accept: %s.", typeEvents))
	default:
		next, ctx := s.Exec.DispatchOperation(ctx, operation)
		if response := next(ctx); response != nil { // nil says that the client has hung up
			a.send(response)
		}
	}
}

// rescue must be deferred: it logs a panic and answers it as a defect.
func (a *answer) rescue() {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this, and panics are not wrapped
		panic(cause)
	}
	a.refuse(fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
}

// rescued logs a panic in the work of a connection that stays open, and returns
// what the client may know of it.
func (s *Server) rescued(ctx context.Context, cause any) *gqlerror.Error {
	s.Log.LogAttrs(ctx, slog.LevelError, "panic in a graphql operation", slog.Any("panic", cause),
		slog.String("request_id", edge.RequestID(ctx)), slog.String("stack", string(debug.Stack())))
	return ErrorOf(ctx, edge.Public(errPanic))
}

// deadline is the moment until which a write that begins now may take.
func (s *Server) deadline() time.Time {
	return time.Now().Add(s.WriteTimeout) //nolint:forbidigo // the network's clock, not the program's
}
