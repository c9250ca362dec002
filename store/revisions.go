package store

import (
	"context"
	"encoding/json"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	atlasschema "ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
)

// revisions remembers in the database which migrations were applied.
type revisions struct {
	conn    atlasschema.ExecQuerier
	dialect string
}

var _ migrate.RevisionReadWriter = (*revisions)(nil)

func (r *revisions) create(ctx context.Context) error {
	query := "CREATE TABLE IF NOT EXISTS schema_revisions (version varchar(200) PRIMARY KEY, body text NOT NULL)"
	if r.dialect == dialect.MySQL {
		query += " ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin"
	}
	_, err := r.conn.ExecContext(ctx, query)
	if err != nil {
		return fmt.Errorf("create the table of applied migrations: %w", err)
	}
	return nil
}

// storedRevision is a revision as it is kept. Atlas writes its type as a word that
// it cannot read again, and leaves out what it needs to go on with one that was
// half applied, so ours stand before them.
type storedRevision struct {
	migrate.Revision

	Type          uint
	PartialHashes []string
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
		stored.Revision.PartialHashes = stored.PartialHashes
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

// half reports whether the newest migration was begun and not ended.
func (r *revisions) half(ctx context.Context) (bool, error) {
	all, err := r.ReadRevisions(ctx)
	if err != nil || len(all) == 0 {
		return false, err
	}
	newest := all[len(all)-1]
	return newest.Applied < newest.Total, nil
}

// WriteRevision saves an applied migration.
func (r *revisions) WriteRevision(ctx context.Context, revision *migrate.Revision) error {
	body, err := json.Marshal(storedRevision{
		Revision: *revision, Type: uint(revision.Type), PartialHashes: revision.PartialHashes,
	})
	if err != nil {
		return fmt.Errorf("encode an applied migration: %w", err)
	}
	query := "INSERT INTO schema_revisions (version, body) VALUES ($1, $2) ON CONFLICT (version) DO UPDATE SET body = excluded.body"
	if r.dialect == dialect.MySQL {
		query = "REPLACE INTO schema_revisions (version, body) VALUES (?, ?)"
	}
	_, err = r.conn.ExecContext(ctx, query, revision.Version, string(body))
	if err != nil {
		return fmt.Errorf("write an applied migration: %w", err)
	}
	return nil
}

// DeleteRevision forgets an applied migration.
func (r *revisions) DeleteRevision(ctx context.Context, version string) error {
	query := "DELETE FROM schema_revisions WHERE version = $1"
	if r.dialect == dialect.MySQL {
		query = "DELETE FROM schema_revisions WHERE version = ?"
	}
	if _, err := r.conn.ExecContext(ctx, query, version); err != nil {
		return fmt.Errorf("forget an applied migration: %w", err)
	}
	return nil
}
