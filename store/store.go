// Package store opens the database, migrates it, and gives transactions that
// cover rows and, where the queue lives beside them, jobs alike. It is the only
// place that knows what differs between SQLite, PostgreSQL and MySQL: pools and
// pragmas, locks, bulk loading and notifications. It decides nothing about
// calls. Start reading at Open and InTx.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/go-sql-driver/mysql"
	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
)

// Store is an open database, and the one its queue lives in. It is safe for
// concurrent use.
type Store struct {
	dialect string
	writer  *sql.DB       // changes; one connection on SQLite
	pool    *pgxpool.Pool // nil unless PostgreSQL
	mysql   *mysql.Config // nil unless MySQL
	silence time.Duration // Options.Silence of PostgreSQL
	readers *sql.DB       // queries; they cannot change anything on SQLite
	reads   *ent.Client   // the same for ent
	queue   *Store        // another database; nil where the queue lives in this one
	close   []func() error
	log     *slog.Logger
	guard   func(Moment) error // nil except in tests
}

// Options of a database. Zero values take the defaults named.
type Options struct {
	// MaxConnections is how many connections a pool of PostgreSQL or MySQL has;
	// default 20.
	MaxConnections int
	// QueueURL is the database the queue lives in, sqlite:// or postgres://;
	// default the same database.
	QueueURL string
	// Silence is after how long a server rolls back the transaction of a process
	// that says nothing, being frozen, and lets go of its locks; default 10
	// seconds. On SQLite nobody else waits for them. A connection that listens on
	// PostgreSQL asks the server for a sign of life after twice as long, and takes
	// it for gone when it has none after as long again.
	Silence time.Duration
	// Log is told of connections that were lost; default slog.Default().
	Log *slog.Logger
}

func (o Options) silence() time.Duration {
	if o.Silence == 0 {
		return 10 * time.Second
	}
	return o.Silence
}

// Open opens the database behind a URL, "sqlite://PATH", "postgres://…" or
// "mysql://…", and that of its queue. Neither is migrated. A SQLite file is
// created when it is missing, and refused with one sentence while another
// process has it open.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	s, err := open(ctx, url, options)
	if err == nil {
		s.log = cmp.Or(options.Log, slog.Default())
	}
	if err != nil || options.QueueURL == "" || options.QueueURL == url {
		return s, err
	}
	if s.queue, err = open(ctx, options.QueueURL, options); err != nil {
		return nil, errors.Join(fmt.Errorf("the queue's database: %w", err), s.Close())
	}
	s.queue.log = s.log
	s.close = append(s.close, s.queue.Close)
	return s, nil
}

func open(ctx context.Context, url string, options Options) (*Store, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, url, options)
	case "mysql":
		return openMySQL(ctx, url, options)
	}
	return nil, fmt.Errorf("the database URL must begin with sqlite://, postgres:// or mysql://, not %s", calling.Quote(scheme))
}

// Dialect returns ent's name of the database: dialect.SQLite, dialect.Postgres
// or dialect.MySQL.
func (s *Store) Dialect() string { return s.dialect }

// Alone reports whether no other process can work on the database meanwhile.
func (s *Store) Alone() bool { return s.dialect == dialect.SQLite }

// Queue returns the database the queue lives in: the store itself, whose
// transactions then cover jobs too, unless Options named another one.
func (s *Store) Queue() *Store {
	if s.queue != nil {
		return s.queue
	}
	return s
}

// Pool returns the PostgreSQL pool; nil on other databases.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Writer returns the pool that changes are made through. On SQLite it holds
// exactly one connection, so it must not be used inside an open transaction.
func (s *Store) Writer() *sql.DB { return s.writer }

// Read returns the client for queries outside a transaction. On SQLite it
// cannot change anything.
func (s *Store) Read() *ent.Client { return s.reads }

// Ping asks the database for a sign of life; that of the queue is asked with
// Queue().Ping.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.writer.PingContext(ctx); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// Close closes every pool, the queue's included, and lets go of SQLite files.
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
