package hooks_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t, nil), public)
	_, _, err := b.Create(b.ctx, hooks.NewEndpoint{URL: "http://localhost:9091", Events: wanted()})
	if err == nil || !strings.Contains(err.Error(), "WEBHOOK_ALLOW_PRIVATE") {
		t.Errorf("whoever tries it at home is not told how: %v", err)
	}
	for behaviour, row := range map[string]struct {
		new    hooks.NewEndpoint
		fields []string
	}{
		"http":                     {hooks.NewEndpoint{URL: "http://example.com", Events: wanted()}, []string{"url"}},
		"no scheme":                {hooks.NewEndpoint{URL: "example.com/x", Events: wanted()}, []string{"url"}},
		"no host":                  {hooks.NewEndpoint{URL: "https:///x", Events: wanted()}, []string{"url"}},
		"another scheme":           {hooks.NewEndpoint{URL: "file:///etc/passwd", Events: wanted()}, []string{"url"}},
		"no URL":                   {hooks.NewEndpoint{URL: "https://exa mple.com", Events: wanted()}, []string{"url"}},
		"a password":               {hooks.NewEndpoint{URL: "https://me:hunter2@example.com", Events: wanted()}, []string{"url"}},
		"a fragment":               {hooks.NewEndpoint{URL: "https://example.com/#x", Events: wanted()}, []string{"url"}},
		"a URL that is too long":   {hooks.NewEndpoint{URL: "https://example.com/" + strings.Repeat("x", 2000), Events: wanted()}, []string{"url"}},
		"no events":                {hooks.NewEndpoint{URL: "https://example.com"}, []string{"events"}},
		"an empty list":            {hooks.NewEndpoint{URL: "https://example.com", Events: []calling.EventType{}}, []string{"events"}},
		"a ping only":              {hooks.NewEndpoint{URL: "https://example.com", Events: []calling.EventType{calling.EventPing}}, []string{"events"}},
		"a long description":       {hooks.NewEndpoint{URL: "https://example.com", Events: wanted(), Description: strings.Repeat("é", 201)}, []string{"description"}},
		"everything wrong at once": {hooks.NewEndpoint{Description: "\x00"}, []string{"url", "description", "events"}},
	} {
		_, _, err := b.Create(b.ctx, row.new)
		known, ok := errors.AsType[*calling.Error](err)
		if !ok {
			t.Errorf("%s: %v", behaviour, err)
			continue
		}
		var fields []string
		for _, p := range known.Problems {
			fields = append(fields, p.Field)
		}
		if diff := cmp.Diff(row.fields, fields); diff != "" || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %s %v", behaviour, diff, err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b := setup(t, s)
		t.Run("the organization knows which events are wanted", func(t *testing.T) { //nolint:paralleltest // one step after the other
			started, ended := calling.EventBatchStarted, calling.EventBatchCompleted
			first, secret, err := b.Create(b.ctx, hooks.NewEndpoint{
				URL: " https://example.com/a ", Description: " Our CRM ", Events: []calling.EventType{started, started, calling.EventPing},
			})
			if err != nil {
				t.Fatal(err)
			}
			if first.URL != "https://example.com/a" || first.Description != "Our CRM" || !first.Enabled ||
				!slices.Equal(first.Events, []calling.EventType{started}) || !strings.HasPrefix(secret, hooks.SecretPrefix(secret)) ||
				len(hooks.SecretPrefix(secret)) > 10 || strings.Contains(first.String(), secret) {
				t.Errorf("made is %v", first)
			}
			second, other, err := b.Create(b.ctx, hooks.NewEndpoint{URL: "https://example.com/b", Events: []calling.EventType{ended}})
			if err != nil || other == secret {
				t.Fatal(err)
			}
			expect := func(want ...calling.EventType) {
				t.Helper()
				slices.Sort(want)
				if diff := cmp.Diff(want, b.asked(t, b.org)); diff != "" {
					t.Error(diff)
				}
			}
			expect(started, ended)
			off := false
			if _, err := b.Update(b.ctx, first.ID, hooks.EndpointEdit{Enabled: &off}); err != nil {
				t.Fatal(err)
			}
			expect(ended)
			failed := calling.EventContactFailed
			url, none := "https://example.com/c", ""
			changed, err := b.Update(b.ctx, second.ID, hooks.EndpointEdit{URL: &url, Description: &none, Events: []calling.EventType{failed}})
			if err != nil || changed.URL != url {
				t.Fatalf("changed is %v: %v", changed, err)
			}
			expect(failed)
			for _, id := range []string{first.ID, second.ID} {
				if err := b.Delete(b.ctx, id); err != nil {
					t.Fatal(err)
				}
			}
			if b.asked(t, b.org) != nil {
				t.Errorf("wanted are %v", b.asked(t, b.org))
			}
		})
		t.Run("there are only so many", func(t *testing.T) { //nolint:paralleltest // one step after the other
			for range hooks.MaxEndpoints {
				b.endpoint(t, "https://example.com")
			}
			_, _, err := b.Create(b.ctx, hooks.NewEndpoint{URL: "https://example.com", Events: wanted()})
			refuses(t, "one more", err, calling.CodeInvalidRequest)
		})
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, first := b.endpoint(t, r.URL)
		_, second, err := b.Rotate(b.ctx, e.ID, time.Hour)
		if err != nil || second == first {
			t.Fatal(err)
		}
		check := func(fits, fitsNot string, signatures int) {
			t.Helper()
			b.happen(t, e, 1)
			b.deliver(t, e)
			g := r.all()[len(r.all())-1]
			both := 0
			if fitsNot == "" {
				both = verify(t, g, first)
			} else if verify(t, g, fitsNot) > 0 {
				t.Error("the old secret fits")
			}
			if verify(t, g, fits)+both != signatures || len(strings.Fields(g.header.Get("webhook-signature"))) != signatures {
				t.Errorf("is signed %s", g.header.Get("webhook-signature"))
			}
		}
		check(second, "", 2)
		b.pass(time.Hour)
		check(second, first, 1)
		if row := b.row(t, e); row.PreviousSecret == "" {
			t.Error("the old secret is forgotten already")
		}
		if err := b.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if row := b.row(t, e); row.PreviousSecret != "" || row.PreviousSecretUntil != nil {
			t.Error("the old secret is still there")
		}
		_, third, err := b.Rotate(b.ctx, e.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		check(third, second, 1)
		for _, overlap := range []time.Duration{-time.Second, hooks.MaxOverlap + time.Second} {
			_, _, err := b.Rotate(b.ctx, e.ID, overlap)
			refuses(t, overlap.String(), err, calling.CodeInvalidRequest)
		}
	})
}

