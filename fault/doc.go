// Package fault is where tests break the program on purpose: named points at
// which a process kills itself, and planted defects that the tests must catch.
// Without the build tag "faults" both are nothing and cost nothing; no released
// program has them. Start reading at on.go.
package fault
