// Package storetest opens stores for tests: real databases, one of each dialect
// the program promises to run on. Start reading at Each.
package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/outdial/outdial/internal/testdb"
	"github.com/outdial/outdial/store"
)

// Prepare brings more than the store's own tables up to date, such as the
// queue's.
type Prepare func(context.Context, *store.Store) error

// Each runs a test on a new, migrated database of every dialect.
func Each(t *testing.T, prepare Prepare, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t, prepare))
	})
	Many(t, prepare, test)
}

// Many is Each for what only shows where several transactions, or nodes, work
// at the same time, which SQLite lets none.
func Many(t *testing.T, prepare Prepare, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t, prepare))
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		test(t, MySQL(t, prepare))
	})
}

// SQLite opens a new, migrated SQLite file that is closed with the test.
func SQLite(tb testing.TB, prepare Prepare) *store.Store {
	tb.Helper()
	return Open(tb, "sqlite://"+filepath.Join(tb.TempDir(), "outdial.db"), prepare)
}

// Postgres opens a new, migrated PostgreSQL database that is closed and dropped
// with the test.
func Postgres(tb testing.TB, prepare Prepare) *store.Store {
	tb.Helper()
	return Open(tb, testdb.Postgres(tb), prepare)
}

// MySQL opens a new, migrated database on MariaDB, or the MySQL server that
// testdb was told of, that is closed and dropped with the test. Its queue lives
// in a SQLite file.
func MySQL(tb testing.TB, prepare Prepare) *store.Store {
	tb.Helper()
	return OpenWith(tb, testdb.MySQL(tb), store.Options{QueueURL: "sqlite://" + filepath.Join(tb.TempDir(), "queue.db")}, prepare)
}

// MySQLWithPostgres is MySQL, but the queue lives in PostgreSQL.
func MySQLWithPostgres(tb testing.TB, prepare Prepare) *store.Store {
	tb.Helper()
	return OpenWith(tb, testdb.MySQL(tb), store.Options{QueueURL: testdb.Postgres(tb)}, prepare)
}

// Open opens and migrates the database behind a URL and closes it with the test.
func Open(tb testing.TB, url string, prepare Prepare) *store.Store {
	tb.Helper()
	return OpenWith(tb, url, store.Options{}, prepare)
}

// OpenWith is Open with options.
func OpenWith(tb testing.TB, url string, options store.Options, prepare Prepare) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), url, options)
	if err != nil {
		tb.Fatalf("open %s: %v", url, err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close the store: %v", err)
		}
	})
	if prepare == nil {
		prepare = func(context.Context, *store.Store) error { return nil }
	}
	if err := s.Migrate(tb.Context(), prepare); err != nil {
		tb.Fatalf("migrate %s: %v", url, err)
	}
	return s
}
