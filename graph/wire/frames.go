package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

const (
	// goodbye is how long a client may take to answer the end of its connection.
	goodbye = 5 * time.Second
	// keptFrame is the longest frame whose memory is used again.
	keptFrame = 64 << 10
	// smallFrames is what is read of a connection at once, so that a pong is one read.
	smallFrames = 128
)

// frames is one WebSocket as RFC 6455 has it. Between messages it holds hardly a buffer,
// and nothing of it waits but read, so that many connections cost little.
type frames struct {
	conn     net.Conn
	atOnce   syscall.RawConn // of conn; nil where it has none
	in       wsutil.Reader
	silence  time.Duration // how long the client may show no sign of life
	patience time.Duration // how long one write may take
	unping   func()        // ends the pings
	late     atomic.Bool   // a ping waits to be written

	mu      sync.Mutex
	closing bool // guarded by mu; a close frame was sent, which nothing may follow
}

// openFrames takes a connection over that was just upgraded; buffered is what the
// client has sent already.
func (s *Server) openFrames(conn net.Conn, buffered []byte) *frames {
	f := &frames{conn: conn, silence: 2 * s.PingEvery, patience: s.WriteTimeout}
	if known, ok := conn.(syscall.Conn); ok {
		f.atOnce, _ = known.SyscallConn() // it goes without
	}
	var source io.Reader = conn
	if len(buffered) > 0 {
		source = io.MultiReader(bytes.NewReader(bytes.Clone(buffered)), conn)
	}
	f.in = wsutil.Reader{
		Source: bufio.NewReaderSize(source, smallFrames), State: ws.StateServerSide, CheckUTF8: true, MaxMessageSize: s.MessageBytes,
		OnIntermediate: f.control,
	}
	f.unping = s.pings.add(f)
	return f
}

// end cuts the connection, be it closed or not.
func (f *frames) end() {
	f.unping()
	_ = f.conn.Close() // it is gone either way
}

// read returns the next message. Before it returns an error it has told the client
// what was wrong; there is nothing to read after that.
func (f *frames) read() (kind ws.OpCode, message []byte, err error) {
	for {
		f.expect()
		header, err := f.in.NextFrame()
		switch {
		case err != nil:
		case header.OpCode.IsControl():
			if err = f.in.OnIntermediate(header, &f.in); err == nil {
				err = f.in.Discard()
			}
			if err == nil {
				continue
			}
		default:
			message, err = io.ReadAll(&f.in)
			if err == nil {
				return header.OpCode, message, nil
			}
		}
		f.complain(err)
		return 0, nil, err //nolint:wrapcheck // only ends the connection
	}
}

// control deals with a frame that is no message.
func (f *frames) control(header ws.Header, content io.Reader) error {
	if header.OpCode != ws.OpClose {
		return wsutil.ControlFrameHandler(f, ws.StateServerSide)(header, content) //nolint:wrapcheck // only ends the connection
	}
	body, err := io.ReadAll(content) // of 125 bytes at most
	if err != nil {
		return err //nolint:wrapcheck // only ends the connection
	}
	if f.isClosing() {
		return net.ErrClosed // the answer to ours, whatever it says
	}
	code, reason := ws.ParseCloseFrameData(body)
	if len(body) > 0 && !slices.Contains(laterCodes, code) {
		if err := ws.CheckCloseFrameData(code, reason); err != nil {
			return err //nolint:wrapcheck // a ws.ProtocolError
		}
	}
	_, _ = f.Write(ws.MustCompileFrame(ws.NewCloseFrame(body))) // the end either way
	return wsutil.ClosedError{Code: code, Reason: reason}
}

// laterCodes are those of close frames that were registered after RFC 6455.
// https://www.iana.org/assignments/websocket/websocket.xhtml
//
//nolint:gochecknoglobals // is never written
var laterCodes = []ws.StatusCode{1012, 1013, 1014}

func (f *frames) isClosing() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closing
}

// expect has the next sign of life arrive in time.
func (f *frames) expect() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closing {
		_ = f.conn.SetReadDeadline(time.Now().Add(f.silence)) //nolint:forbidigo // deadlines of sockets are wall time
	}
}

