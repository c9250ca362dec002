package store_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// makeOrganization writes one organization.
func makeOrganization(ctx context.Context, tx *store.Tx, id string) error {
	return tx.Ent.Organization.Create().SetID(id).SetName("Test").SetCreatedAt(time.Now()).Exec(ctx)
}

func TestInTx(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		ctx := auth.WithSystem(t.Context())
		count := func() int { return s.Read().Organization.Query().CountX(ctx) }
		t.Run("rolls back on an error and calls nothing after it", func(t *testing.T) { //nolint:paralleltest // they count the same rows
			called := false
			err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { called = true })
				return errors.Join(makeOrganization(ctx, tx, "org_error"), errors.New("no"))
			})
			if err == nil || called || count() != 0 {
				t.Errorf("error %v, called %v, %d rows", err, called, count())
			}
		})
		t.Run("rolls back on a panic and stays usable", func(t *testing.T) { //nolint:paralleltest // they count the same rows
			func() {
				defer func() { _ = recover() }()
				_ = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
					if err := makeOrganization(ctx, tx, "org_panic"); err != nil {
						t.Error(err)
					}
					panic("no")
				})
			}()
			if count() != 0 {
				t.Errorf("%d rows", count())
			}
		})
		t.Run("rolls back when its context ends", func(t *testing.T) { //nolint:paralleltest // they count the same rows
			cancelled, cancel := context.WithCancel(ctx)
			err := s.InTx(cancelled, func(ctx context.Context, tx *store.Tx) error {
				err := makeOrganization(ctx, tx, "org_cancelled")
				cancel()
				return err
			})
			if !errors.Is(err, context.Canceled) || count() != 0 {
				t.Errorf("error %v, %d rows", err, count())
			}
		})
		t.Run("commits rows of both ways and calls what waits for it", func(t *testing.T) { //nolint:paralleltest // they count the same rows
			called := false
			err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { called = true })
				if err := makeOrganization(ctx, tx, "org_ent"); err != nil {
					return err
				}
				rows := func(yield func([]any) bool) {
					for i := range 1234 {
						if !yield([]any{"org_bulk" + string(rune('a'+i%26)) + strings.Repeat("x", i/26), "Bulk", time.Now(), 20, 0, 0}) {
							return
						}
					}
				}
				return tx.Insert(ctx, "organizations",
					[]string{"id", "name", "created_at", "concurrent_call_limit", "balance_micros", "held_micros"}, iter.Seq[[]any](rows))
			})
			if err != nil || !called || count() != 1235 {
				t.Errorf("error %v, called %v, %d rows", err, called, count())
			}
		})
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("refuses a SQLite file that is in use", func(t *testing.T) {
		t.Parallel()
		url := "sqlite://" + filepath.Join(t.TempDir(), "a b?.db")
		s, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), url, store.Options{}); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("a second opening says %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatalf("after it was closed: %v", err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("names the databases it knows", func(t *testing.T) {
		t.Parallel()
		for _, url := range []string{"", "oracle://x", "sqlite://"} {
			if _, err := store.Open(t.Context(), url, store.Options{}); err == nil || !strings.Contains(err.Error(), dialect.SQLite[:6]) {
				t.Errorf("%q says %v", url, err)
			}
		}
	})
}

func TestOpenMySQL(t *testing.T) {
	t.Parallel()
	for behaviour, row := range map[string]struct{ url, says string }{
		"needs a database":               {"mysql://user:hunter2@127.0.0.1:1", "must name host and database"},
		"needs a server that is there":   {"mysql://user:hunter2@127.0.0.1:1/outdial", "reach MySQL"},
		"needs a URL":                    {"mysql://user:hunter2@127.0.0.1:port/outdial", "database URL"},
		"needs parameters of the driver": {"mysql://user:hunter2@127.0.0.1:1/outdial?tls=perhaps", "database URL"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), row.url, store.Options{})
			if err == nil || !strings.Contains(err.Error(), row.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("says %v", err)
			}
		})
	}
}

func TestTimesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		ctx := auth.WithSystem(t.Context())
		at := store.Instant(time.Now().In(time.FixedZone("", 5*3600)))
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Organization.Create().SetID("org_time").SetName("Test").SetCreatedAt(at).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Read().Organization.GetX(ctx, "org_time").CreatedAt; !got.Equal(at) {
			t.Errorf("stored %v, read %v", at, got)
		}
	})
}
