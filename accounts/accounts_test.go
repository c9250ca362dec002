package accounts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// now is the clock of these tests.
func now() time.Time { return time.Date(2027, time.February, 1, 12, 0, 0, 123_456_000, time.UTC) }

func each(t *testing.T, test func(t *testing.T, s *store.Store, a *accounts.Accounts)) {
	t.Helper()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) { test(t, s, accounts.New(s, now)) })
}

func system(tb testing.TB) context.Context {
	tb.Helper()
	return auth.WithSystem(tb.Context())
}

func acme() accounts.NewOrganization {
	return accounts.NewOrganization{Name: "Acme", ConcurrentCallLimit: 7, CreditMicros: 25 * calling.USD}
}

func create(tb testing.TB, a *accounts.Accounts, n accounts.NewOrganization) (organizationID, key string) {
	tb.Helper()
	made, err := a.CreateOrganization(tb.Context(), n)
	if err != nil {
		tb.Fatal(err)
	}
	return made.ID, made.Key
}

func TestCreateOrganization(t *testing.T) {
	t.Parallel()
	each(t, createsOrganizations)
}

func createsOrganizations(t *testing.T, s *store.Store, a *accounts.Accounts) {
	t.Helper()
	id, key := create(t, a, acme())

	t.Run("writes what was asked for", func(t *testing.T) {
		org := s.Read().Organization.GetX(system(t), id)
		got := []any{org.Name, org.ConcurrentCallLimit, org.BalanceMicros, org.HeldMicros, org.CreatedAt.UTC()}
		want := []any{"Acme", 7, 25 * calling.USD, calling.Micros(0), now().Truncate(time.Microsecond)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, ok := calling.ParsePublicID(calling.OrganizationPrefix, id); !ok {
			t.Errorf("%s is no id of an organization", id)
		}
	})
	t.Run("books the first credits", func(t *testing.T) {
		entry := s.Read().CreditEntry.Query().OnlyX(system(t))
		got := []any{entry.OrganizationID, entry.Kind, entry.BalanceDeltaMicros, entry.HeldDeltaMicros}
		if diff := cmp.Diff([]any{id, calling.CreditTopUp, 25 * calling.USD, calling.Micros(0)}, got); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
	})
	t.Run("books nothing where there are no credits", func(t *testing.T) {
		_, _ = create(t, a, accounts.NewOrganization{Name: "Poor", ConcurrentCallLimit: 1})
		if n := s.Read().CreditEntry.Query().CountX(system(t)); n != 1 {
			t.Errorf("there are %d lines in all ledgers, want 1", n)
		}
		testkit.Audit(t, s)
	})
	t.Run("gives it a number to call from, with an agent who speaks", func(t *testing.T) {
		made, err := a.CreateOrganization(t.Context(), accounts.NewOrganization{
			Name: "Ready", ConcurrentCallLimit: 1, PhoneNumber: "+12025550123", Prompt: "Say hello to {{name}}.",
		})
		if err != nil {
			t.Fatal(err)
		}
		inside := auth.WithOrganization(t.Context(), made.ID)
		number := s.Read().PhoneNumber.Query().WithOutboundAgent().OnlyX(inside)
		speaker := number.Edges.OutboundAgent
		got := []any{number.ID, number.Number, speaker.Architecture, speaker.SystemPrompt, speaker.OrganizationID}
		want := []any{made.PhoneNumberID, calling.Number("+12025550123"), calling.Pipeline, "Say hello to {{name}}.", made.ID}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, ok := calling.ParsePublicID(calling.PhoneNumberPrefix, made.PhoneNumberID); !ok {
			t.Errorf("%s is no id of a phone number", made.PhoneNumberID)
		}
	})
	t.Run("keeps organizations apart", func(t *testing.T) {
		otherID, otherKey := create(t, a, acme())
		for k, want := range map[string]string{key: id, otherKey: otherID} {
			if viewer, err := a.Authenticate(t.Context(), k); err != nil || viewer.OrganizationID != want {
				t.Errorf("a key stands for %s, want %s: %v", viewer.OrganizationID, want, err)
			}
		}
		inside := s.Read().ApiKey.Query().AllX(auth.WithOrganization(t.Context(), id))
		if len(inside) != 1 || inside[0].OrganizationID != id {
			t.Errorf("inside an organization there are the keys %v", inside)
		}
	})
	t.Run("leaves nothing behind when it cannot", func(t *testing.T) {
		before := s.Read().Organization.Query().CountX(system(t))
		for _, bad := range []accounts.NewOrganization{
			{Name: strings.Repeat("x", 201), ConcurrentCallLimit: 1},
			{Name: "No calls", ConcurrentCallLimit: 0},
			{Name: "No number", ConcurrentCallLimit: 1, PhoneNumber: "+12025550123, or so I was told"},
		} {
			if made, err := a.CreateOrganization(t.Context(), bad); err == nil || made.ID != "" || made.Key != "" {
				t.Errorf("%+v was made as %q: %v", bad, made.ID, err)
			}
		}
		if after := s.Read().Organization.Query().CountX(system(t)); after != before {
			t.Errorf("there are %d organizations after %d", after, before)
		}
	})
}
