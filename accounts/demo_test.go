package accounts_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/agent"
	"github.com/outdial/outdial/ent/phonenumber"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
)

func TestSeedDemo(t *testing.T) {
	t.Parallel()
	each(t, seedsOnce)
}

func seedsOnce(t *testing.T, s *store.Store, a *accounts.Accounts) {
	t.Helper()
	const nodes = 8
	keys := make([]string, nodes)
	var ready, work sync.WaitGroup
	ready.Add(nodes)
	for i := range nodes {
		work.Go(func() {
			s.Read().Organization.Query().CountX(system(t)) // opens a connection
			ready.Done()
			ready.Wait()
			key, err := a.SeedDemo(t.Context(), "")
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	work.Wait()
	slices.Sort(keys)
	key := keys[nodes-1]
	if key == "" || keys[nodes-2] != "" {
		t.Fatalf("of %d nodes that start at once not exactly one seeds: %q", nodes, keys)
	}
	viewer, err := a.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	inside := func(t *testing.T) context.Context { t.Helper(); return auth.WithViewer(t.Context(), viewer) }

	t.Run("makes one organization with $10,000 and twenty calls", func(t *testing.T) {
		org := s.Read().Organization.Query().OnlyX(system(t))
		got := []any{org.ID, calling.FormatUSD(org.BalanceMicros), org.HeldMicros, org.ConcurrentCallLimit}
		if diff := cmp.Diff([]any{viewer.OrganizationID, "$10000.00", calling.Micros(0), 20}, got); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
	})
	t.Run("with a number for every case", func(t *testing.T) {
		want := map[string]string{
			"phone_abc123": "+12025550199 PIPELINE", "phone_realtime": "+12025550198 REALTIME",
			"phone_text": "+12025550197 TEXT", "phone_noagent": "+12025550196 nobody",
		}
		got := map[string]string{}
		for _, n := range s.Read().PhoneNumber.Query().WithOutboundAgent().AllX(inside(t)) {
			who := "nobody"
			if n.Edges.OutboundAgent != nil {
				who = string(n.Edges.OutboundAgent.Architecture)
			}
			got[n.ID] = fmt.Sprint(n.Number, " ", who)
			if _, ok := calling.ParseNumber(string(n.Number)); !ok || n.Label == "" {
				t.Errorf("%s is %q, called %q", n.ID, n.Number, n.Label)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("whose first agent asks for the page's fields", func(t *testing.T) {
		speaker := s.Read().Agent.Query().Where(agent.HasPhoneNumbersWith(phonenumber.ID("phone_abc123"))).OnlyX(inside(t))
		want := []string{"customerName", "planType", "renewalDate"}
		if diff := cmp.Diff(want, calling.PromptVariables(speaker.SystemPrompt)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("and never again", func(t *testing.T) {
		before := dump(t, s)
		if key, err := a.SeedDemo(t.Context(), "another-key-of-a-person"); err != nil || key != "" {
			t.Errorf("seeds %q: %v", key, err)
		}
		if diff := cmp.Diff(before, dump(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSeedDemoKeepsOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, a *accounts.Accounts) {
		create(t, a, acme())
		if key, err := a.SeedDemo(t.Context(), ""); err != nil || key != "" {
			t.Errorf("a database with an organization is seeded: %q, %v", key, err)
		}
		if n := s.Read().Organization.Query().CountX(system(t)); n != 1 {
			t.Errorf("there are %d organizations", n)
		}
	})
}

func TestSeedDemoWithAKeyOfOnesOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, a *accounts.Accounts) {
		const chosen = "a-key-that-a-person-chose"
		if key, err := a.SeedDemo(t.Context(), chosen); err != nil || key != chosen {
			t.Errorf("the key is %q: %v", key, err)
		}
		if _, err := a.Authenticate(t.Context(), chosen); err != nil {
			t.Error(err)
		}
	})
}
