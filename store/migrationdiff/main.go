// Command migrationdiff writes the next migration of every dialect: what takes
// the tables from the last migration to what ent/schema says now. It needs an
// empty PostgreSQL database in TEST_POSTGRES_URL and writes nothing where
// nothing changed.
//
//	go run ./internal/testdb/cluster -- go run ./store/migrationdiff NAME
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	tables "github.com/outdial/outdial/ent/migrate"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: migrationdiff NAME")
	}
	ctx := context.Background()
	url := os.Getenv("TEST_POSTGRES_URL")
	if url == "" {
		log.Fatal("set TEST_POSTGRES_URL to an empty database, or run under ./internal/testdb/cluster")
	}
	err := errors.Join(
		diff(ctx, os.Args[1], "sqlite", "file:diff?mode=memory&_pragma=foreign_keys(1)", dialect.SQLite, "store/migrations/sqlite"),
		diff(ctx, os.Args[1], "pgx", url, dialect.Postgres, "store/migrations/postgres"),
	)
	if err != nil {
		log.Fatal(err)
	}
}

func diff(ctx context.Context, name, driver, dsn, kind, folder string) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return fmt.Errorf("open the %s development database: %w", kind, err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	dir, err := migrate.NewLocalDir(folder)
	if err != nil {
		return fmt.Errorf("open %s: %w", folder, err)
	}
	migration, err := schema.NewMigrate(entsql.OpenDB(kind, db),
		schema.WithDir(dir), schema.WithMigrationMode(schema.ModeReplay), schema.WithDialect(kind),
		schema.WithFormatter(migrate.DefaultFormatter), schema.WithDropColumn(true), schema.WithDropIndex(true))
	if err != nil {
		return fmt.Errorf("prepare the %s migration: %w", kind, err)
	}
	if err := migration.NamedDiff(ctx, name, tables.Tables...); err != nil {
		return fmt.Errorf("write the %s migration: %w", kind, err)
	}
	return nil
}
