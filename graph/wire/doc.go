// Package wire carries GraphQL operations over HTTP: JSON and multipart
// requests (GraphQL over HTTP, the GraphQL multipart request specification),
// server-sent events (graphql-sse, distinct connections) and WebSockets
// (graphql-transport-ws). It bounds what a client can make the server read,
// hold or wait for, and ends everything cleanly when the server drains. It
// knows no schema. Start reading at server.go, then http.go and socket.go.
package wire
