package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/go-sql-driver/mysql"

	tables "github.com/outdial/outdial/ent/migrate"
)

// forMySQL rewrites what ent makes of partial indexes there: whole ones, which
// also hold the millions of rows that are done. The column that the condition is
// about comes before those that are sorted by, and the questions that the sweep
// asks over all organizations get indexes that begin with it.
//
// Texts without a bound lose their defaults, which MariaDB would take and MySQL
// refuses; whoever writes such a row names the column.
func forMySQL() error {
	for _, table := range tables.Tables {
		for _, column := range table.Columns {
			if column.Type == field.TypeString && column.Size > math.MaxUint16 {
				column.Default = nil
			}
		}
	}
	if err := reindex(tables.AttemptsTable, "attempts_in_flight", "organization_id", "status", "batch_job_id"); err != nil {
		return err
	}
	if err := reindex(tables.ContactsTable, "contacts_due", "batch_job_id", "status", "next_attempt_at", "row"); err != nil {
		return err
	}
	if err := reindex(tables.AttemptsTable, "attempts_leases", "status", "lease_until"); err != nil {
		return err
	}
	return reindex(tables.BatchJobsTable, "batch_jobs_status", "status", "organization_id")
}

// emptyMySQL makes an empty database on a server, whose own first database is
// never empty, and returns how it is reached and how it is dropped again.
func emptyMySQL(ctx context.Context, server string) (dsn string, drop func() error, err error) {
	at, err := url.Parse(server)
	if err != nil {
		return "", nil, fmt.Errorf("read TEST_MYSQL_URL: %w", err)
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User, config.ParseTime = "tcp", at.Host, at.User.Username(), true
	config.Passwd, _ = at.User.Password()
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		return "", nil, fmt.Errorf("open TEST_MYSQL_URL: %w", err)
	}
	const name = "outdial_migrationdiff"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return "", nil, errors.Join(fmt.Errorf("make an empty database: %w", err), db.Close())
		}
	}
	config.DBName = name
	return config.FormatDSN(), func() error {
		_, err := db.ExecContext(ctx, "DROP DATABASE "+name)
		return errors.Join(err, db.Close())
	}, nil
}

// reindex gives a table's index other columns, or makes it.
func reindex(table *schema.Table, name string, columns ...string) error {
	index := &schema.Index{Name: name}
	for _, column := range columns {
		at := slices.IndexFunc(table.Columns, func(c *schema.Column) bool { return c.Name == column })
		if at < 0 {
			return fmt.Errorf("the index %s: the table %s has no column %s", name, table.Name, column)
		}
		index.Columns = append(index.Columns, table.Columns[at])
	}
	table.Indexes = slices.DeleteFunc(table.Indexes, func(i *schema.Index) bool { return i.Name == name })
	table.Indexes = append(table.Indexes, index)
	return nil
}
