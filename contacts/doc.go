// Package contacts reads an upload into contacts to dial, rows that were
// rejected with a reason, duplicates and blank rows. Whatever the door (a CSV
// file, a JSON list, a list that is already decoded) the same cleaning follows,
// and every uploaded row is accounted for.
//
// It streams: one row is in memory at a time beside what is kept. It never
// repairs a number, never guesses silently and never logs.
//
// Start reading at upload.go, then csv.go and cleaner.go.
package contacts
