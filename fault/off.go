//go:build !faults

package fault

import "time"

// Point does nothing.
func Point(string) {}

// Planted reports false.
func Planted(string) bool { return false }

// Lease returns 0, which is the default.
func Lease() time.Duration { return 0 }