// complain closes the connection over what the client has sent, if that was it.
func (f *frames) complain(err error) {
	switch _, violation := errors.AsType[ws.ProtocolError](err); {
	case errors.Is(err, wsutil.ErrMessageTooLarge):
		f.close(ws.StatusMessageTooBig, "Message too long")
	case errors.Is(err, wsutil.ErrInvalidUTF8):
		f.close(ws.StatusInvalidFramePayloadData, "Text is not UTF-8")
	case violation:
		f.close(ws.StatusProtocolError, err.Error())
	default:
		return
	}
	// With something unread, the end of the connection could overtake what was said.
	_ = f.conn.SetReadDeadline(time.Now().Add(time.Second)) //nolint:forbidigo // deadlines of sockets are wall time
	_, _ = io.Copy(io.Discard, f.conn)
}

// text sends one message, whose content comes in parts.
func (f *frames) text(parts ...[]byte) error {
	frame := textFrame(parts)
	defer release(frame)
	_, err := f.Write(frame.Bytes())
	return err
}

// offer sends one message as text does, but only if that need not wait for
// anything; false when nothing was sent.
func (f *frames) offer(parts ...[]byte) (sent bool) {
	if f.atOnce == nil {
		return false
	}
	frame := textFrame(parts)
	defer release(frame)
	return f.attempt(frame.Bytes())
}

// attempt sends a whole frame that is no close frame, but only if that need not wait
// for anything; false when nothing was sent.
func (f *frames) attempt(frame []byte) (sent bool) {
	if f.atOnce == nil || !f.mu.TryLock() {
		return false
	}
	n := 0
	if !f.closing {
		n = writeAtOnce(f.atOnce, frame)
	}
	if n == 0 || n == len(frame) {
		f.mu.Unlock()
		return n > 0
	}
	rest := bytes.Clone(frame[n:])
	go func() { // there was room for a part of it; the rest is what comes next
		defer f.mu.Unlock()
		_, _ = f.write(rest) // an error ends the connection, which read sees
	}()
	return true
}

// pingLater has a ping sent that must wait, unless one waits already.
func (f *frames) pingLater() {
	if !f.late.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer f.late.Store(false)
		_, _ = f.Write(ws.CompiledPing) // a failed write closes the connection, which read sees
	}()
}

// textFrame makes a frame in memory that release has used again.
func textFrame(parts [][]byte) *bytes.Buffer {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	frame, _ := used.Get().(*bytes.Buffer) // nothing else is in there
	frame.Reset()
	_ = ws.WriteHeader(frame, ws.Header{Fin: true, OpCode: ws.OpText, Length: int64(size)}) // a buffer takes everything
	for _, part := range parts {
		frame.Write(part)
	}
	return frame
}

func release(frame *bytes.Buffer) {
	if frame.Cap() <= keptFrame {
		used.Put(frame)
	}
}

// used is memory of frames that were sent.
//
//nolint:gochecknoglobals // connections share it
var used = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Write sends a whole frame. A client that does not take it in time loses the
// connection, which read sees.
func (f *frames) Write(frame []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closing {
		return 0, net.ErrClosed
	}
	f.closing = ws.OpCode(frame[0]&0x0f) == ws.OpClose
	return f.write(frame)
}

// write sends what it is given; the mutex is held. There is a deadline only where it
// has to wait, as one that is set for every write would cost as much as the write.
func (f *frames) write(frame []byte) (n int, err error) {
	if f.atOnce != nil {
		n = writeAtOnce(f.atOnce, frame)
	}
	if n == len(frame) {
		return n, nil
	}
	_ = f.conn.SetWriteDeadline(time.Now().Add(f.patience)) //nolint:forbidigo // deadlines of sockets are wall time
	rest, err := f.conn.Write(frame[n:])
	if err != nil {
		_ = f.conn.Close() // it is gone either way
	}
	_ = f.conn.SetWriteDeadline(time.Time{}) // atOnce heeds it too
	return n + rest, err                     //nolint:wrapcheck // only ends the connection
}

// close says goodbye and why, and gives the client some time to answer.
func (f *frames) close(code ws.StatusCode, reason string) {
	frame := ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
	if _, err := f.Write(frame); err == nil {
		_ = f.conn.SetReadDeadline(time.Now().Add(goodbye)) //nolint:forbidigo // deadlines of sockets are wall time
	}
}
