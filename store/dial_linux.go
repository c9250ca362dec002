package store

import (
	"fmt"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of RFC 5482, which package syscall lacks.
const tcpUserTimeout = 18

// limitUnacknowledged bounds how long what was sent may stay unacknowledged;
// keepalives are not sent meanwhile, and Linux would try for a quarter of an hour.
func limitUnacknowledged(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(unheardTimeout.Milliseconds()))
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("bound the wait for acknowledgements: %w", err)
	}
	return nil
}
