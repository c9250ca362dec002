// Package graph is the GraphQL door: the schema of schema.graphqls over rows and
// the deeds of package dialer. Resolvers are one line; what they delegate to
// lies in a file named by its noun. It decides nothing about calls and never
// writes a row. Start reading at handler.go, then batchjob.go and create.go;
// how operations travel is package wire's.
package graph

//go:generate go tool gqlgen generate
