package main_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outdial/outdial/internal/testdb"
)

// TestMySQL runs the program on MariaDB with its queue in a SQLite file, and
// kills it in the middle of a batch job.
func TestMySQL(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	settings := []string{"DATABASE_URL=" + testdb.MySQL(t), "DEMO=true"}
	before := startNode(t, folder, settings...)
	id := before.upload(t, 150, map[string]string{"concurrentCallLimit": "20"})
	follow(t, before.watch(t, id), func(s snapshot) bool { return s.Contacts["completed"] > 20 })
	before.stop(t, syscall.SIGKILL)
	if said := before.stderr.String(); !strings.Contains(said, "sqlite://data/outdial-queue.db") {
		t.Errorf("it does not say where the queue is: %s", said)
	}
	if found, err := filepath.Glob(filepath.Join(folder, "data", "*.db")); err != nil || len(found) != 1 {
		t.Errorf("files of databases: %v, %v", found, err)
	}

	after := startNode(t, folder, settings...)
	if last := follow(t, after.watch(t, id), never); last.Status != "COMPLETED" || last.Total != 150 {
		t.Errorf("ended as %+v", last)
	}
	if status, answer := after.request(t, http.MethodGet, "/readyz", "", nil); status != http.StatusOK {
		t.Errorf("not ready: %v", answer)
	}

	// Commands work beside the node, which has the queue's file open.
	for _, words := range [][]string{
		{"organization", "create", "--name", "Second", "--credits", "5", "--phone-number", "+12025550123"},
		{"migrate", "--queue-database-url", "sqlite://data/another.db"},
	} {
		var out bytes.Buffer
		cmd := command(t, folder, settings, words...)
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v, %s", words[0], err, out.String())
		}
	}
	if code := after.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("a clean stop exits with %d", code)
	}
}

// TestMySQLNodes runs two nodes on one MariaDB and one queue in PostgreSQL. Both
// are watched, and the one that took the upload is killed.
func TestMySQLNodes(t *testing.T) {
	t.Parallel()
	settings := []string{"DATABASE_URL=" + testdb.MySQL(t), "QUEUE_DATABASE_URL=" + testdb.Postgres(t), "DEMO=true"}
	first, second := startNode(t, t.TempDir(), settings...), startNode(t, t.TempDir(), settings...)
	id := first.upload(t, 200, map[string]string{"concurrentCallLimit": "20"})
	snapshots := second.watch(t, id)
	one := follow(t, first.watch(t, id), func(s snapshot) bool { return s.Contacts["completed"] > 20 })
	other := follow(t, snapshots, func(s snapshot) bool { return s.Version >= one.Version })
	if other.Version == one.Version && other.Contacts["completed"] != one.Contacts["completed"] {
		t.Errorf("of the same version one node says %+v, the other %+v", one, other)
	}
	first.stop(t, syscall.SIGKILL)
	if last := follow(t, snapshots, never); last.Status != "COMPLETED" || last.Total != 200 {
		t.Errorf("ended as %+v", last)
	}
}

// TestMySQLNodesApart runs two nodes on one MariaDB whose queues are files of
// their own, so that they can only look at what the other does.
func TestMySQLNodesApart(t *testing.T) {
	t.Parallel()
	settings := []string{"DATABASE_URL=" + testdb.MySQL(t), "DEMO=true"}
	first, second := startNode(t, t.TempDir(), settings...), startNode(t, t.TempDir(), settings...)
	id := first.upload(t, 100, map[string]string{"concurrentCallLimit": "20"})
	snapshots := second.watch(t, id)
	if last := follow(t, first.watch(t, id), never); last.Status != "COMPLETED" || last.Total != 100 {
		t.Errorf("ended as %+v", last)
	}
	if last := follow(t, snapshots, never); last.Status != "COMPLETED" || last.Total != 100 {
		t.Errorf("for the other node it ended as %+v", last)
	}
}
