// Package model holds the values of GraphQL that are neither rows nor words of
// package calling: scalars, pages, and what generated.go makes of payloads and
// inputs. It decides nothing. Start reading at connection.go and scalar.go.
package model
