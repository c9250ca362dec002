package testdb_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/outdial/outdial/internal/testdb"
)

func TestPostgres(t *testing.T) {
	t.Parallel()

	for range 8 {
		t.Run("gives every test an empty database of its own", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, testdb.Postgres(t))
			if _, err := conn.Exec(t.Context(), "create table contacts ()"); err != nil {
				t.Error(err)
			}
		})
	}

	t.Run("drops the database when its test ends, whoever is connected", func(t *testing.T) {
		t.Parallel()
		var url string
		outer := t
		t.Run("inner", func(t *testing.T) { //nolint:paralleltest // has to end before the next line
			url = testdb.Postgres(t)
			connect(outer, url) // stays open
		})
		_, err := pgx.Connect(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), "does not exist") {
			t.Errorf("connect after the test: got %v, want that the database does not exist", err)
		}
	})
}

func TestPostgresFrom(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int32
	prepare := func(url string) error {
		prepared.Add(1)
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(t.Context(), "create table batches (id text); insert into batches values ('batch_1')")
		return errors.Join(err, conn.Close(t.Context()))
	}
	for range 3 {
		t.Run("copies what was prepared once", func(t *testing.T) {
			t.Parallel()
			conn := connect(t, testdb.PostgresFrom(t, "batches", prepare))
			deleted, err := conn.Exec(t.Context(), "delete from batches")
			if err != nil || deleted.RowsAffected() != 1 {
				t.Errorf("delete the prepared row: got %v, %v, want one row", deleted, err)
			}
			if times := prepared.Load(); times > 1 {
				t.Errorf("prepared %d times, want at most once in a process", times)
			}
		})
	}
}

// TestOrphans leaves a database behind as a killed process would, and looks
// whether the next process drops it.
func TestOrphans(t *testing.T) {
	t.Parallel()
	server, err := testdb.StartPostgres(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn := connect(t, server.URL)
	const killed, alive, foreign = "outdial_test_00000001_1_killed", "outdial_test_00000002_1_alive", "outdial_test"
	for _, statement := range []string{
		"create database " + killed, "create database " + alive, "create database " + foreign,
		"select pg_advisory_lock(x'6f757464'::int, 2)", // what a living process 2 holds
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}

	next := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPostgres$")
	next.Env = append(os.Environ(), "TEST_POSTGRES_URL="+server.URL)
	if output, err := next.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}

	rows, err := conn.Query(t.Context(), "select datname from pg_database where datname like 'outdial%' order by datname")
	if err != nil {
		t.Fatal(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if got, want := strings.Join(left, " "), foreign+" "+alive; err != nil || got != want {
		t.Errorf("databases afterwards: %q, %v, want %q", got, err, want)
	}
}

// connect returns a connection that is closed when t ends.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) }) // it may have lost its database
	return conn
}

func TestCrash(t *testing.T) {
	t.Parallel()
	server, err := testdb.StartDurablePostgres(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn := connect(t, server.URL)
	if _, err := conn.Exec(t.Context(), "create table kept as select 1 as n"); err != nil {
		t.Fatal(err)
	}
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), server.URL); err == nil {
		t.Error("a crashed server takes connections")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := connect(t, server.URL).QueryRow(t.Context(), "select n from kept").Scan(&n); err != nil || n != 1 {
		t.Errorf("after a crash a committed row is %d, %v", n, err)
	}
}
