// Command migrationdiff writes the next migration of every dialect: what takes
// the tables from the last migration to what ent/schema says now. It needs
// empty databases, which it gets from the servers of TEST_POSTGRES_URL and
// TEST_MYSQL_URL, and writes nothing where nothing changed.
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
	if err := write(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func write(ctx context.Context, name string) error {
	tables.AttemptsTable.ForeignKeys = nil // see docs/decisions/0013-attempts-without-foreign-keys.md
	postgres, mysql := os.Getenv("TEST_POSTGRES_URL"), os.Getenv("TEST_MYSQL_URL")
	if postgres == "" || mysql == "" {
		return errors.New("set TEST_POSTGRES_URL to an empty database and TEST_MYSQL_URL to a server, or run under ./internal/testdb/cluster")
	}
	err := errors.Join(
		diff(ctx, name, "sqlite", "file:diff?mode=memory&_pragma=foreign_keys(1)", dialect.SQLite, "store/migrations/sqlite"),
		diff(ctx, name, "pgx", postgres, dialect.Postgres, "store/migrations/postgres"),
	)
	if err != nil {
		return err
	}
	dsn, drop, err := emptyMySQL(ctx, mysql)
	if err != nil {
		return err
	}
	if err := forMySQL(); err != nil { // last, because it changes the tables
		return errors.Join(err, drop())
	}
	return errors.Join(diff(ctx, name, "mysql", dsn, dialect.MySQL, "store/migrations/mysql"), drop())
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
