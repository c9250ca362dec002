// Package testdb gives tests real, empty databases. A test asks for one, gets
// its URL, and the database is dropped when the test ends; nothing is mocked
// and nothing is skipped: where no server can be had, the test fails with the
// command that would install one.
//
// The server is the one named by TEST_POSTGRES_URL. Without it, a throwaway
// server is started once per process and dies with the process, however the
// process dies. `make test` sets the variable for the whole run by way of the
// program in cluster/, so that all packages share one server.
//
// Only tests import this package. Start reading at postgres.go.
package testdb
