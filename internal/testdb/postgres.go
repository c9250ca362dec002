package testdb

import (
	"context"
	"crypto/rand"
	_ "embed" // the keeper's script
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// postgresURL is the environment variable that names a PostgreSQL server to
// test on: the URL of a role that may create databases.
const postgresURL = "TEST_POSTGRES_URL"

// noPostgres is what a test says that can get no server.
const noPostgres = "testdb: no PostgreSQL to test on. Set TEST_POSTGRES_URL to the URL of a role that may " +
	"create databases (postgres://user:password@host/postgres), or install the server's programs " +
	"(Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql)"

//go:embed postgres.sh
var postgresScript string

// Postgres returns the URL of a new, empty PostgreSQL database of the test's own. It
// is dropped when the test ends, with whatever is still connected to it. Safe for
// concurrent use.
func Postgres(tb testing.TB) string {
	tb.Helper()
	host, err := postgresHost()
	if err != nil {
		tb.Fatal(err)
	}
	return newDatabase(tb, host, "template0")
}

// PostgresFrom is Postgres, but the database starts as a copy of the template
// with the given name, which is cheaper than preparing each anew. The first
// call in the process with that name makes the template by handing prepare the
// URL of an empty database; prepare must close its connections before it
// returns. Its error fails every test that asks for the template.
func PostgresFrom(tb testing.TB, template string, prepare func(url string) error) string {
	tb.Helper()
	host, err := postgresHost()
	if err != nil {
		tb.Fatal(err)
	}
	name, err := host.template(context.WithoutCancel(tb.Context()), template, prepare)
	if err != nil {
		tb.Fatalf("testdb: prepare the template %q: %v", template, err)
	}
	return newDatabase(tb, host, name)
}

func newDatabase(tb testing.TB, host *host, template string) string {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context()) // a cancelled query would close the host's connection
	name, err := host.create(ctx, tb.Name(), template)
	if err != nil {
		tb.Fatalf("testdb: create a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := host.drop(ctx, name); err != nil {
			tb.Errorf("testdb: drop the database %s: %v", name, err)
		}
	})
	return host.databaseURL(name)
}

// StartPostgres starts a throwaway PostgreSQL server on a free loopback port,
// and installs PostgreSQL first where it is lacking and this process may. The
// server outlives ctx, which only ends the wait for an installation.
func StartPostgres(ctx context.Context) (*Server, error) { return tryPostgres(ctx, "DURABLE=") }

// StartDurablePostgres is StartPostgres, but the server waits for the disk as in
// production, so that it can be crashed and started again.
func StartDurablePostgres(ctx context.Context) (*Server, error) {
	return tryPostgres(ctx, "DURABLE=yes")
}

func tryPostgres(ctx context.Context, setting string) (*Server, error) {
	bin, err := postgresPrograms(ctx)
	if err != nil {
		return nil, err
	}
	var failures []error
	for range 3 { // the port may be taken between our look and the server's start
		server, err := startPostgres(ctx, bin, setting)
		if err == nil {
			return server, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

func startPostgres(ctx context.Context, bin, setting string) (*Server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	server, err := keep(ctx, postgresScript, "BIN="+bin, "PORT="+port, "PASSWORD="+password, setting)
	if err != nil {
		return nil, err
	}
	server.URL = (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", password), Host: "127.0.0.1:" + port,
		Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()
	return server, nil
}

// postgresPrograms returns the folder of the server's programs.
func postgresPrograms(ctx context.Context) (string, error) {
	if bin := findPostgres(ctx); bin != "" {
		return bin, nil
	}
	if err := installPostgres(ctx); err != nil {
		return "", fmt.Errorf("%s: %w", noPostgres, err)
	}
	if bin := findPostgres(ctx); bin != "" {
		return bin, nil
	}
	return "", errors.New(noPostgres)
}

// findPostgres looks where distributions put the programs; "" when nowhere.
func findPostgres(ctx context.Context) string {
	folders := strings.Split(os.Getenv("PATH"), string(os.PathListSeparator))
	if told, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(told)))
	}
	folders = append(folders, "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin")
	return programFolder(folders, "initdb", "postgres", "pg_ctl")
}
