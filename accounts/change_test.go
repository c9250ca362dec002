package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/store"
)

// inside is the context of a viewer with these scopes.
func inside(tb testing.TB, organizationID string, scopes ...auth.Scope) context.Context {
	tb.Helper()
	return auth.WithViewer(tb.Context(), auth.Viewer{OrganizationID: organizationID, KeyID: "key_x", Scopes: scopes})
}

// blames returns "field code" of every problem of an error, or the error's code
// where it names none.
func blames(err error) []string {
	known, ok := errors.AsType[*calling.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return []string{err.Error()}
	case len(known.Problems) == 0:
		return []string{string(known.Code)}
	}
	var all []string
	for _, p := range known.Problems {
		all = append(all, strings.TrimSpace(p.Field+" "+string(p.Code)))
	}
	return all
}

func refuses(tb testing.TB, what string, err error, want ...string) {
	tb.Helper()
	if diff := cmp.Diff(want, blames(err)); diff != "" {
		tb.Errorf("%s: %s", what, diff)
	}
}

func must[T any](tb testing.TB, value T, err error) T {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func agentOf(tb testing.TB, ctx context.Context, a *accounts.Accounts) string {
	tb.Helper()
	row, err := a.CreateAgent(ctx, calling.NewAgent{Name: "Ada", Architecture: calling.Pipeline, SystemPrompt: "Hello {{name}}"})
	return must(tb, row, err).ID
}

func TestNumbersAndAgents(t *testing.T) {
	t.Parallel()
	eachWithClock(t, func(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
		id, _ := create(t, a, acme())
		otherID, _ := create(t, a, acme())
		ctx, foreign := inside(t, id, auth.Admin), inside(t, otherID, auth.Admin)
		theirs := agentOf(t, foreign, a)
		name := strings.Repeat("ü", 200)

		made, err := a.CreateAgent(ctx, calling.NewAgent{Name: name, Architecture: calling.Text})
		if made = must(t, made, err); made.Name != name || made.UpdatedAt != nil {
			t.Errorf("%+v", made)
		}
		c.set(time.Minute)
		architecture, prompt := calling.Realtime, "Bye"
		changed, err := a.UpdateAgent(ctx, made.ID, calling.AgentEdit{Architecture: &architecture, SystemPrompt: &prompt})
		if changed = must(t, changed, err); changed.Name != name || changed.SystemPrompt != prompt || changed.Architecture != calling.Realtime ||
			changed.UpdatedAt == nil || !changed.UpdatedAt.Equal(store.Instant(c.now())) {
			t.Errorf("%+v", changed)
		}
		number, err := a.CreatePhoneNumber(ctx, accounts.NewPhoneNumber{Number: " +12025550101 ", Label: name, AgentID: &made.ID})
		if number = must(t, number, err); number.Number != "+12025550101" || number.Label != name || *number.OutboundAgentID != made.ID {
			t.Errorf("%+v", number)
		}
		if row, err := a.CreatePhoneNumber(foreign, accounts.NewPhoneNumber{Number: "+12025550101"}); calling.CodeOf(err) != calling.CodeConflict {
			t.Errorf("another organization's number: %+v, %v", row, err)
		}
		if row, err := a.LabelPhoneNumber(ctx, number.ID, " Desk "); err != nil || row.Label != "Desk" || *row.OutboundAgentID != made.ID {
			t.Errorf("%+v, %v", row, err)
		}
		if row, err := a.AssignAgent(ctx, number.ID, nil); err != nil || row.OutboundAgentID != nil {
			t.Errorf("%+v, %v", row, err)
		}

		none, bad := "agent_none", "\x00"
		_, err = a.CreatePhoneNumber(ctx, accounts.NewPhoneNumber{Number: "+12025550101", AgentID: &theirs, Label: strings.Repeat("x", 201)})
		refuses(t, "everything wrong about a number", err, "label invalid_request", "number conflict", "outboundAgentId not_found")
		_, err = a.CreatePhoneNumber(ctx, accounts.NewPhoneNumber{Number: "555", AgentID: &bad})
		refuses(t, "a number that is none", err, "number invalid_phone_format", "outboundAgentId not_found")
		for _, agent := range []string{theirs, none, bad, ""} {
			_, err = a.AssignAgent(ctx, number.ID, &agent)
			refuses(t, "the agent "+agent, err, "agentId not_found")
			_, err = a.UpdateAgent(ctx, agent, calling.AgentEdit{})
			refuses(t, "a change of the agent "+agent, err, "agentId not_found", "invalid_request")
			_, err = a.AssignAgent(foreign, number.ID, &agent)
			if want := []string{"phoneNumberId not_found", "agentId not_found"}; agent != theirs {
				refuses(t, "their number and the agent "+agent, err, want...)
			} else {
				refuses(t, "their number", err, want[0])
			}
		}
		_, err = a.LabelPhoneNumber(foreign, number.ID, "a\x00")
		refuses(t, "another organization's number", err, "phoneNumberId not_found", "label invalid_request")
		if kept := s.Read().PhoneNumber.GetX(ctx, number.ID); kept.Label != "Desk" || kept.OutboundAgentID != nil {
			t.Errorf("what was refused changed %+v", kept)
		}
	})
}

func TestTheSameNumberAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, a *accounts.Accounts) {
		id, _ := create(t, a, acme())
		var made atomic.Int64
		var work sync.WaitGroup
		for range 6 {
			work.Go(func() {
				_, err := a.CreatePhoneNumber(inside(t, id, auth.Admin), accounts.NewPhoneNumber{Number: "+12025550101"})
				if err == nil {
					made.Add(1)
				} else {
					refuses(t, "the number", err, "number conflict")
				}
			})
		}
		work.Wait()
		if n := s.Read().PhoneNumber.Query().CountX(system(t)); made.Load() != 1 || n != 1 {
			t.Errorf("%d were told that it is registered, there are %d", made.Load(), n)
		}
	})
}

