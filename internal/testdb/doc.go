// Package testdb gives tests real, empty databases. A test asks for one, gets
// its URL, and the database is dropped when the test ends; nothing is mocked
// and nothing is skipped: where no server can be had, the test fails with the
// command that would install one.
//
// The servers are those named by TEST_POSTGRES_URL and TEST_MYSQL_URL. Without
// one, a throwaway server of the kind is started when the first test asks for it
// and dies with the process, however the process dies. `make test` sets the
// variables for the whole run by way of the program in cluster/, so that all
// packages share the servers.
//
// Only tests import this package. Start reading at postgres.go and mariadb.go.
package testdb
