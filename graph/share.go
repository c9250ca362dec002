package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/graph/wire"
)

// shares runs a subscription once for everybody of one organization who asks
// the same with the same variables and scopes, however many they are.
type shares struct {
	mu      sync.Mutex
	running map[string]*share // guarded by mu
}

// share is one execution and those it is for.
type share struct {
	key  string
	stop context.CancelFunc
	anew *anew

	// Guarded by the mutex of shares.
	last     *graphql.Response // for who comes later; nil before the first
	watchers map[wire.Listener]struct{}
}

// anew lets a stream whose events tell of changes alone be asked for everything
// once more, for somebody who comes later or has missed an event.
type anew struct {
	used atomic.Bool   // the stream tells of changes alone
	ask  chan struct{} // one slot
}

type anewKey struct{}

// changesAlone says that the events of the stream being begun tell of changes
// alone, and returns what is received from when it is to tell everything.
func changesAlone(ctx context.Context) <-chan struct{} {
	if a, ok := ctx.Value(anewKey{}).(*anew); ok {
		a.used.Store(true)
		return a.ask
	}
	return nil
}

func (a *anew) please() {
	select {
	case a.ask <- struct{}{}:
	default:
	}
}

// ExtensionName names the extension.
func (*shares) ExtensionName() string { return "Shares" }

// Validate has nothing to check.
func (*shares) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation joins a subscription that runs already, or starts it.
func (s *shares) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	operation := graphql.GetOperationContext(ctx)
	if operation.Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	key, err := shareKey(ctx, operation)
	if err != nil {
		return next(ctx)
	}
	listener, responses := wire.ListenerOf(ctx), graphql.ResponseHandler(nil)
	if listener == nil {
		q := &queue{responses: make(chan *graphql.Response, 1)}
		listener, responses = q, q.next
	}
	sh, running := s.join(ctx, key, listener)
	context.AfterFunc(wire.Lifetime(ctx), func() { s.leave(sh, listener) })
	if running != nil { // this is the first: the library wants the stream to be begun here
		s.begin(running, sh, next)
	}
	return responses
}

// shareKey says what makes two subscriptions the same.
func shareKey(ctx context.Context, operation *graphql.OperationContext) (string, error) {
	viewer, ok := auth.FromContext(ctx)
	if !ok {
		return "", errors.New("nobody is signed in")
	}
	key, err := json.Marshal([]any{viewer.OrganizationID, viewer.Scopes, operation.RawQuery, operation.OperationName, operation.Variables})
	if err != nil {
		return "", fmt.Errorf("encode the variables: %w", err)
	}
	return string(key), nil
}

// join adds a watcher, which is told the last response at once, or has the stream
// tell everything where the last response does not. For the first
// one it returns the context that the execution is to run in.
func (s *shares) join(ctx context.Context, key string, watcher wire.Listener) (*share, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.running[key]
	var running context.Context
	if sh == nil {
		// The execution outlives who came first, and ends with who leaves last.
		sh = &share{key: key, watchers: map[wire.Listener]struct{}{}, anew: &anew{ask: make(chan struct{}, 1)}}
		running, sh.stop = context.WithCancel(context.WithValue(wire.WithoutListener(ctx), anewKey{}, sh.anew))
		s.running[key] = sh
	}
	switch {
	case sh.last == nil:
	case sh.anew.used.Load():
		sh.anew.please() // the next event is one to begin with
	default:
		watcher.Tell(sh.last)
	}
	sh.watchers[watcher] = struct{}{}
	return sh, running
}

// leave takes a watcher out; the last one ends the execution.
func (s *shares) leave(sh *share, watcher wire.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(sh.watchers, watcher)
	if len(sh.watchers) == 0 {
		s.forget(sh)
	}
}

func (s *shares) forget(sh *share) {
	sh.stop()
	if s.running[sh.key] == sh {
		delete(s.running, sh.key)
	}
}

// begin starts the execution.
func (s *shares) begin(ctx context.Context, sh *share, next graphql.OperationHandler) {
	begun := false
	defer func() {
		if !begun {
			s.end(sh, errors.New("the subscription could not be begun"))
		}
	}()
	responses := next(ctx)
	begun = true
	go s.run(ctx, sh, responses)
}

// run hands every response to all watchers, until there are no more.
func (s *shares) run(ctx context.Context, sh *share, responses graphql.ResponseHandler) {
	var broken error
	defer func() {
		if cause := recover(); cause != nil {
			broken = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
		s.end(sh, broken)
	}()
	for response := responses(ctx); response != nil; response = responses(ctx) {
		kept := *response
		kept.Data = append(json.RawMessage(nil), response.Data...) // the library writes over it
		s.tell(sh, &kept)
	}
}

// tell hands a response to all watchers. One that has not sent the response
// before gets the new one instead, and then one with everything where the one
// before said what this one does not.
func (s *shares) tell(sh *share, response *graphql.Response) {
	s.mu.Lock()
	sh.last = response
	watchers := slices.AppendSeq(make([]wire.Listener, 0, len(sh.watchers)), maps.Keys(sh.watchers))
	s.mu.Unlock()
	// Without the mutex, as it takes a while to tell thousands. Who joins meanwhile is
	// told by join, and who leaves does not listen any more.
	for _, watcher := range watchers {
		if watcher.Tell(response) && sh.anew.used.Load() {
			sh.anew.please()
		}
	}
}

// end tells the watchers that there is no more.
func (s *shares) end(sh *share, broken error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(sh)
	for watcher := range sh.watchers {
		watcher.End(broken)
	}
	clear(sh.watchers)
}

// queue is the Listener of a subscription whose responses are asked for one by one,
// as event streams do. Nobody calls Tell and End at once.
type queue struct {
	responses chan *graphql.Response // one slot
	broken    error                  // set before responses is closed
}

// Tell has the response be the next.
func (q *queue) Tell(response *graphql.Response) (dropped bool) {
	select {
	case <-q.responses:
		dropped = true
	default:
	}
	q.responses <- response // has room: nobody else fills it
	return dropped
}

// End closes the queue.
func (q *queue) End(broken error) {
	q.broken = broken
	close(q.responses)
}

// next waits for the next response; nil when there are no more.
func (q *queue) next(ctx context.Context) *graphql.Response {
	select {
	case response, more := <-q.responses:
		if !more && q.broken != nil {
			panic(q.broken) // whoever runs this operation answers it as a defect
		}
		return response
	case <-ctx.Done():
		return nil
	}
}
