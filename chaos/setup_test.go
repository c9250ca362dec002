package chaos_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/outdial/outdial/chaos"
	"github.com/outdial/outdial/internal/testdb"
)

func TestMain(m *testing.M) {
	chaos.ObserveIfAsked()
	flag.Parse()
	// These tests wait more than they work: for leases, for calls, for each other.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	m.Run()
	_ = os.RemoveAll(programFolder()) // at worst a program is left in the temporary folder
}

func programFolder() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("outdial-chaos-test-%d", os.Getpid()))
}

// program builds the program once, with its fault points, and with CHAOS_RACE
// the race detector, which makes it several times slower.
var program = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // built once for all tests
	if err := os.MkdirAll(programFolder(), 0o700); err != nil {
		return "", err
	}
	return chaos.BuildProgram(context.Background(), programFolder(), os.Getenv("CHAOS_RACE") != "")
})

// rounds is how often each crash point is tried: once, or CHAOS_ROUNDS times.
func rounds(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CHAOS_ROUNDS")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("CHAOS_ROUNDS: %v", err)
	}
	return n
}

// database is what a world stands on.
type database string

const (
	postgres database = "postgres"
	mysql    database = "mysql" // MariaDB, with its queue on PostgreSQL
	sqlite   database = "sqlite"
)

// url returns the URL of a PostgreSQL database with its tables made; ""
// stands for a SQLite file.
func (d database) url(t *testing.T) string {
	t.Helper()
	switch d {
	case sqlite:
		return ""
	case mysql:
		return testdb.MySQL(t)
	case postgres:
	}
	return testdb.PostgresFrom(t, "chaos", func(url string) error {
		path, err := program()
		if err != nil {
			return err
		}
		migrate := exec.CommandContext(t.Context(), path, "migrate")
		migrate.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DATABASE_URL=" + url}
		if out, err := migrate.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}

// world makes a small world whose carrier behaves; change adjusts it before.
func world(t *testing.T, on database, change func(*chaos.Setup)) *chaos.World {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	setup := chaos.Setup{
		Folder: folder(t), Program: path, URL: on.url(t), Nodes: 1, Lease: 2 * time.Second,
		Accounts: 1, Credits: 1000, OrgLimit: 10,
		Observer: chaos.ObserverOptions{Seed: 1, Shortest: 50 * time.Millisecond, Longest: 300 * time.Millisecond},
	}
	if on == mysql {
		setup.Queue = testdb.Postgres(t)
	}
	if change != nil {
		change(&setup)
	}
	w, err := chaos.NewWorld(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// folder is kept, and named, when the test fails.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "outdial-chaos-") //nolint:usetesting // it outlives a test that fails
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs and journals are in %s", path)
			return
		}
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	})
	return path
}

// finish ends a world and fails the test on every violation.
func finish(t *testing.T, w *chaos.World) *chaos.Report {
	t.Helper()
	report, err := w.Finish(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Violations) > 0 {
		t.Errorf("promises were broken:\n%s", report)
	}
	return report
}

// accepted waits until the carrier has accepted n calls.
func accepted(t *testing.T, w *chaos.World, n int) {
	t.Helper()
	await(t, func() bool {
		lines, err := w.Observer.Lines()
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, line := range lines {
			if line.Event == "accepted" {
				found++
			}
		}
		return found >= n
	})
}

// await waits until something is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if so() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("it did not come to that within 30 seconds")
}

// created sends a create that must succeed, and returns the id.
func created(t *testing.T, w *chaos.World, c chaos.Create) string {
	t.Helper()
	told := w.Create(t.Context(), w.Nodes[0], c)
	if !told.Created() {
		t.Fatalf("create is answered %d", told.Status)
	}
	return told.Batch
}
