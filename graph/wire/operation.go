package wire

import (
	"bytes"
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// operation is one operation in progress on a WebSocket.
type operation struct {
	id     string
	head   []byte // what each of its next messages begins with
	cancel context.CancelFunc
}

// subscribe starts an operation; false when the connection has ended over it.
func (so *socket) subscribe(ctx context.Context, m message) bool {
	so.mu.Lock()
	acked, taken, running := so.acked, so.operations[m.ID] != nil, len(so.operations)
	so.mu.Unlock()
	params := &graphql.RawParams{}
	switch {
	case !acked:
		so.close(closeNotInitialised, "Unauthorized")
		return false
	case m.ID == "" || len(m.Payload) == 0:
		so.close(closeBadMessage, "Invalid message")
		return false
	case taken:
		so.close(closeDuplicateID, "Subscriber for this id already exists")
		return false
	}
	if err := decode(bytes.NewReader(m.Payload), params); err != nil || params.Query == "" {
		so.close(closeBadMessage, "Invalid message")
		return false
	}
	if running >= so.server.Operations {
		so.fail(m.ID, gqlerror.List{ErrorOf(ctx, calling.Errorf(calling.CodeRateLimited,
			"At most %d operations may be in progress on one connection.", so.server.Operations))})
		return true
	}
	ctx, cancel := context.WithCancel(ctx)
	op := &operation{id: m.ID, head: headOfNext(m.ID), cancel: cancel}
	so.mu.Lock()
	so.operations[m.ID] = op
	so.mu.Unlock()
	so.work.Go(func() {
		defer cancel()
		so.run(ctx, op, params)
	})
	return true
}

// run executes an operation to its end. Whoever sent it is signed in anew,
// because the key may have been revoked since the connection began.
func (so *socket) run(ctx context.Context, op *operation, params *graphql.RawParams) {
	defer func() {
		if cause := recover(); cause != nil {
			so.endWith(op, gqlerror.List{so.server.rescued(ctx, cause)})
		}
	}()
	signedIn, err := so.signIn(ctx)
	if err != nil {
		so.refuse(ctx, err)
		return
	}
	if err := so.server.Admit(signedIn); err != nil {
		so.endWith(op, gqlerror.List{ErrorOf(ctx, edge.Public(err))})
		return
	}
	exec := so.server.Exec
	ctx = graphql.StartOperationTrace(signedIn)
	operation, errors := exec.CreateOperationContext(ctx, params)
	if errors != nil {
		so.endWith(op, exec.DispatchError(graphql.WithOperationContext(ctx, operation), errors).Errors)
		return
	}
	streaming := operation.Operation.Operation == ast.Subscription
	next, _ := exec.DispatchOperation(ctx, operation)
	ctx = graphql.WithOperationContext(ctx, operation) // not the execution's, which may be shared
	for first := true; ; first = false {
		response := next(ctx)
		if response == nil || ctx.Err() != nil {
			break
		}
		if first && streaming && len(response.Data) == 0 {
			so.endWith(op, response.Errors) // the stream could not be begun
			return
		}
		so.sendNext(op, so.server.encodeOnce(response))
		if !streaming {
			break
		}
	}
	if ctx.Err() == nil && so.forget(op) {
		so.send(message{ID: op.id, Type: messageComplete})
	}
}

// endWith ends an operation with an error; nothing carries its id after that.
func (so *socket) endWith(op *operation, errors gqlerror.List) {
	if so.forget(op) {
		so.fail(op.id, errors)
	}
}

func (so *socket) fail(id string, errors gqlerror.List) {
	so.send(message{ID: id, Type: messageError, Payload: encode(errors)})
}

// cancel ends the operation that the client does not want any more.
func (so *socket) cancel(id string) {
	so.mu.Lock()
	defer so.mu.Unlock()
	if op := so.operations[id]; op != nil {
		delete(so.operations, id)
		op.cancel()
	}
}

// forget frees the operation's id; false when it was freed before.
func (so *socket) forget(op *operation) bool {
	so.mu.Lock()
	defer so.mu.Unlock()
	if so.operations[op.id] != op {
		return false
	}
	delete(so.operations, op.id)
	return true
}

// sendNext sends a response of an operation that is still in progress.
func (so *socket) sendNext(op *operation, payload []byte) {
	so.mu.Lock()
	current := so.operations[op.id] == op && !so.closed
	so.mu.Unlock()
	if !current {
		return
	}
	text := make([]byte, 0, len(op.head)+len(payload)+1)
	text = append(append(append(text, op.head...), payload...), '}')
	_ = so.write(text) // a failed write closes the connection, which read sees
}

// headOfNext is a message up to its payload.
func headOfNext(id string) []byte {
	m := message{ID: id, Type: messageNext}.encode()
	return append(m[:len(m)-1], `,"payload":`...)
}

// encodeOnce encodes a response. The last one is kept, as those who share a
// subscription are all told the same.
func (s *Server) encodeOnce(response *graphql.Response) []byte {
	if last := s.last.Load(); last != nil && last.response == response {
		return last.text
	}
	text := encodeResponse(response)
	s.last.Store(&encoded{response, text})
	return text
}

// encoded is a response and its text. Neither changes any more.
type encoded struct {
	response *graphql.Response
	text     []byte
}

// send writes one message. A client that does not read loses the connection
// when the write takes too long.
func (so *socket) send(m message) {
	so.mu.Lock()
	closed := so.closed
	so.mu.Unlock()
	if closed {
		return
	}
	_ = so.write(m.encode()) // a failed write closes the connection, which read sees
}

// encode writes the message with its payload as it is.
func (m message) encode() []byte {
	b := make([]byte, 0, len(m.Payload)+64)
	b = append(b, '{')
	if m.ID != "" {
		b = append(append(append(b, `"id":`...), encode(m.ID)...), ',')
	}
	b = append(append(append(b, `"type":"`...), m.Type...), '"')
	if len(m.Payload) > 0 {
		b = append(append(b, `,"payload":`...), m.Payload...)
	}
	return append(b, '}')
}
