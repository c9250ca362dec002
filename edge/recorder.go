package edge

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
)

// recorder passes an answer on and remembers how it went.
type recorder struct {
	http.ResponseWriter

	code     int // 0 until the answer has begun
	hijacked bool
	aborted  bool // the connection was cut in the middle of the answer
}

// WriteHeader begins the answer, unless code is an informational one.
func (rec *recorder) WriteHeader(code int) {
	if rec.code == 0 && (code >= http.StatusOK || code == http.StatusSwitchingProtocols) {
		rec.code = code
	}
	rec.ResponseWriter.WriteHeader(code)
}

// Write begins the answer with 200 when nothing else has.
func (rec *recorder) Write(b []byte) (int, error) {
	rec.begin()
	return rec.ResponseWriter.Write(b)
}

// Flush sends what is buffered, where the writer can.
func (rec *recorder) Flush() {
	rec.begin()
	_ = http.NewResponseController(rec.ResponseWriter).Flush() // http.Flusher has no error to return
}

// Hijack takes the connection over, as WebSockets do.
func (rec *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(rec.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take the connection over: %w", err)
	}
	rec.hijacked = true
	return conn, buffer, nil
}

// Unwrap lets http.ResponseController reach the rest.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

func (rec *recorder) begin() {
	if rec.code == 0 {
		rec.code = http.StatusOK
	}
}

// statusCut is what the log shows for an answer that was cut off. It is on no
// wire, and nginx shows the same.
const statusCut = 499

// status is what the log shows.
func (rec *recorder) status() int {
	switch {
	case rec.aborted:
		return statusCut
	case rec.code == 0 && rec.hijacked:
		return http.StatusSwitchingProtocols
	case rec.code == 0:
		return http.StatusOK
	}
	return rec.code
}
