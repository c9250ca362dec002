package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// sqliteReaders is how many connections read beside the one that writes.
const sqliteReaders = 4

// openSQLite opens a file with one connection for changes and a few that can
// only read.
//
// One writing connection that begins its transactions as writers never meets
// SQLITE_BUSY, which deferred transactions do. _time_format makes stored times
// compare and sort; the driver's own format does neither. synchronous FULL
// means that a committed attempt outlives a power cut, so it is not dialed
// again.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("a sqlite:// database URL needs a path, such as sqlite://data/outdial.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("make the folder of the database file: %w", err)
	}
	if err := registerFold(); err != nil {
		return nil, fmt.Errorf("teach SQLite a function: %w", err)
	}
	lock, err := held(path)
	if err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	writer, err := sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), lock.Unlock())
	}
	writer.SetMaxOpenConns(1)
	if err := writer.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database file %s: %w", path, err), writer.Close(), lock.Unlock())
	}
	readers, err := sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s for reading: %w", path, err), writer.Close(), lock.Unlock())
	}
	readers.SetMaxOpenConns(sqliteReaders)
	readers.SetMaxIdleConns(sqliteReaders)
	return &Store{
		dialect: dialect.SQLite,
		writer:  writer,
		readers: readers,
		reads:   newClient(entsql.OpenDB(dialect.SQLite, readers)),
		close:   []func() error{lock.Unlock, writer.Close, readers.Close},
	}, nil
}

// private makes a new database file one that only this account reads: it holds
// personal data.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	return nil
}

func sqliteDSN(path, extra string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_time_format=sqlite&" + extra
}
