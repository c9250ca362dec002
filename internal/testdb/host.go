package testdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// ours sets this package's advisory locks apart from any other's on a server
// that is shared. It has no meaning.
const ours = 0x6f757464

// host is this process's connection to the server it makes databases on, and
// what it made there.
//
// Databases are named outdial_test_PROCESS_NUMBER_TEST. As long as the process
// lives it holds the advisory lock (ours, PROCESS); databases whose lock is
// free belong to a process that was killed, and the next process drops them.
type host struct {
	url     *url.URL
	server  *Server // the one started for this process; nil when the environment names one
	process int32   // random

	mu        sync.Mutex // guards all below; a connection carries one query at a time
	conn      *pgx.Conn
	made      int
	templates map[string]template
}

// template is a prepared database, or why there is none.
type template struct {
	database string
	err      error
}

// postgresHost returns the process's one host, made when the first test asks.
//
//nolint:gochecknoglobals // a server costs a second to start; all tests of a process share it
var postgresHost = sync.OnceValues(func() (*host, error) { return openHost(context.Background()) })

// openHost connects to the server of the environment or else starts one, and
// clears away what killed processes left there.
func openHost(ctx context.Context) (*host, error) {
	admin := os.Getenv(postgresURL)
	var server *Server
	if admin == "" {
		var err error
		if server, err = StartPostgres(ctx); err != nil {
			return nil, err
		}
		admin = server.URL
	}
	parsed, err := url.Parse(admin)
	if err != nil {
		return nil, fmt.Errorf("testdb: %s: %w", postgresURL, err)
	}
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return nil, fmt.Errorf("testdb: connect to the server of %s: %w", postgresURL, err)
	}
	h := &host{
		url:       parsed,
		server:    server,
		process:   rand.Int32(), //nolint:gosec // a name, not a secret
		conn:      conn,
		templates: map[string]template{},
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1, $2)", ours, h.process); err != nil {
		return nil, err
	}
	return h, h.dropOrphans(ctx)
}

// create makes a copy of the template for the test with the given name and
// returns the name of the copy.
func (h *host) create(ctx context.Context, test, template string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.createLocked(ctx, test, template)
}

func (h *host) createLocked(ctx context.Context, test, template string) (string, error) {
	h.made++
	name := fmt.Sprintf("outdial_test_%08x_%d_%s", h.process, h.made, slug(test))
	name = strings.TrimRight(name[:min(len(name), 63)], "_") // 63 bytes is all PostgreSQL keeps of a name
	_, err := h.conn.Exec(ctx, fmt.Sprintf("create database %s template %s", quote(name), quote(template)))
	return name, err
}

// drop removes a database; one that is gone already is no error.
func (h *host) drop(ctx context.Context, name string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.conn.Exec(ctx, fmt.Sprintf("drop database if exists %s with (force)", quote(name)))
	return err
}

// template returns the database of the named template, prepared on first call.
func (h *host) template(ctx context.Context, name string, prepare func(url string) error) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	made, known := h.templates[name]
	if !known {
		made.database, made.err = h.createLocked(ctx, "template_"+name, "template0")
		if made.err == nil {
			made.err = prepare(h.databaseURL(made.database))
		}
		h.templates[name] = made
	}
	return made.database, made.err
}

// databaseURL returns the URL of a database on the host.
func (h *host) databaseURL(name string) string {
	of := *h.url
	of.Path = "/" + name
	return of.String()
}

// dropOrphans drops the databases of processes that are no more.
func (h *host) dropOrphans(ctx context.Context) error {
	rows, err := h.conn.Query(ctx, `select datname from pg_database where datname ~ '^outdial_test_[0-9a-f]{8}_'`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
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
func (h *host) dropOrphan(ctx context.Context, name string) error {
	var process int32
	if _, err := fmt.Sscanf(name, "outdial_test_%08x_", &process); err != nil {
		return err
	}
	var free bool
	if err := h.conn.QueryRow(ctx, "select pg_try_advisory_lock($1, $2)", ours, process).Scan(&free); err != nil {
		return err
	}
	if !free || process == h.process {
		return nil
	}
	_, err := h.conn.Exec(ctx, fmt.Sprintf("drop database if exists %s with (force)", quote(name)))
	_, unlocked := h.conn.Exec(ctx, "select pg_advisory_unlock($1, $2)", ours, process)
	return errors.Join(err, unlocked)
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a test's name fit to be part of a database's.
func slug(test string) string {
	return strings.Trim(notInName.ReplaceAllString(strings.ToLower(test), "_"), "_")
}
