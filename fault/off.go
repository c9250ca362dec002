//go:build !faults

package fault

// Point does nothing.
func Point(string) {}

// Planted reports false.
func Planted(string) bool { return false }
