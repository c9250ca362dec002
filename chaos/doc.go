// Package chaos runs the real program as processes and breaks what it stands on:
// it kills and freezes nodes, crashes databases, cuts connections, and lets the
// carrier misbehave, and then compares what an independent observer saw of the
// calls with what clients were told and what the database says. Everything
// random comes from one seed. Only tests and the program in cmd/ use it.
//
// Start reading at run.go; check.go has the definitions of what must not happen.
package chaos
