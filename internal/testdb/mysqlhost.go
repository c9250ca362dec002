package testdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/go-sql-driver/mysql"
)

// mysqlHost is this process's connection to the MySQL server it makes databases
// on. Databases are named as PostgreSQL's are; as long as the process lives its
// connection holds the named lock of its databases.
type mysqlHost struct {
	url     *url.URL
	server  *Server // the one started for this process; nil when the environment names one
	process string  // random

	mu   sync.Mutex // guards all below; a connection carries one query at a time
	conn *sql.Conn
	made int
}

// mysqlServer returns the process's one host, made when the first test asks.
//
//nolint:gochecknoglobals // a server costs a second to start; all tests of a process share it
var mysqlServer = sync.OnceValues(func() (*mysqlHost, error) { return openMySQLHost(context.Background()) })

// openMySQLHost connects to the server of the environment or else starts one,
// and clears away what killed processes left there.
func openMySQLHost(ctx context.Context) (*mysqlHost, error) {
	admin := os.Getenv(mysqlURL)
	var server *Server
	if admin == "" {
		var err error
		if server, err = StartMariaDB(ctx); err != nil {
			return nil, err
		}
		admin = server.URL
	}
	parsed, err := url.Parse(admin)
	if err != nil {
		return nil, fmt.Errorf("testdb: %s: %w", mysqlURL, err)
	}
	conn, err := connectMySQL(ctx, parsed)
	if err != nil {
		return nil, fmt.Errorf("testdb: connect to the server of %s: %w", mysqlURL, err)
	}
	h := &mysqlHost{
		url: parsed, server: server, conn: conn,
		process: fmt.Sprintf("%08x", rand.Uint32()), //nolint:gosec // a name, not a secret
	}
	if got, err := h.lock(ctx, h.process); err != nil || !got {
		return nil, errors.Join(err, conn.Close())
	}
	return h, h.dropOrphans(ctx)
}

func connectMySQL(ctx context.Context, at *url.URL) (*sql.Conn, error) {
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", at.Host, strings.TrimPrefix(at.Path, "/")
	config.User = at.User.Username()
	config.Passwd, _ = at.User.Password()
	config.Params = map[string]string{"wait_timeout": "86400"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector).Conn(ctx)
}

// create makes a database for the test with the given name and returns its name.
func (h *mysqlHost) create(ctx context.Context, test string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.made++
	name := fmt.Sprintf("outdial_test_%s_%d_%s", h.process, h.made, slug(test))
	name = strings.TrimRight(name[:min(len(name), 63)], "_")
	_, err := h.conn.ExecContext(ctx, "create database "+name)
	return name, err
}

// drop removes a database; one that is gone already is no error.
func (h *mysqlHost) drop(ctx context.Context, name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropLocked(ctx, name)
}

// dropLocked first cuts off whoever is connected: their open transactions would
// be waited for.
func (h *mysqlHost) dropLocked(ctx context.Context, name string) error {
	connections, err := h.column(ctx, "select id from information_schema.processlist where db = ?", name)
	if err != nil {
		return err
	}
	for _, id := range connections {
		_, _ = h.conn.ExecContext(ctx, "kill "+id) // it may have ended by itself
	}
	_, err = h.conn.ExecContext(ctx, "drop database if exists "+name)
	return err
}

// databaseURL returns the URL of a database on the host.
func (h *mysqlHost) databaseURL(name string) string {
	of := *h.url
	of.Path = "/" + name
	return of.String()
}

// dropOrphans drops the databases of processes that are no more.
func (h *mysqlHost) dropOrphans(ctx context.Context) error {
	names, err := h.column(ctx, "select schema_name from information_schema.schemata where schema_name rlike ?",
		"^outdial_test_[0-9a-f]{8}_")
	if err != nil {
		return err
	}
	var failures []error
	for _, name := range names {
		failures = append(failures, h.dropOrphan(ctx, name))
	}
	return errors.Join(failures...)
}

// dropOrphan drops the database if nobody holds its process's lock.
func (h *mysqlHost) dropOrphan(ctx context.Context, name string) error {
	process := strings.Split(name, "_")[2]
	if process == h.process {
		return nil
	}
	free, err := h.lock(ctx, process)
	if err != nil || !free {
		return err
	}
	err = h.dropLocked(ctx, name)
	_, unlocked := h.conn.ExecContext(ctx, "do release_lock(?)", lockOf(process))
	return errors.Join(err, unlocked)
}

func lockOf(process string) string { return "outdial_test_" + process }

// lock takes a process's named lock unless another one holds it.
func (h *mysqlHost) lock(ctx context.Context, process string) (got bool, err error) {
	err = h.conn.QueryRowContext(ctx, "select get_lock(?, 0)", lockOf(process)).Scan(&got)
	return got, err
}

// column returns the one column of a query's rows.
func (h *mysqlHost) column(ctx context.Context, query string, arg any) (all []string, err error) {
	rows, err := h.conn.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
