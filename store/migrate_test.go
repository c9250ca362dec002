package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/outdial/outdial/internal/testdb"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func nothing(context.Context, *store.Store) error { return nil }

func TestMigrate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		for range 2 {
			if err := s.Migrate(t.Context(), nothing); err != nil {
				t.Fatal(err)
			}
		}
		if pending, err := s.Pending(t.Context()); err != nil || len(pending) != 0 {
			t.Errorf("pending %v, %v", pending, err)
		}
	})
}

// servers are new, empty databases that several nodes can share.
func servers(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, testdb.Postgres(t))
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		test(t, testdb.MySQL(t))
	})
}

// open opens a database without migrating it.
func open(t *testing.T, url string, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, url string) {
		var nodes sync.WaitGroup
		var mu sync.Mutex
		inside, most, ran := 0, 0, 0
		for range 4 {
			nodes.Go(func() {
				s, err := store.Open(t.Context(), url, store.Options{MaxConnections: 4})
				if err != nil {
					t.Error(err)
					return
				}
				err = s.Migrate(t.Context(), func(context.Context, *store.Store) error {
					mu.Lock()
					inside, ran = inside+1, ran+1
					most = max(most, inside)
					mu.Unlock()
					defer func() {
						mu.Lock()
						inside--
						mu.Unlock()
					}()
					return nil
				})
				if err := errors.Join(err, s.Close()); err != nil {
					t.Errorf("a node that starts with others: %v", err)
				}
			})
		}
		nodes.Wait()
		if ran != 4 || most != 1 {
			t.Errorf("%d nodes migrated the queue, up to %d at the same time", ran, most)
		}
	})
}

func TestPending(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, url string) {
		s := open(t, url, store.Options{})
		if pending, err := s.Pending(t.Context()); err == nil {
			t.Errorf("a database that was never migrated has only %v pending", pending)
		}
		if err := s.Migrate(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Writer().ExecContext(t.Context(), "DELETE FROM schema_revisions"); err != nil {
			t.Fatal(err)
		}
		if pending, err := s.Pending(t.Context()); err != nil || len(pending) == 0 {
			t.Errorf("nothing applied, and pending %v, %v", pending, err)
		}
	})
}

// TestHalfAMigration has a migration fail in its middle, and then loses the note
// of the last statement that was applied, as a kill would.
func TestHalfAMigration(t *testing.T) {
	t.Parallel()
	s := open(t, testdb.MySQL(t), store.Options{})
	run := func(statement string) {
		t.Helper()
		if _, err := s.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TABLE organizations (id int)") // stands in the way
	if err := s.Migrate(t.Context(), nothing); err == nil {
		t.Fatal("migrated over a table that is there already")
	}
	if pending, err := s.Pending(t.Context()); err != nil || len(pending) == 0 {
		t.Errorf("half a migration, and pending %v, %v", pending, err)
	}
	run("DROP TABLE organizations")
	var body string
	if err := s.Writer().QueryRowContext(t.Context(), "SELECT body FROM schema_revisions").Scan(&body); err != nil {
		t.Fatal(err)
	}
	var revision map[string]any
	if err := json.Unmarshal([]byte(body), &revision); err != nil {
		t.Fatal(err)
	}
	hashes, _ := revision["PartialHashes"].([]any)
	if len(hashes) < 2 {
		t.Fatalf("%d statements were applied: %s", len(hashes), body)
	}
	revision["PartialHashes"], revision["Applied"] = hashes[:len(hashes)-1], len(hashes)-1
	forgotten, err := json.Marshal(revision)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Writer().ExecContext(t.Context(), "UPDATE schema_revisions SET body = ?", string(forgotten)); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context(), nothing); err != nil {
		t.Fatalf("going on: %v", err)
	}
	if pending, err := s.Pending(t.Context()); err != nil || len(pending) != 0 {
		t.Errorf("pending %v, %v", pending, err)
	}
}

func TestQueueApart(t *testing.T) {
	t.Parallel()
	queueURL := testdb.Postgres(t)
	var migrated *store.Store
	s := storetest.OpenWith(t, testdb.MySQL(t), store.Options{QueueURL: queueURL}, func(_ context.Context, queue *store.Store) error {
		migrated = queue
		return nil
	})
	if s.Queue() == s || migrated != s.Queue() || s.Queue().Pool() == nil || s.Pool() != nil {
		t.Errorf("the queue is not where it was put: %v, migrated %v", s.Queue(), migrated)
	}
	if !s.Notifies() || s.Alone() {
		t.Error("nodes do not hear of each other through the queue's PostgreSQL")
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Queue().Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Queue().Ping(t.Context()); err == nil {
		t.Error("the queue is well although it is not there")
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error("the rows need the queue:", err)
	}
}
