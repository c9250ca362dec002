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

// operation is one operation in progress on a WebSocket. It is the Listener of a
// subscription, and then needs a goroutine only while there is something to send.
type operation struct {
	socket *socket
	ctx    context.Context //nolint:containedctx // the operation's
	id     string
	head   []byte // what each of its next messages begins with
	cancel context.CancelFunc

	// Guarded by the mutex of socket.
	gone    bool              // it is not among the socket's operations any more
	sending bool              // a goroutine sends
	next    *graphql.Response // to be sent; nil when there is nothing
	over    bool              // nothing comes after next
	broken  error             // why, when that was a defect
	begun   bool              // a response was sent
}

// subscribe starts an operation.
func (so *socket) subscribe(ctx context.Context, m message) {
	so.mu.Lock()
	acked, taken, running := so.acked, so.operations[m.ID] != nil, len(so.operations)
	so.mu.Unlock()
	params := &graphql.RawParams{}
	switch {
	case !acked:
		so.close(closeNotInitialised, "Unauthorized")
		return
	case m.ID == "" || len(m.Payload) == 0:
		so.close(closeBadMessage, "Invalid message")
		return
	case taken:
		so.close(closeDuplicateID, "Subscriber for this id already exists")
		return
	}
	if err := decode(bytes.NewReader(m.Payload), params); err != nil || params.Query == "" {
		so.close(closeBadMessage, "Invalid message")
		return
	}
	if running >= so.server.Operations {
		so.fail(m.ID, gqlerror.List{ErrorOf(ctx, calling.Errorf(calling.CodeRateLimited,
			"At most %d operations may be in progress on one connection.", so.server.Operations))})
		return
	}
	op := &operation{socket: so, id: m.ID, head: headOfNext(m.ID)}
	op.ctx, op.cancel = context.WithCancel(ctx)
	so.mu.Lock()
	defer so.mu.Unlock()
	if so.closed {
		op.cancel()
		return
	}
	so.operations[m.ID] = op
	so.work.Go(func() { so.run(op.ctx, op, params) })
}

// run executes an operation to its end, or until its responses are pushed.
// Whoever sent it is signed in anew, because the key may have been revoked since
// the connection began.
func (so *socket) run(ctx context.Context, op *operation, params *graphql.RawParams) {
	pushed := false
	defer func() {
		if cause := recover(); cause != nil {
			so.endWith(op, gqlerror.List{so.server.rescued(ctx, cause)})
		}
		if !pushed {
			op.cancel()
		}
	}()
	signedIn, err := so.signIn(ctx)
	if ctx.Err() != nil {
		return // the client does not want it any more, or is gone
	}
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
	var push offer
	if streaming {
		push.listener = op
		ctx = context.WithValue(ctx, listenerKey{}, &push)
	}
	next, _ := exec.DispatchOperation(ctx, operation)
	if pushed = push.taken; pushed {
		return
	}
	so.pull(graphql.WithOperationContext(ctx, operation), op, next, streaming) // not in the execution's context, which may be shared
}

// pull asks for one response after the other and sends them.
func (so *socket) pull(ctx context.Context, op *operation, next graphql.ResponseHandler, streaming bool) {
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

// Tell has a response sent: at once if the connection takes it, and otherwise by a
// goroutine that waits.
func (op *operation) Tell(response *graphql.Response) (dropped bool) {
	so := op.socket
	so.mu.Lock()
	defer so.mu.Unlock()
	if op.begun && !op.sending && op.current() && so.frames.offer(op.head, so.server.encodeOnce(response), []byte{'}'}) {
		return false
	}
	dropped = op.next != nil
	op.next = response
	op.send()
	return dropped
}

// End has the operation ended once everything was sent.
func (op *operation) End(broken error) {
	op.socket.mu.Lock()
	defer op.socket.mu.Unlock()
	op.over, op.broken = true, broken
	op.send()
}

// send sees to it that somebody sends what there is. The socket's mutex is held.
func (op *operation) send() {
	if op.sending || !op.current() {
		return
	}
	op.sending = true
	op.socket.work.Go(op.deliver)
}

// current reports whether anything may be sent. The socket's mutex is held.
func (op *operation) current() bool { return !op.gone && !op.socket.closed }

// deliver sends what there is.
func (op *operation) deliver() {
	so := op.socket
	defer func() {
		if cause := recover(); cause != nil {
			so.endWith(op, gqlerror.List{so.server.rescued(op.ctx, cause)})
			op.cancel()
		}
	}()
	for {
		so.mu.Lock()
		response, over, begun := op.next, op.over, op.begun
		op.next, op.begun = nil, true
		if !op.current() || response == nil && !over {
			op.sending = false
			so.mu.Unlock()
			return
		}
		so.mu.Unlock()
		switch {
		case response == nil:
			op.finish()
			return
		case !begun && len(response.Data) == 0:
			so.endWith(op, response.Errors) // the stream could not be begun
			op.cancel()
			return
		}
		_ = so.frames.text(op.head, so.server.encodeOnce(response), []byte{'}'}) // a failed write closes the connection, which read sees
	}
}

// finish ends an operation that nothing more comes of.
func (op *operation) finish() {
	defer op.cancel()
	if op.broken != nil {
		op.socket.endWith(op, gqlerror.List{op.socket.server.rescued(op.ctx, op.broken)})
	} else if op.socket.forget(op) {
		op.socket.send(message{ID: op.id, Type: messageComplete})
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
		so.remove(op)
		op.cancel()
	}
}

// forget frees the operation's id; false when it was freed before.
func (so *socket) forget(op *operation) bool {
	so.mu.Lock()
	defer so.mu.Unlock()
	if op.gone {
		return false
	}
	so.remove(op)
	return true
}

// remove frees the operation's id. The mutex is held.
func (so *socket) remove(op *operation) {
	op.gone = true
	delete(so.operations, op.id)
}

// sendNext sends a response of an operation that is still in progress.
func (so *socket) sendNext(op *operation, payload []byte) {
	so.mu.Lock()
	current := op.current()
	so.mu.Unlock()
	if !current {
		return
	}
	_ = so.frames.text(op.head, payload, []byte{'}'}) // a failed write closes the connection, which read sees
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
	if so.isClosed() {
		return
	}
	_ = so.frames.text(m.encode()) // a failed write closes the connection, which read sees
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
