package testdb_test

import (
	"database/sql"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/outdial/outdial/internal/testdb"
)

func TestMySQL(t *testing.T) {
	t.Parallel()

	for range 8 {
		t.Run("gives every test an empty database of its own", func(t *testing.T) {
			t.Parallel()
			if _, err := openMySQL(t, testdb.MySQL(t)).ExecContext(t.Context(), "create table contacts (id int)"); err != nil {
				t.Error(err)
			}
		})
	}

	t.Run("drops the database when its test ends, whoever is in the middle of something", func(t *testing.T) {
		t.Parallel()
		var url string
		outer := t
		t.Run("inner", func(t *testing.T) { //nolint:paralleltest // has to end before the next line
			url = testdb.MySQL(t)
			db := openMySQL(outer, url)
			if _, err := db.ExecContext(t.Context(), "create table contacts (id int)"); err != nil {
				t.Fatal(err)
			}
			tx, err := db.BeginTx(outer.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), "insert into contacts values (1)"); err != nil {
				t.Fatal(err)
			}
		})
		err := openMySQL(t, url).PingContext(t.Context())
		if err == nil || !strings.Contains(err.Error(), "Unknown database") {
			t.Errorf("connect after the test: got %v, want that the database is unknown", err)
		}
	})
}

// TestMySQLOrphans leaves a database behind as a killed process would, and looks
// whether the next process drops it.
func TestMySQLOrphans(t *testing.T) {
	t.Parallel()
	server, err := testdb.StartMariaDB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := openMySQL(t, server.URL).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	const killed, alive, foreign = "outdial_test_00000001_1_killed", "outdial_test_00000002_1_alive", "outdial_test"
	for _, statement := range []string{
		"create database " + killed, "create database " + alive, "create database " + foreign,
		"do get_lock('outdial_test_00000002', 0)", // what a living process 2 holds
	} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}

	next := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMySQL$")
	next.Env = append(os.Environ(), "TEST_MYSQL_URL="+server.URL)
	if output, err := next.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}

	var left []string
	rows, err := conn.QueryContext(t.Context(), "show databases like 'outdial%'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		left = append(left, name)
	}
	if want := []string{foreign, alive}; rows.Err() != nil || !slices.Equal(left, want) {
		t.Errorf("databases afterwards: %q, %v, want %q", left, rows.Err(), want)
	}
}

// openMySQL returns a pool that is closed when t ends.
func openMySQL(t *testing.T, url string) *sql.DB {
	t.Helper()
	rest := strings.TrimPrefix(url, "mysql://") // user:password@host:port/database
	at, database, _ := strings.Cut(rest, "/")
	user, host, _ := strings.Cut(at, "@")
	config, err := mysql.ParseDSN(user + "@tcp(" + host + ")/" + database)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestMariaDBCrash(t *testing.T) {
	t.Parallel()
	server, err := testdb.StartDurableMariaDB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if _, err := openMySQL(t, server.URL).ExecContext(t.Context(), "create table kept as select 1 as n"); err != nil {
		t.Fatal(err)
	}
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := openMySQL(t, server.URL).PingContext(t.Context()); err == nil {
		t.Error("a crashed server takes connections")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := openMySQL(t, server.URL).QueryRowContext(t.Context(), "select n from kept").Scan(&n); err != nil || n != 1 {
		t.Errorf("after a crash a committed row is %d, %v", n, err)
	}
}
