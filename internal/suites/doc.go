// Package suites runs other people's tests and clients against Outdial: the
// audits of graphql-http, the clients of graphql-ws, graphql-sse, Apollo and
// urql, Relay's compiler, @graphql-eslint, graphql-js and a validator of OpenAPI.
// They are npm packages, pinned in npm/package-lock.json and installed when the
// first test asks. Nothing but its own tests imports it.
//
// Start reading at suites_test.go.
package suites
