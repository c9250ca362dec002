package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

const (
	// patience is how long a test waits for what should come at once.
	patience = 20 * time.Second
	// aMoment is how long it waits to see that something does not come.
	aMoment = 150 * time.Millisecond
)

// deed is something done in a transaction.
type deed func(ctx context.Context, tx *store.Tx) error

var errEnd = errors.New("the test rolls back")

// hold does something in a transaction that stays open until end, which rolls it
// back, and returns what became of it.
func hold(t *testing.T, s *store.Store, do deed) (end func() error) {
	t.Helper()
	done, ended, gone := make(chan error, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		gone <- s.InTx(auth.WithSystem(context.WithoutCancel(t.Context())), func(ctx context.Context, tx *store.Tx) error {
			err := do(ctx, tx)
			done <- err
			if err == nil {
				<-ended
				err = errEnd
			}
			return err
		})
	}()
	var once sync.Once
	end = func() (err error) {
		once.Do(func() {
			close(ended)
			err = <-gone
		})
		return err
	}
	t.Cleanup(func() { _ = end() })
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatal("the lock was not to be had")
	}
	return end
}

// begin does something in a transaction of its own that is committed.
func begin(t *testing.T, s *store.Store, do deed) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.InTx(auth.WithSystem(context.WithoutCancel(t.Context())), do) }()
	return done
}

func waits(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Errorf("it did not wait: %v", err)
	case <-time.After(aMoment):
	}
}

func comes(t *testing.T, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it waits for ever")
	}
}

func organization(id string) deed {
	return func(ctx context.Context, tx *store.Tx) error { return tx.LockOrganization(ctx, id) }
}

func allow(id string) deed {
	return func(ctx context.Context, tx *store.Tx) error { return tx.AllowStarts(ctx, id) }
}

func forbid(ids ...string) deed {
	return func(ctx context.Context, tx *store.Tx) error { return tx.ForbidStarts(ctx, ids...) }
}

func TestLockOrganization(t *testing.T) {
	t.Parallel()
	storetest.Many(t, nil, func(t *testing.T, s *store.Store) {
		end := hold(t, s, organization("org_1"))
		second := begin(t, s, organization("org_1"))
		waits(t, second)
		comes(t, begin(t, s, organization("org_2")))
		comes(t, begin(t, s, forbid("org_1"))) // a lock of another kind
		if err := end(); !errors.Is(err, errEnd) {
			t.Error(err)
		}
		comes(t, second)
		comes(t, begin(t, s, func(ctx context.Context, tx *store.Tx) error { // twice is once
			return errors.Join(tx.LockOrganization(ctx, "org_1"), tx.LockOrganization(ctx, "org_1"))
		}))
	})
}

func TestStarts(t *testing.T) {
	t.Parallel()
	storetest.Many(t, nil, func(t *testing.T, s *store.Store) {
		one, two := hold(t, s, allow("batch_1")), hold(t, s, allow("batch_1"))
		forbidden := begin(t, s, forbid("batch_1"))
		waits(t, forbidden)
		_ = one()
		waits(t, forbidden)
		_ = two()
		comes(t, forbidden)

		end := hold(t, s, forbid("batch_3", "batch_1", "batch_2"))
		late := begin(t, s, allow("batch_2"))
		waits(t, late)
		_ = end()
		comes(t, late)
	})
}

// TestForbidManyStarts has many transactions forbid the starts of the same batch
// jobs, which each names in an order of its own.
func TestForbidManyStarts(t *testing.T) {
	t.Parallel()
	storetest.Many(t, nil, func(t *testing.T, s *store.Store) {
		var work sync.WaitGroup
		tries := make([]int, 8)
		for i := range tries {
			work.Go(func() {
				for range 20 {
					ids := []string{"batch_1", "batch_2", "batch_3", "batch_4", "batch_5", "batch_6"}
					rand.Shuffle(len(ids), func(a, b int) { ids[a], ids[b] = ids[b], ids[a] })
					err := s.InTx(auth.WithSystem(t.Context()), func(ctx context.Context, tx *store.Tx) error {
						tries[i]++
						return tx.ForbidStarts(ctx, ids...)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		if want := slices.Repeat([]int{20}, len(tries)); !slices.Equal(tries, want) {
			t.Errorf("they stood in each other's way: %v tries", tries)
		}
	})
}

func TestTryLock(t *testing.T) {
	t.Parallel()
	storetest.Many(t, nil, func(t *testing.T, s *store.Store) {
		try := func(want bool) deed {
			return func(ctx context.Context, tx *store.Tx) error {
				got, err := tx.TryLock(ctx, "sweep")
				if got != want {
					t.Errorf("got the lock: %v, want %v", got, want)
				}
				return err
			}
		}
		end := hold(t, s, try(true))
		comes(t, begin(t, s, try(false)))
		_ = end()
		comes(t, begin(t, s, try(true)))
	})
}

// connection returns what the server calls the transaction's connection.
func connection(ctx context.Context, tx *store.Tx) (id int64, err error) {
	pg, err := tx.PGX(ctx)
	switch {
	case err != nil:
		return 0, err
	case pg != nil:
		return id, errors.Join(pg.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&id))
	}
	return id, tx.SQL().QueryRowContext(ctx, "SELECT connection_id()").Scan(&id)
}

func cut(t *testing.T, s *store.Store, id int64) {
	t.Helper()
	statement := "SELECT pg_terminate_backend($1)"
	if s.Dialect() == dialect.MySQL {
		statement = "KILL ?"
	}
	if _, err := s.Writer().ExecContext(t.Context(), statement, id); err != nil {
		t.Fatal(err)
	}
}

func TestLocksEndWithTheirConnection(t *testing.T) {
	t.Parallel()
	storetest.Many(t, nil, func(t *testing.T, s *store.Store) {
		ids, cutOff := make(chan int64, 1), make(chan struct{})
		dead := begin(t, s, func(ctx context.Context, tx *store.Tx) error {
			id, err := connection(ctx, tx)
			if err := errors.Join(err, tx.LockOrganization(ctx, "org_1"), makeOrganization(ctx, tx, "org_1")); err != nil {
				return err
			}
			ids <- id
			<-cutOff
			return makeOrganization(ctx, tx, "org_2")
		})
		cut(t, s, <-ids)
		comes(t, begin(t, s, organization("org_1")))
		close(cutOff)
		select {
		case err := <-dead:
			if err == nil {
				t.Error("a transaction whose connection was cut is committed")
			}
		case <-time.After(patience):
			t.Error("a transaction whose connection was cut hangs")
		}
		if n := s.Read().Organization.Query().CountX(auth.WithSystem(t.Context())); n != 0 {
			t.Errorf("%d rows of it are there", n)
		}
	})
}

// TestFrozenProcess is silent in the middle of a transaction for longer than the
// server puts up with.
func TestFrozenProcess(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, url string) {
		s := storetest.OpenWith(t, url, store.Options{Silence: time.Second}, nil)
		thawed := make(chan struct{})
		locked := make(chan struct{}, 1)
		frozen := begin(t, s, func(ctx context.Context, tx *store.Tx) error {
			if err := errors.Join(tx.LockOrganization(ctx, "org_1"), makeOrganization(ctx, tx, "org_1")); err != nil {
				return err
			}
			locked <- struct{}{}
			<-thawed
			return nil
		})
		<-locked
		comes(t, begin(t, s, organization("org_1")))
		close(thawed)
		if err := <-frozen; err == nil {
			t.Error("what was frozen is committed, although it had lost its locks")
		}
	})
}