func TestPingAndReplay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, secret := b.endpoint(t, r.URL)
		ping, err := b.Ping(b.ctx, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Replay(b.ctx, ping.ID)
		refuses(t, "replay of what has not ended", err, calling.CodeActionNotAllowed)
		b.deliver(t, e)
		g := r.only(t)
		want := `{"type":"ping","timestamp":"2027-02-01T12:00:00Z","data":{"webhookEndpointId":"` + e.ID + `"}}`
		if g.body != want || g.id() != ping.EventID || verify(t, g, secret) != 1 {
			t.Errorf("arrived is %v", g)
		}
		again, err := b.Replay(b.ctx, ping.ID)
		if err != nil {
			t.Fatal(err)
		}
		if again.ID == ping.ID || again.EventID != ping.EventID {
			t.Errorf("it is sent again as %v", again)
		}
		b.pass(time.Minute)
		b.deliver(t, e)
		if all := r.all(); len(all) != 2 || all[1].id() != all[0].id() || all[1].body != all[0].body || verify(t, all[1], secret) != 1 ||
			all[1].header.Get("webhook-timestamp") == all[0].header.Get("webhook-timestamp") {
			t.Errorf("arrived are %v", all)
		}
		if diff := cmp.Diff([]string{e.ID, e.ID}, b.queue.taken()); diff != "" {
			t.Error(diff)
		}
		off := false
		if _, err := b.Update(b.ctx, e.ID, hooks.EndpointEdit{Enabled: &off}); err != nil {
			t.Fatal(err)
		}
		_, err = b.Ping(b.ctx, e.ID)
		refuses(t, "a ping to one that is off", err, calling.CodeActionNotAllowed)
		_, err = b.Replay(b.ctx, ping.ID)
		refuses(t, "a replay to one that is off", err, calling.CodeActionNotAllowed)
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, _ := b.endpoint(t, r.URL)
		other, _ := b.endpoint(t, r.URL)
		b.happen(t, e, 1200)
		b.happen(t, other, 1)
		if err := b.Delete(b.ctx, e.ID); err != nil {
			t.Fatal(err)
		}
		b.deliver(t, e)
		if n := len(b.log(t, e)); n > 0 || len(r.all()) > 0 {
			t.Errorf("%d deliveries are left, %d requests arrived", n, len(r.all()))
		}
		if n := len(b.log(t, other)); n != 1 {
			t.Errorf("the other endpoint has %d deliveries", n)
		}
		refuses(t, "a second time", b.Delete(b.ctx, e.ID), calling.CodeNotFound)
	})
}

