package accounts_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// clock is one that the test sets.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return now().Add(time.Duration(c.at.Load())) }

func (c *clock) set(after time.Duration) { c.at.Store(int64(after)) }

func eachWithClock(t *testing.T, test func(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock)) {
	t.Helper()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		c := &clock{}
		test(t, s, accounts.New(s, c.now), c)
	})
}

func link(tb testing.TB, a *accounts.Accounts, organizationID string, operator bool) string {
	tb.Helper()
	token, err := a.CreateSignInLink(tb.Context(), organizationID, operator)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func signIn(tb testing.TB, a *accounts.Accounts, key string) *accounts.SignedIn {
	tb.Helper()
	begun, err := a.SignInWithKey(tb.Context(), key, "Browser")
	if err != nil {
		tb.Fatal(err)
	}
	return begun
}

func identify(tb testing.TB, a *accounts.Accounts, token string) (auth.Viewer, error) {
	tb.Helper()
	return a.Identify(tb.Context(), auth.Credentials{Session: token})
}

// over fails unless a session is refused.
func over(tb testing.TB, a *accounts.Accounts, token, when string) {
	tb.Helper()
	if viewer, err := identify(tb, a, token); calling.CodeOf(err) != calling.CodeUnauthenticated {
		tb.Errorf("%s the session stands for %+v: %v", when, viewer, err)
	}
}

func inForce(tb testing.TB, a *accounts.Accounts, token, when string) {
	tb.Helper()
	if _, err := identify(tb, a, token); err != nil {
		tb.Errorf("%s: %v", when, err)
	}
}

func tend(tb testing.TB, a *accounts.Accounts) {
	tb.Helper()
	if err := a.Tend(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// changeKey changes the only key of an organization.
func changeKey(tb testing.TB, s *store.Store, organizationID string, with func(*ent.ApiKeyUpdate) *ent.ApiKeyUpdate) {
	tb.Helper()
	err := s.InTx(auth.WithOrganization(tb.Context(), organizationID), func(ctx context.Context, tx *store.Tx) error {
		return with(tx.Ent.ApiKey.Update()).Exec(ctx)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	eachWithClock(t, sessionsLive)
}

func sessionsLive(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
	t.Helper()
	id, key := create(t, a, acme())

	t.Run("stand for who signed in", func(t *testing.T) {
		begun, err := a.SignInWithKey(t.Context(), key, strings.Repeat("ü", 400)+"\xff")
		if err != nil {
			t.Fatal(err)
		}
		got, err := identify(t, a, begun.Token)
		signedInWith, err2 := a.Authenticate(t.Context(), key)
		err = errors.Join(err, err2)
		want := auth.Viewer{
			OrganizationID: id, SessionID: begun.Viewer.SessionID, SessionKeyID: signedInWith.KeyID, SessionName: strings.Repeat("ü", 100), Scopes: auth.Scopes(),
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if stored := dump(t, s); strings.Contains(stored, begun.Token) || !strings.Contains(stored, auth.HashKey(begun.Token)) {
			t.Error("the token is stored, or its hash is not")
		}
	})
	t.Run("may do no more than the key they were signed in with", func(t *testing.T) {
		changeKey(t, s, id, func(u *ent.ApiKeyUpdate) *ent.ApiKeyUpdate { return u.SetScopes([]string{"READ"}) })
		got, err := identify(t, a, signIn(t, a, key).Token)
		if diff := cmp.Diff([]auth.Scope{auth.Read}, got.Scopes); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
	t.Run("are refused for every other token", func(t *testing.T) {
		begun := signIn(t, a, key)
		for _, wrong := range []string{"", " " + begun.Token, begun.Token[1:], auth.HashKey(begun.Token), begun.Viewer.SessionID, key, "\x00"} {
			over(t, a, wrong, "for "+wrong)
		}
	})
	t.Run("end when they are signed out of", func(t *testing.T) {
		begun, other := signIn(t, a, key), signIn(t, a, key)
		if err := a.SignOut(t.Context(), begun.Viewer); err != nil {
			t.Fatal(err)
		}
		over(t, a, begun.Token, "after signing out")
		inForce(t, a, other.Token, "another one")
	})
	t.Run("end with the key", func(t *testing.T) {
		otherID, otherKey := create(t, a, acme())
		begun := signIn(t, a, otherKey)
		changeKey(t, s, otherID, func(u *ent.ApiKeyUpdate) *ent.ApiKeyUpdate { return u.SetExpiresAt(c.now().Add(time.Minute)) })
		inForce(t, a, begun.Token, "before the key expires")
		c.set(time.Minute)
		over(t, a, begun.Token, "once the key has expired")
		c.set(0)
		changeKey(t, s, otherID, func(u *ent.ApiKeyUpdate) *ent.ApiKeyUpdate { return u.ClearExpiresAt().SetRevokedAt(c.now()) })
		over(t, a, begun.Token, "once the key is revoked")
	})
	t.Run("end when they are idle", func(t *testing.T) {
		defer c.set(0)
		begun := signIn(t, a, key)
		c.set(accounts.SessionIdle - time.Second)
		inForce(t, a, begun.Token, "shortly before")
		c.set(accounts.SessionIdle)
		over(t, a, begun.Token, "idle for so long")
	})
	t.Run("live on while they are used, but not for ever", func(t *testing.T) {
		defer c.set(0)
		begun := signIn(t, a, key)
		const step = 10 * time.Hour
		at := step
		for ; at < accounts.SessionLifetime; at += step {
			c.set(at)
			inForce(t, a, begun.Token, at.String())
			tend(t, a)
		}
		c.set(accounts.SessionLifetime)
		over(t, a, begun.Token, "after its whole life")
	})
}

func TestAKeyEndsItsOwnIdleSessions(t *testing.T) {
	t.Parallel()
	eachWithClock(t, func(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
		const most = 100
		id, key := create(t, a, acme())
		second, err := a.CreateKey(t.Context(), id, "second")
		if err != nil {
			t.Fatal(err)
		}
		byLink, err := a.SignInWithLink(t.Context(), link(t, a, id, false), "")
		if err != nil {
			t.Fatal(err)
		}
		others := signIn(t, a, second)
		c.set(time.Second)
		first, used := signIn(t, a, key), signIn(t, a, key)
		for range most - 2 {
			signIn(t, a, key)
		}
		inForce(t, a, first.Token, "with as many as there may be")
		c.set(time.Hour)
		inForce(t, a, used.Token, "after an hour")
		tend(t, a)
		signIn(t, a, key)
		signIn(t, a, key)
		over(t, a, first.Token, "with more sessions than one key may have")
		inForce(t, a, used.Token, "used a moment ago")
		inForce(t, a, others.Token, "of another key")
		inForce(t, a, byLink.Token, "of a link")
		if n := s.Read().Session.Query().CountX(system(t)); n != most+2 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

func TestSignInLinks(t *testing.T) {
	t.Parallel()
	eachWithClock(t, linksSignIn)
}

func linksSignIn(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
	t.Helper()
	id, _ := create(t, a, acme())
	t.Run("are good once, whoever comes at once", func(t *testing.T) {
		token := link(t, a, id, true)
		var work sync.WaitGroup
		var let atomic.Int64
		for range 8 {
			work.Go(func() {
				begun, err := a.SignInWithLink(t.Context(), token, "Browser")
				if err == nil {
					let.Add(1)
					if !begun.Viewer.Operator || begun.Viewer.OrganizationID != id || !begun.Viewer.May(auth.Admin) {
						t.Errorf("%+v", begun.Viewer)
					}
				} else if calling.CodeOf(err) != calling.CodeUnauthenticated {
					t.Error(err)
				}
			})
		}
		work.Wait()
		if let.Load() != 1 {
			t.Errorf("%d were let in", let.Load())
		}
	})
	t.Run("are good for a while", func(t *testing.T) {
		defer c.set(0)
		early, late := link(t, a, id, false), link(t, a, id, false)
		c.set(accounts.LinkLifetime - time.Second)
		if _, err := a.SignInWithLink(t.Context(), early, ""); err != nil {
			t.Error(err)
		}
		c.set(accounts.LinkLifetime)
		if _, err := a.SignInWithLink(t.Context(), late, ""); calling.CodeOf(err) != calling.CodeUnauthenticated {
			t.Error(err)
		}
	})
	t.Run("are for an organization that is there", func(t *testing.T) {
		if _, err := a.CreateSignInLink(t.Context(), "org_none", false); calling.CodeOf(err) != calling.CodeNotFound {
			t.Error(err)
		}
	})
	t.Run("are stored as hashes", func(t *testing.T) {
		token := link(t, a, id, false)
		if stored := dump(t, s); strings.Contains(stored, token) || !strings.Contains(stored, auth.HashKey(token)) {
			t.Error("the token is stored, or its hash is not")
		}
	})
}

func TestSweepDeletesWhatExpired(t *testing.T) {
	t.Parallel()
	eachWithClock(t, func(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
		id, key := create(t, a, acme())
		signIn(t, a, key)
		link(t, a, id, false)
		c.set(accounts.SessionIdle)
		begun := signIn(t, a, key)
		young := link(t, a, id, false)
		if err := a.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		sessions := s.Read().Session.Query().IDsX(system(t))
		if diff := cmp.Diff([]string{begun.Viewer.SessionID}, sessions); diff != "" {
			t.Error(diff)
		}
		if left := s.Read().SignInLink.Query().OnlyX(system(t)); left.Hash != auth.HashKey(young) {
			t.Error("the wrong link is left")
		}
	})
}