func TestTheSameNumberAtOnceInManyOrganizations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, a *accounts.Accounts) {
		const organizations, numbers = 6, 5
		var work sync.WaitGroup
		begin := make(chan struct{})
		for range organizations {
			id, _ := create(t, a, acme())
			ctx := inside(t, id, auth.Admin)
			work.Go(func() {
				<-begin
				for n := range numbers {
					_, err := a.CreatePhoneNumber(ctx, accounts.NewPhoneNumber{Number: fmt.Sprintf("+1202555%04d", n)})
					if err != nil {
						refuses(t, "the number", err, "number conflict")
					}
				}
			})
		}
		close(begin)
		work.Wait()
		if n := s.Read().PhoneNumber.Query().CountX(system(t)); n != numbers {
			t.Errorf("%d numbers are registered %d times", numbers, n)
		}
	})
}

func TestChangesNeedTheScope(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, a *accounts.Accounts) {
		id, key := create(t, a, acme())
		keyID := s.Read().ApiKey.Query().OnlyX(system(t)).ID
		session := signIn(t, a, key).Viewer.SessionID
		before := dump(t, s)
		for _, ctx := range []context.Context{inside(t, id, auth.Read, auth.Write), inside(t, id)} {
			for what, err := range map[string]error{
				"agent":   second(a.CreateAgent(ctx, calling.NewAgent{Name: "x", Architecture: calling.Text})),
				"change":  second(a.UpdateAgent(ctx, "agent_x", calling.AgentEdit{})),
				"number":  second(a.CreatePhoneNumber(ctx, accounts.NewPhoneNumber{Number: "+12025550101"})),
				"label":   second(a.LabelPhoneNumber(ctx, "phone_x", "x")),
				"assign":  second(a.AssignAgent(ctx, "phone_x", nil)),
				"revoke":  second(a.RevokeAPIKey(ctx, keyID)),
				"session": a.RevokeSession(ctx, session),
				"nobody":  a.RevokeSession(ctx, ""),
			} {
				refuses(t, what, err, "forbidden")
			}
			_, _, err := a.CreateAPIKey(ctx, accounts.NewKey{Name: "x", Scopes: auth.Scopes()})
			refuses(t, "key", err, "forbidden")
		}
		refuses(t, "nobody at all", second(a.RevokeAPIKey(t.Context(), keyID)), "unauthenticated")
		if diff := cmp.Diff(before, dump(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestCreateAPIKey(t *testing.T) {
	t.Parallel()
	eachWithClock(t, func(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
		id, _ := create(t, a, acme())
		ctx := inside(t, id, auth.Read, auth.Admin)
		end := c.now().Add(time.Hour)
		row, key, err := a.CreateAPIKey(ctx, accounts.NewKey{Name: " CI ", Scopes: []auth.Scope{auth.Admin, auth.Read, auth.Read}, ExpiresAt: &end})
		if row = must(t, row, err); row.Name != "CI" || !slices.Equal(row.Scopes, []string{"READ", "ADMIN"}) || !strings.HasPrefix(key, row.Prefix) {
			t.Errorf("%+v", row)
		}
		if viewer, err := a.Authenticate(t.Context(), key); err != nil || viewer.OrganizationID != id || viewer.May(auth.Write) {
			t.Errorf("%+v, %v", viewer, err)
		}
		if strings.Contains(dump(t, s), key) {
			t.Error("the key itself is stored")
		}
		c.set(time.Hour)
		if _, err := a.Authenticate(t.Context(), key); calling.CodeOf(err) != calling.CodeUnauthenticated {
			t.Errorf("after its end: %v", err)
		}
		before := s.Read().ApiKey.Query().CountX(system(t))
		_, key, err = a.CreateAPIKey(ctx, accounts.NewKey{Name: "\n", Scopes: auth.Scopes(), ExpiresAt: &end})
		refuses(t, "everything wrong about a key", err, "name invalid_request", "expiresAt invalid_request", "scopes invalid_request")
		if key != "" {
			t.Error("a key that was not made is shown")
		}
		_, _, err = a.CreateAPIKey(ctx, accounts.NewKey{Name: "x"})
		refuses(t, "no scope", err, "scopes invalid_request")
		if after := s.Read().ApiKey.Query().CountX(system(t)); after != before {
			t.Error("a key was made all the same")
		}
	})
}

// told is somebody who watches over a viewer.
type told struct{ gone chan struct{} }

func watch(tb testing.TB, a *accounts.Accounts, viewer auth.Viewer) *told {
	tb.Helper()
	w := &told{make(chan struct{}, 10)}
	tb.Cleanup(a.Watch(viewer, func() { w.gone <- struct{}{} }))
	return w
}

func (w *told) soon(tb testing.TB, what string) {
	tb.Helper()
	select {
	case <-w.gone:
	case <-time.After(20 * time.Second):
		tb.Errorf("%s is not told", what)
	}
}

func (w *told) not(tb testing.TB, what string) {
	tb.Helper()
	if len(w.gone) > 0 {
		tb.Errorf("%s is told", what)
	}
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	eachWithClock(t, revokes)
}

func revokes(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
	t.Helper()
	id, key := create(t, a, acme())
	otherID, otherKey := create(t, a, acme())
	viewer, err := a.Authenticate(t.Context(), key)
	viewer = must(t, viewer, err)
	ctx, foreign := auth.WithViewer(t.Context(), viewer), inside(t, otherID, auth.Admin)
	stranger, err := a.Authenticate(t.Context(), otherKey)
	begun, other := signIn(t, a, key), signIn(t, a, otherKey)
	byLink, err2 := a.SignInWithLink(t.Context(), link(t, a, id, false), "")
	byLink = must(t, byLink, errors.Join(err, err2))
	ofKey, ofSession, ofLink := watch(t, a, viewer), watch(t, a, begun.Viewer), watch(t, a, byLink.Viewer)
	ofStranger, ofOther := watch(t, a, stranger), watch(t, a, other.Viewer)

	t.Run("is of one's own organization alone", func(t *testing.T) {
		for _, unknown := range []string{viewer.KeyID, "key_none", "\x00", ""} {
			refuses(t, "the key "+unknown, second(a.RevokeAPIKey(foreign, unknown)), "apiKeyId not_found")
		}
		for _, unknown := range []string{begun.Viewer.SessionID, "session_none", "\xff", ""} {
			refuses(t, "the session "+unknown, a.RevokeSession(foreign, unknown), "sessionId not_found")
		}
		inForce(t, a, begun.Token, "after another organization tried to end it") //nolint:contextcheck // who comes with a cookie is nobody yet
	})
	t.Run("of a session", func(t *testing.T) {
		if err := errors.Join(a.RevokeSession(ctx, byLink.Viewer.SessionID), a.RevokeSession(ctx, byLink.Viewer.SessionID)); err != nil {
			t.Fatal(err)
		}
		ofLink.soon(t, "the session")
		over(t, a, byLink.Token, "once revoked") //nolint:contextcheck // who comes with a cookie is nobody yet
		ofSession.not(t, "another session")
	})
	t.Run("of a key is also that of its sessions", func(t *testing.T) {
		first := must2(a.RevokeAPIKey(ctx, viewer.KeyID))(t)
		c.set(time.Hour)
		again := must2(a.RevokeAPIKey(ctx, viewer.KeyID))(t)
		if first.RevokedAt == nil || !first.RevokedAt.Equal(*again.RevokedAt) {
			t.Errorf("revoked at %v, then at %v", first.RevokedAt, again.RevokedAt)
		}
		ofKey.soon(t, "the key")
		ofSession.soon(t, "its session")
		over(t, a, begun.Token, "once the key is revoked") //nolint:contextcheck // who comes with a cookie is nobody yet
		if left := s.Read().Session.Query().Where(accounts.SessionsInForce(c.now())).CountX(ctx); left != 0 {
			t.Errorf("%d sessions are listed", left)
		}
	})
	ofStranger.not(t, "a key of another organization")
	ofOther.not(t, "a session of another organization")
	t.Run("comes by time too, and by fewer scopes", func(t *testing.T) {
		changeKey(t, s, otherID, func(u *ent.ApiKeyUpdate) *ent.ApiKeyUpdate { return u.SetScopes([]string{"READ"}) })
		tend(t, a)
		ofStranger.soon(t, "a key that may do less")
		ofOther.not(t, "a session, which has scopes of its own")
		changeKey(t, s, otherID, func(u *ent.ApiKeyUpdate) *ent.ApiKeyUpdate { return u.SetExpiresAt(c.now()) })
		tend(t, a)
		ofOther.soon(t, "the session of an expired key")
	})
	t.Run("one may end one's own session without the scope", func(t *testing.T) {
		own, err := a.SignInWithLink(t.Context(), link(t, a, id, false), "")
		own = must(t, own, err)
		own.Viewer.Scopes = nil
		if err := a.RevokeSession(auth.WithViewer(t.Context(), own.Viewer), own.Viewer.SessionID); err != nil {
			t.Error(err)
		}
		over(t, a, own.Token, "once revoked")
	})
}

func must2[T any](value T, err error) func(testing.TB) T {
	return func(tb testing.TB) T { tb.Helper(); return must(tb, value, err) }
}

func TestLastUse(t *testing.T) {
	t.Parallel()
	eachWithClock(t, func(t *testing.T, s *store.Store, a *accounts.Accounts, c *clock) {
		id, key := create(t, a, acme())
		used := func() *time.Time {
			return s.Read().ApiKey.Query().Where(apikey.OrganizationID(id)).OnlyX(system(t)).LastUsedAt
		}
		authenticate := func(after time.Duration) {
			t.Helper()
			c.set(after)
			if _, err := a.Authenticate(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		authenticate(0)
		if used() != nil {
			t.Error("it is written while a request waits")
		}
		tend(t, a)
		for _, step := range []struct{ at, want time.Duration }{
			{time.Second, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {90 * time.Second, time.Minute}, {time.Hour, time.Hour},
		} {
			authenticate(step.at)
			tend(t, a)
			if at := used(); at == nil || !at.Equal(store.Instant(now().Add(step.want))) {
				t.Errorf("used after %s, it says %v", step.at, at)
			}
		}
	})
}