// Whoever is of another organization, or may not manage, gets nothing.
func TestWalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, _ := b.endpoint(t, r.URL)
		ping, err := b.Ping(b.ctx, e.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.deliver(t, e)
		other, stranger := b.signUp(t)
		weak := auth.WithViewer(t.Context(), auth.Viewer{OrganizationID: b.org, Scopes: []auth.Scope{auth.Read, auth.Write}})
		off := false
		for who, row := range map[string]struct {
			ctx  context.Context
			code calling.Code
		}{"another organization": {stranger, calling.CodeNotFound}, "a key without ADMIN": {weak, calling.CodeForbidden}, "nobody": {t.Context(), calling.CodeUnauthenticated}} {
			_, err := b.Update(row.ctx, e.ID, hooks.EndpointEdit{Enabled: &off})
			refuses(t, who+": update", err, row.code)
			_, _, err = b.Rotate(row.ctx, e.ID, 0)
			refuses(t, who+": rotate", err, row.code)
			_, err = b.Ping(row.ctx, e.ID)
			refuses(t, who+": ping", err, row.code)
			_, err = b.Replay(row.ctx, ping.ID)
			refuses(t, who+": replay", err, row.code)
			refuses(t, who+": delete", b.Delete(row.ctx, e.ID), row.code)
		}
		if _, err := b.Deliver(t.Context(), other, e.ID); err != nil {
			t.Fatal(err)
		}
		if row := b.row(t, e); !row.Enabled || len(r.all()) != 1 {
			t.Errorf("the endpoint is %v, %d requests arrived", row, len(r.all()))
		}
	})
}

func TestTidy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s, func(c *hooks.Config) { c.KeepMost = 5 }), newReceiver(t)
		e, _ := b.endpoint(t, r.URL)
		tidy := func(want int) {
			t.Helper()
			if err := b.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(b.log(t, e)); n != want {
				t.Errorf("%d deliveries are kept, want %d", n, want)
			}
		}
		events := b.happen(t, e, 8)
		b.deliver(t, e)
		tidy(5)
		if first := b.log(t, e)[0]; first.EventID != events[3] {
			t.Error("it is not the newest that are kept")
		}
		b.pass(30 * 24 * time.Hour)
		tidy(5)
		b.happen(t, e, 1)
		tidy(5)
		b.pass(time.Second)
		tidy(1)
		if n := s.Read().WebhookDelivery.Query().Where(webhookdelivery.StatusEQ(calling.DeliveryPending)).CountX(auth.WithSystem(t.Context())); n != 1 {
			t.Errorf("%d are pending", n)
		}
	})
}
