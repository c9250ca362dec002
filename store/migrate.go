package store

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"ariga.io/atlas/sql/migrate"
	atlaspostgres "ariga.io/atlas/sql/postgres"
	atlasschema "ariga.io/atlas/sql/schema"
	atlassqlite "ariga.io/atlas/sql/sqlite"
)

// migrations hold one folder a dialect, written by store/migrationdiff from
// ent/schema and never edited once released.
//
//go:embed migrations
var migrations embed.FS

// Migrate brings the database's tables up to date in one transaction and has
// then do the same for the tables of the queue. Nodes that start at once wait
// for each other; the later ones find nothing to do.
func (s *Store) Migrate(ctx context.Context, then func(context.Context, *Store) error) error {
	err := s.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.advisoryLock(ctx, "pg_advisory_xact_lock", "migrate"); err != nil {
			return err
		}
		executor, err := s.executor(ctx, tx)
		if err != nil {
			return err
		}
		if err := executor.ExecuteN(ctx, 0); err != nil && !errors.Is(err, migrate.ErrNoPendingFiles) {
			return fmt.Errorf("migrate: %w", err)
		}
		if s.postgres() {
			return then(ctx, s) // over other connections, while this one keeps other nodes out
		}
		return nil
	})
	if err != nil || s.postgres() {
		return err
	}
	return then(ctx, s) // alone in any case, and in need of the one connection
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
	applied, err := (&revisions{conn: s.readers}).ReadRevisions(ctx)
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
	if s.postgres() {
		return "migrations/postgres"
	}
	return "migrations/sqlite"
}

func (s *Store) executor(ctx context.Context, tx *Tx) (*migrate.Executor, error) {
	conn, ok := tx.exec.(atlasschema.ExecQuerier)
	if !ok {
		return nil, errors.New("the connection cannot query")
	}
	open := atlassqlite.Open
	if s.postgres() {
		open = atlaspostgres.Open
	}
	driver, err := open(conn)
	if err != nil {
		return nil, fmt.Errorf("open the migration driver: %w", err)
	}
	dir, err := memDir(s.folder())
	if err != nil {
		return nil, err
	}
	history := &revisions{conn: conn}
	if err := history.create(ctx); err != nil {
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

// revisions remembers in the database which migrations were applied.
type revisions struct {
	conn atlasschema.ExecQuerier
}

var _ migrate.RevisionReadWriter = (*revisions)(nil)

func (r *revisions) create(ctx context.Context) error {
	_, err := r.conn.ExecContext(ctx,
		"CREATE TABLE IF NOT EXISTS schema_revisions (version varchar(200) PRIMARY KEY, body text NOT NULL)")
	if err != nil {
		return fmt.Errorf("create the table of applied migrations: %w", err)
	}
	return nil
}

// storedRevision is a revision as it is kept: Atlas writes its type as a word
// that it cannot read again, so ours stands before it.
type storedRevision struct {
	migrate.Revision

	Type uint
}

// Ident names the table.
func (r *revisions) Ident() *migrate.TableIdent { return &migrate.TableIdent{Name: "schema_revisions"} }

// ReadRevisions returns every applied migration, oldest first.
func (r *revisions) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	rows, err := r.conn.QueryContext(ctx, "SELECT body FROM schema_revisions ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []*migrate.Revision
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("read an applied migration: %w", err)
		}
		var stored storedRevision
		if err := json.Unmarshal([]byte(body), &stored); err != nil {
			return nil, fmt.Errorf("decode an applied migration: %w", err)
		}
		stored.Revision.Type = migrate.RevisionType(stored.Type)
		found = append(found, &stored.Revision)
	}
	return found, rows.Err()
}

// ReadRevision returns one applied migration.
func (r *revisions) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	all, err := r.ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, revision := range all {
		if revision.Version == version {
			return revision, nil
		}
	}
	return nil, migrate.ErrRevisionNotExist
}

// WriteRevision saves an applied migration.
func (r *revisions) WriteRevision(ctx context.Context, revision *migrate.Revision) error {
	body, err := json.Marshal(storedRevision{Revision: *revision, Type: uint(revision.Type)})
	if err != nil {
		return fmt.Errorf("encode an applied migration: %w", err)
	}
	_, err = r.conn.ExecContext(ctx, "INSERT INTO schema_revisions (version, body) VALUES ($1, $2) "+
		"ON CONFLICT (version) DO UPDATE SET body = excluded.body", revision.Version, string(body))
	if err != nil {
		return fmt.Errorf("write an applied migration: %w", err)
	}
	return nil
}

// DeleteRevision forgets an applied migration.
func (r *revisions) DeleteRevision(ctx context.Context, version string) error {
	if _, err := r.conn.ExecContext(ctx, "DELETE FROM schema_revisions WHERE version = $1", version); err != nil {
		return fmt.Errorf("forget an applied migration: %w", err)
	}
	return nil
}
