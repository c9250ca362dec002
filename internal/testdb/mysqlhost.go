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

// mysqlHost is this process's way to the MySQL server it makes databases on.
// Databases are named as PostgreSQL's are; as long as there are any, a connection
// holds the named lock of the process. It is closed with the last of them, as the
// driver keeps goroutines for it, which tests that look for leaks would find.
type mysqlHost struct {
	url     *url.URL
	server  *Server // the one started for this process; nil when the environment names one
	process string  // random

	mu   sync.Mutex // guards all below; a connection carries one query at a time
	pool *sql.DB    // nil while there is no database
	conn *sql.Conn
	made int
	live int // databases made and not dropped
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
	h := &mysqlHost{
		url: parsed, server: server,
		process: fmt.Sprintf("%08x", rand.Uint32()), //nolint:gosec // a name, not a secret
	}
	if err := h.connect(ctx); err != nil {
		return nil, fmt.Errorf("testdb: connect to the server of %s: %w", mysqlURL, err)
	}
	return h, errors.Join(h.dropOrphans(ctx), h.disconnect())
}

// connect opens the connection and takes the process's lock.
func (h *mysqlHost) connect(ctx context.Context) error {
	config := mysql.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", h.url.Host, strings.TrimPrefix(h.url.Path, "/")
	config.User = h.url.User.Username()
	config.Passwd, _ = h.url.User.Password()
	config.Logger = &mysql.NopLogger{} // it would say which connections were cut off
	config.Params = map[string]string{"wait_timeout": "86400"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	h.pool = sql.OpenDB(connector)
	if h.conn, err = h.pool.Conn(ctx); err != nil {
		return errors.Join(err, h.pool.Close())
	}
	const closing = 10 // seconds until the server has noticed that the last connection is closed
	if got, err := h.lock(ctx, h.process, closing); err != nil || !got {
		return errors.Join(err, errors.New("the process's lock is taken"), h.disconnect())
	}
	return nil
}

// disconnect closes the connection, and lets go of the lock with it.
func (h *mysqlHost) disconnect() error {
	err := errors.Join(h.conn.Close(), h.pool.Close())
	h.conn, h.pool = nil, nil
	return err
}

// create makes a database for the test with the given name and returns its name.
func (h *mysqlHost) create(ctx context.Context, test string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pool == nil {
		if err := h.connect(ctx); err != nil {
			return "", err
		}
	}
	h.made++
	h.live++
	name := fmt.Sprintf("outdial_test_%s_%d_%s", h.process, h.made, slug(test))
	name = strings.TrimRight(name[:min(len(name), 63)], "_")
	_, err := h.conn.ExecContext(ctx, "create database "+name+" character set latin1") // the least that an administrator may give us
	return name, err
}

// drop removes a database that create made; one that is gone already is no error.
func (h *mysqlHost) drop(ctx context.Context, name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.dropLocked(ctx, name)
	if h.live--; h.live == 0 {
		err = errors.Join(err, h.disconnect())
	}
	return err
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
	free, err := h.lock(ctx, process, 0)
	if err != nil || !free {
		return err
	}
	err = h.dropLocked(ctx, name)
	_, unlocked := h.conn.ExecContext(ctx, "do release_lock(?)", lockOf(process))
	return errors.Join(err, unlocked)
}

func lockOf(process string) string { return "outdial_test_" + process }

// lock takes a process's named lock unless another one holds it, after so many
// seconds still.
func (h *mysqlHost) lock(ctx context.Context, process string, seconds int) (got bool, err error) {
	err = h.conn.QueryRowContext(ctx, "select get_lock(?, ?)", lockOf(process), seconds).Scan(&got)
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
