package testdb

import (
	"context"
	"crypto/rand"
	_ "embed" // the keeper's script
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outdial/outdial/internal/debian"
)

// mysqlURL is the environment variable that names a MySQL or MariaDB server to
// test on: the URL of a user that may create databases.
const mysqlURL = "TEST_MYSQL_URL"

// noMySQL is what a test says that can get no server.
const noMySQL = "testdb: no MySQL or MariaDB to test on. Set TEST_MYSQL_URL to the URL of a user that may create " +
	"databases (mysql://user:password@host:3306/mysql), or install the server's programs " +
	"(Debian, Ubuntu: apt-get install mariadb-server-core mariadb-client-core; macOS: brew install mariadb)"

//go:embed mariadb.sh
var mariadbScript string

// MySQL returns the URL of a new, empty database of the test's own on MariaDB,
// or on the server that TEST_MYSQL_URL names. It is dropped when the test ends,
// and whoever is still connected to it is cut off. Safe for concurrent use.
func MySQL(tb testing.TB) string {
	tb.Helper()
	host, err := mysqlServer()
	if err != nil {
		tb.Fatal(err)
	}
	ctx := context.WithoutCancel(tb.Context()) // a cancelled query would close the host's connection
	name, err := host.create(ctx, tb.Name())
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

// StartMariaDB starts a throwaway MariaDB server on a free loopback port, and
// installs MariaDB first where it is lacking and this process may. The server
// outlives ctx, which only ends the wait for an installation.
func StartMariaDB(ctx context.Context) (*Server, error) { return tryMariaDB(ctx, "DURABLE=", "/mysql") }

// StartDurableMariaDB is StartMariaDB, but the server waits for the disk as in
// production, so that it can be crashed and started again. Its URL is that of an
// empty database.
func StartDurableMariaDB(ctx context.Context) (*Server, error) {
	return tryMariaDB(ctx, "DURABLE=yes", "/outdial")
}

func tryMariaDB(ctx context.Context, setting, database string) (*Server, error) {
	server, install, err := mariadbPrograms(ctx)
	if err != nil {
		return nil, err
	}
	var failures []error
	for range 3 { // the port may be taken between our look and the server's start
		started, err := startMariaDB(ctx, server, install, setting, database)
		if err == nil {
			return started, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

func startMariaDB(ctx context.Context, server, install, setting, database string) (*Server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	started, err := keep(ctx, mariadbScript, "SERVER="+server, "INSTALL="+install, "PORT="+port, "PASSWORD="+password, setting)
	if err != nil {
		return nil, err
	}
	started.URL = (&url.URL{
		Scheme: "mysql", User: url.UserPassword("root", password), Host: "127.0.0.1:" + port, Path: database,
	}).String()
	return started, nil
}

// mariadbPrograms returns the server and the program that makes its files. Only
// Debian's packages of the programs are installed: they bring no service that
// would be started.
func mariadbPrograms(ctx context.Context) (server, install string, err error) {
	if server, install = findMariaDB(); server != "" {
		return server, install, nil
	}
	err = debian.InTurn(func() error {
		if found, _ := findMariaDB(); found != "" {
			return nil // another process was quicker
		}
		return debian.Install(ctx, "mariadb-server-core", "mariadb-client-core")
	})
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", noMySQL, err)
	}
	if server, install = findMariaDB(); server != "" {
		return server, install, nil
	}
	return "", "", errors.New(noMySQL)
}

// findMariaDB looks where distributions put the programs; "" when nowhere.
func findMariaDB() (server, install string) {
	path := strings.Split(os.Getenv("PATH"), string(os.PathListSeparator))
	folders := append(path, "/usr/sbin", "/usr/bin", "/usr/libexec",
		"/opt/homebrew/opt/mariadb*/bin", "/usr/local/opt/mariadb*/bin", "/usr/local/mysql/bin")
	ofServer := programFolder(folders, "mariadbd")
	ofInstall := programFolder(folders, "mariadb-install-db", "my_print_defaults")
	if ofServer == "" || ofInstall == "" {
		return "", ""
	}
	return filepath.Join(ofServer, "mariadbd"), filepath.Join(ofInstall, "mariadb-install-db")
}
