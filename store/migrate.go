package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"ariga.io/atlas/sql/migrate"
	atlasmysql "ariga.io/atlas/sql/mysql"
	atlaspostgres "ariga.io/atlas/sql/postgres"
	atlasschema "ariga.io/atlas/sql/schema"
	atlassqlite "ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/dialect"
)

// migrations hold one folder a dialect, written by store/migrationdiff from
// ent/schema and never edited once released.
//
//go:embed migrations
var migrations embed.FS

// Migrate brings the database's tables up to date and has then do the same for
// the tables of the queue, with the store they live in. Nodes that start at once
// wait for each other; the later ones find nothing to do. On PostgreSQL and
// SQLite a migration that fails leaves nothing behind; on MySQL, where every
// statement is final at once, the next start goes on at the one that failed.
func (s *Store) Migrate(ctx context.Context, then func(context.Context, *Store) error) error {
	if s.queue == nil {
		return s.exclusively(ctx, s.migrateTables, func(ctx context.Context) error { return then(ctx, s) })
	}
	if err := s.exclusively(ctx, s.migrateTables, func(context.Context) error { return nil }); err != nil {
		return err
	}
	return s.queue.exclusively(ctx, func(context.Context, atlasschema.ExecQuerier) error { return nil },
		func(ctx context.Context) error { return then(ctx, s.queue) })
}

// exclusively does something over a connection, and then something else over
// others, while no other node does the same.
func (s *Store) exclusively(
	ctx context.Context, do func(context.Context, atlasschema.ExecQuerier) error, then func(context.Context) error,
) error {
	if s.dialect == dialect.MySQL {
		return s.exclusivelyMySQL(ctx, do, then)
	}
	err := s.often(ctx, func(ctx context.Context, tx *Tx) error { // not InTx: this may take its time
		if s.postgres() {
			// The connection says nothing while others are worked over.
			if _, err := tx.exec.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = '10min'"); err != nil {
				return fmt.Errorf("prepare the migration: %w", err)
			}
		}
		if err := tx.lock(ctx, lockMigrate, "", exclusive); err != nil {
			return err
		}
		conn, ok := tx.exec.(atlasschema.ExecQuerier)
		if !ok {
			return errors.New("the connection cannot query")
		}
		if err := do(ctx, conn); err != nil || !s.postgres() {
			return err
		}
		return then(ctx)
	})
	if err != nil || s.postgres() {
		return err
	}
	return then(ctx) // alone in any case, and in need of the one connection
}

// migrateTables applies the migrations that are pending.
func (s *Store) migrateTables(ctx context.Context, conn atlasschema.ExecQuerier) error {
	executor, err := s.executor(ctx, conn)
	if err != nil {
		return err
	}
	if err := executor.ExecuteN(ctx, 0); err != nil && !errors.Is(err, migrate.ErrNoPendingFiles) {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Pending returns the names of migrations that were not applied yet. It changes
// nothing and needs no right to.
func (s *Store) Pending(ctx context.Context) ([]string, error) {
	dir, err := memDir(s.folder())
	if err != nil {
		return nil, err
	}
	files, err := dir.Files()
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	applied, err := (&revisions{conn: s.readers, dialect: s.dialect}).ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	done := map[string]bool{}
	for _, r := range applied {
		done[r.Version] = r.Applied == r.Total
	}
	var names []string
	for _, f := range files {
		if !done[f.Version()] {
			names = append(names, f.Name())
		}
	}
	return names, nil
}

func (s *Store) folder() string {
	switch s.dialect {
	case dialect.Postgres:
		return "migrations/postgres"
	case dialect.MySQL:
		return "migrations/mysql"
	}
	return "migrations/sqlite"
}

func (s *Store) executor(ctx context.Context, conn atlasschema.ExecQuerier) (*migrate.Executor, error) {
	history := &revisions{conn: conn, dialect: s.dialect}
	if err := history.create(ctx); err != nil {
		return nil, err
	}
	open := atlassqlite.Open
	switch s.dialect {
	case dialect.Postgres:
		open = atlaspostgres.Open
	case dialect.MySQL:
		open = atlasmysql.Open
		half, err := history.half(ctx)
		if err != nil {
			return nil, err
		}
		conn = &resuming{ExecQuerier: conn, half: half}
	}
	driver, err := open(conn)
	if err != nil {
		return nil, fmt.Errorf("open the migration driver: %w", err)
	}
	dir, err := memDir(s.folder())
	if err != nil {
		return nil, err
	}
	executor, err := migrate.NewExecutor(driver, dir, history, migrate.WithAllowDirty(true))
	if err != nil {
		return nil, fmt.Errorf("prepare migrations: %w", err)
	}
	return executor, nil
}

func memDir(folder string) (migrate.Dir, error) {
	dir := &migrate.MemDir{}
	entries, err := fs.ReadDir(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	for _, e := range entries {
		body, err := fs.ReadFile(migrations, path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", e.Name(), err)
		}
		if err := dir.WriteFile(e.Name(), body); err != nil {
			return nil, fmt.Errorf("load migration %s: %w", e.Name(), err)
		}
	}
	return dir, nil
}
