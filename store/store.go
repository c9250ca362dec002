// Package store opens the database, migrates it, and gives transactions that
// cover rows and jobs alike. It is the only place that knows what differs
// between SQLite and PostgreSQL: pools and pragmas, locks, bulk loading and
// notifications. It decides nothing about calls. Start reading at Open and InTx.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	dialect string
	writer  *sql.DB       // changes; one connection on SQLite
	pool    *pgxpool.Pool // nil unless PostgreSQL
	readers *sql.DB       // queries; they cannot change anything on SQLite
	reads   *ent.Client   // the same for ent
	close   []func() error
	guard   func(Moment) error // nil except in tests
}

// Options bound the pools. Zero values take the defaults.
type Options struct {
	MaxConnections int // PostgreSQL: connections in the pool; default 20
}

// Open opens the database behind a URL: "sqlite://PATH" or "postgres://…". The
// database is not migrated. A SQLite file is created when it is missing, and
// refused with one sentence while another process has it open.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, url, options)
	}
	return nil, fmt.Errorf("the database URL must begin with sqlite:// or postgres://, not %s", calling.Quote(scheme))
}

// Dialect returns ent's name of the database: dialect.SQLite or
// dialect.Postgres.
func (s *Store) Dialect() string { return s.dialect }

// Alone reports whether no other process can work on the database meanwhile.
func (s *Store) Alone() bool { return s.dialect == dialect.SQLite }

// Pool returns the PostgreSQL pool; nil on other databases.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Writer returns the pool that changes are made through. On SQLite it holds
// exactly one connection, so it must not be used inside an open transaction.
func (s *Store) Writer() *sql.DB { return s.writer }

// Read returns the client for queries outside a transaction. On SQLite it
// cannot change anything.
func (s *Store) Read() *ent.Client { return s.reads }

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.writer.PingContext(ctx); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// Close closes every pool and lets go of the SQLite file.
func (s *Store) Close() error {
	var errs []error
	for _, f := range slices.Backward(s.close) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// Instant cuts a moment to what every database stores: UTC, whole microseconds.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func (s *Store) postgres() bool { return s.dialect == dialect.Postgres }

// held is the lock on a SQLite file.
func held(path string) (*flock.Flock, error) {
	lock := flock.New(path + ".lock")
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the database file %s: %w", path, err)
	}
	if !ok {
		return nil, fmt.Errorf("the database file %s is in use by another outdial; stop it first, or use another DATABASE_URL", path)
	}
	return lock, nil
}
