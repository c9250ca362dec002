package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// reader is the body of a request.
type reader = bytes.Reader

func newReader(text []byte) *reader { return bytes.NewReader(text) }

// client is a WebSocket that costs as little as may be, so that what is measured is
// the server.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

// connect opens a WebSocket as RFC 6455 has it.
func connect(ctx context.Context, url, path string) (*client, error) {
	host := strings.TrimPrefix(url, "http://")
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", path, host)
	if err != nil {
		return nil, fmt.Errorf("ask for a socket: %w", err)
	}
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, 1024)}
	answer, err := http.ReadResponse(c.in, nil) //nolint:bodyclose // 101 has none
	if err != nil {
		return nil, fmt.Errorf("ask for a socket: %w", err)
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("a socket was answered with %s", answer.Status)
	}
	return c, nil
}

// send writes a text message; the mask of zeros is as good as another here.
func (c *client) send(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	frame := append(header(len(text), 0x80), 0, 0, 0, 0)
	if _, err := c.conn.Write(append(frame, text...)); err != nil {
		return fmt.Errorf("send a message: %w", err)
	}
	return nil
}

// header begins the frame of a text message.
func header(size int, mask byte) []byte {
	switch {
	case size < 126:
		return []byte{0x81, mask | byte(size)} //nolint:gosec // it is below 126
	case size < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{0x81, mask | 126}, uint16(size))
	}
	return binary.BigEndian.AppendUint64([]byte{0x81, mask | 127}, uint64(size))
}

// read returns the next frame's kind and content, which is valid until the next.
func (c *client) read() (kind byte, content []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(c.in, head[:2]); err != nil {
		return 0, nil, err
	}
	kind = head[0] & 0x0f
	size := uint64(head[1] & 0x7f)
	switch size {
	case 126:
		if _, err := io.ReadFull(c.in, head[:2]); err != nil {
			return 0, nil, err
		}
		size = uint64(binary.BigEndian.Uint16(head[:2]))
	case 127:
		if _, err := io.ReadFull(c.in, head[:]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(head[:])
	}
	if size > 1<<20 {
		return 0, nil, errors.New("a frame is too long")
	}
	if uint64(cap(c.buf)) < size {
		c.buf = make([]byte, size)
	}
	content = c.buf[:size]
	_, err = io.ReadFull(c.in, content)
	return kind, content, err
}

// subscribe signs in and asks for a batch job's progress.
func (c *client) subscribe(key, batchJobID string) error {
	type message map[string]any
	if err := c.send(message{"type": "connection_init", "payload": message{"Authorization": "Bearer " + key}}); err != nil {
		return err
	}
	if _, text, err := c.read(); err != nil || !bytes.Contains(text, []byte("connection_ack")) {
		return errors.Join(err, fmt.Errorf("connection_init was answered with %q", text))
	}
	return c.send(message{"id": "1", "type": "subscribe", "payload": message{
		"query":     `subscription ($id: ID!) { batchProgress(batchJobId: $id) { version status total callsInFlight attemptsEnded callsPerMinute spentMicros contacts { pending completed failed } } }`,
		"variables": message{"id": batchJobID},
	}})
}

// readAll hands every text message that is data to hear, until the connection ends.
func (c *client) readAll(hear func([]byte)) {
	for {
		kind, content, err := c.read()
		if err != nil {
			return
		}
		if kind == 9 { // a ping, without content, whose answer says that this end lives
			_, _ = c.conn.Write([]byte{0x8a, 0x80, 0, 0, 0, 0}) // read sees what fails
		}
		if kind == 1 && (content[0] != '{' || bytes.Contains(content, []byte(`"next"`))) {
			hear(content)
		}
	}
}

func (c *client) close() { _ = c.conn.Close() }

// broadcastHandler is the bare server: it keeps connections, and writes what it is
// given, framed once, to each.
func broadcastHandler() http.Handler {
	var mu sync.Mutex
	var conns []net.Conn
	mux := http.NewServeMux()
	mux.HandleFunc("GET /socket", func(w http.ResponseWriter, r *http.Request) {
		conn, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 wants it
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		mu.Lock()
		conns = append(conns, conn)
		mu.Unlock()
		go func() { _, _ = io.Copy(io.Discard, in) }()
	})
	mux.HandleFunc("POST /broadcast", func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		frame := append(header(len(text), 0), text...)
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range conns {
			_, _ = conn.Write(frame)
		}
	})
	return mux
}
