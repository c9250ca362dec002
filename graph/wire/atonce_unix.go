//go:build unix

package wire

import "syscall"

// writeAtOnce writes what there is room for in the connection's buffer right now,
// and returns how much that was; 0 also where writing fails.
func writeAtOnce(conn syscall.RawConn, b []byte) (n int) {
	_ = conn.Write(func(fd uintptr) (done bool) { // fails where the connection is closed
		n, _ = syscall.Write(int(fd), b)
		return true
	})
	return max(n, 0)
}
