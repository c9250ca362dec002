package accounts_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/store"
)

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	each(t, authenticates)
}

func authenticates(t *testing.T, s *store.Store, a *accounts.Accounts) {
	t.Helper()
	organizationID, key := create(t, a, acme())
	row := s.Read().ApiKey.Query().OnlyX(system(t))

	t.Run("knows who a key in force stands for", func(t *testing.T) {
		viewer, err := a.Authenticate(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		want := auth.Viewer{OrganizationID: organizationID, KeyID: row.ID, KeyName: row.Name, Scopes: auth.Scopes()}
		if diff := cmp.Diff(want, viewer); diff != "" {
			t.Error(diff)
		}
	})
	for behaviour, bad := range map[string]string{
		"nothing":            "",
		"an unknown key":     auth.NewKey(),
		"the key's hash":     auth.HashKey(key),
		"the key's prefix":   auth.KeyPrefix(key),
		"a longer key":       key + "a",
		"a shorter key":      key[:len(key)-1],
		"spaces around it":   " " + key,
		"capitals":           strings.ToUpper(key),
		"what is no text":    "outdial_\x00\xff",
		"the row's id":       row.ID,
		"SQL, just in case":  "' OR '1'='1",
		"a very long string": strings.Repeat("k", 1<<20),
	} {
		t.Run("refuses "+behaviour, func(t *testing.T) { refused(t, a, bad) })
	}

	change := func(t *testing.T, with func(*ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne) {
		t.Helper()
		err := s.InTx(system(t), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Ent.ApiKey.UpdateOneID(row.ID).ClearExpiresAt().ClearRevokedAt().Exec(ctx); err != nil {
				return err
			}
			return with(tx.Ent.ApiKey.UpdateOneID(row.ID)).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []struct {
		behaviour string
		with      func(*ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne
		want      bool
	}{
		{"refuses a key that was revoked", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne { return u.SetRevokedAt(now().Add(-time.Hour)) }, false},
		{"refuses a key that is revoked, whatever the moment says", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne { return u.SetRevokedAt(now().Add(time.Hour)) }, false},
		{"refuses a key that expired", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne { return u.SetExpiresAt(now().Add(-time.Second)) }, false},
		{"refuses a key at the moment it expires", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne { return u.SetExpiresAt(store.Instant(now())) }, false},
		{"takes a key that expires later", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne { return u.SetExpiresAt(now().Add(time.Second)) }, true},
		{"refuses a key that would expire later but was revoked", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne {
			return u.SetExpiresAt(now().Add(time.Hour)).SetRevokedAt(now().Add(-time.Hour))
		}, false},
		{"takes it again once it is in force", func(u *ent.ApiKeyUpdateOne) *ent.ApiKeyUpdateOne { return u.SetScopes([]string{"READ"}) }, true},
	} {
		t.Run(state.behaviour, func(t *testing.T) {
			change(t, state.with)
			if !state.want {
				refused(t, a, key)
			} else if _, err := a.Authenticate(t.Context(), key); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("gives no more scopes than the key has", func(t *testing.T) {
		viewer, err := a.Authenticate(t.Context(), key)
		if diff := cmp.Diff([]auth.Scope{auth.Read}, viewer.Scopes); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
}

// refused checks that a key is refused in the words that every bad key is.
func refused(t *testing.T, a *accounts.Accounts, key string) {
	t.Helper()
	viewer, err := a.Authenticate(t.Context(), key)
	if err == nil || err.Error() != "unauthenticated: The API key is not valid." {
		t.Errorf("says %v", err)
	}
	if diff := cmp.Diff(auth.Viewer{}, viewer); diff != "" {
		t.Error(diff)
	}
}

func TestAuthenticateTellsADefect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, a *accounts.Accounts) {
		_, key := create(t, a, acme())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Authenticate(ctx, key); err == nil || calling.CodeOf(err) == calling.CodeUnauthenticated {
			t.Errorf("a database that does not answer says %v", err)
		}
	})
}

func TestCreateKey(t *testing.T) {
	t.Parallel()
	each(t, createsKeys)
}

func createsKeys(t *testing.T, s *store.Store, a *accounts.Accounts) {
	t.Helper()
	if key, err := a.CreateKey(t.Context(), "", "first"); calling.CodeOf(err) != calling.CodeNotFound || key != "" {
		t.Errorf("without an organization it says %v", err)
	}
	first, _ := create(t, a, acme())
	for behaviour, id := range map[string]string{"the only organization": "", "an organization that is named": first} {
		t.Run("makes a key for "+behaviour, func(t *testing.T) {
			key, err := a.CreateKey(t.Context(), id, behaviour)
			if err != nil {
				t.Fatal(err)
			}
			viewer, err := a.Authenticate(t.Context(), key)
			if diff := cmp.Diff(auth.Scopes(), viewer.Scopes); err != nil || diff != "" || viewer.OrganizationID != first {
				t.Errorf("it stands for %+v: %v", viewer, err)
			}
			row := s.Read().ApiKey.GetX(system(t), viewer.KeyID)
			got := []any{row.Name, row.Prefix, row.ExpiresAt == nil, row.RevokedAt == nil}
			if diff := cmp.Diff([]any{behaviour, key[:12], true, true}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("asks which of several", func(t *testing.T) {
		create(t, a, acme())
		_, err := a.CreateKey(t.Context(), "", "which")
		if calling.CodeOf(err) != calling.CodeInvalidRequest || !strings.Contains(err.Error(), "--organization ID") {
			t.Errorf("says %v", err)
		}
		if _, err := a.CreateKey(t.Context(), first, "this"); err != nil {
			t.Error(err)
		}
	})
	t.Run("does not know what is not there", func(t *testing.T) {
		before := s.Read().ApiKey.Query().CountX(system(t))
		_, err := a.CreateKey(t.Context(), "org_unknown", "lost")
		if calling.CodeOf(err) != calling.CodeNotFound || !strings.Contains(err.Error(), "Organization org_unknown not found") {
			t.Errorf("says %v", err)
		}
		if after := s.Read().ApiKey.Query().CountX(system(t)); after != before {
			t.Error("a key was made all the same")
		}
	})
}

func TestKeysAreStoredHashed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, a *accounts.Accounts) {
		const chosen = "a-key-that-a-person-chose"
		if _, err := a.SeedDemo(t.Context(), chosen); err != nil {
			t.Fatal(err)
		}
		_, first := create(t, a, acme())
		id := s.Read().ApiKey.Query().Where(apikey.Hash(auth.HashKey(chosen))).OnlyX(system(t)).OrganizationID
		second, err := a.CreateKey(t.Context(), id, "second")
		if err != nil {
			t.Fatal(err)
		}
		everything := dump(t, s)
		for _, key := range []string{chosen, first, second} {
			if !strings.Contains(everything, auth.HashKey(key)) {
				t.Errorf("the hash of %s is nowhere", key)
			}
			if strings.Contains(everything, key) || strings.Contains(everything, key[13:]) {
				t.Errorf("%s, or its secret part, is in the database", key)
			}
		}
	})
}

// dump returns every value of every table as text.
func dump(t *testing.T, s *store.Store) string {
	t.Helper()
	list, quote := "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", `"`
	switch s.Dialect() {
	case dialect.SQLite:
		list = "SELECT name FROM sqlite_master WHERE type = 'table'"
	case dialect.MySQL:
		list, quote = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()", "`"
	}
	var text strings.Builder
	for _, table := range values(t, s, list) {
		text.WriteString(table + ": " + strings.Join(values(t, s, "SELECT * FROM "+quote+table+quote), "\n") + "\n")
	}
	return text.String()
}

func values(t *testing.T, s *store.Store, query string) []string {
	t.Helper()
	rows, err := s.Writer().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		cells := make([]sql.RawBytes, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, cell := range cells {
			all = append(all, string(cell))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
