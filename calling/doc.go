// Package calling holds the words of Outdial and the decisions that need no
// I/O: what a batch, a contact, an attempt and an outcome are, which number may
// be dialed, when a retry is due, what a batch will cost and how long it takes.
//
// Everything here is a pure value or a pure function: nothing reads a clock, a
// file, a database or the network; where time matters it is an argument named
// now. Start reading at batch.go, then contact.go, attempt.go and outcome.go.
package calling
