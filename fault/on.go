//go:build faults

package fault

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// hits counts how often the point that is armed was passed.
var hits atomic.Int64 //nolint:gochecknoglobals // one process dies once

// Point kills the process, as kill -9 does, when OUTDIAL_CRASH_AT names the
// point: "C5" at its first passing, "C5:3" at its third.
func Point(name string) {
	armed, nth, _ := strings.Cut(os.Getenv("OUTDIAL_CRASH_AT"), ":") //nolint:forbidigo // only in programs built for tests
	if armed != name {
		return
	}
	n, err := strconv.ParseInt(nth, 10, 64)
	if err != nil {
		n = 1
	}
	if hits.Add(1) >= n {
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL) // nothing runs after it
		select {}
	}
}

// Planted reports whether OUTDIAL_PLANTED, a comma separated list, names the
// defect.
func Planted(name string) bool {
	return slices.Contains(strings.Split(os.Getenv("OUTDIAL_PLANTED"), ","), name) //nolint:forbidigo // only in programs built for tests
}

// Lease returns OUTDIAL_LEASE, how long a silent node keeps its calls; 0, which is
// the default, when it is not set.
func Lease() time.Duration {
	d, _ := time.ParseDuration(os.Getenv("OUTDIAL_LEASE")) //nolint:forbidigo // only in programs built for tests
	return d
}
