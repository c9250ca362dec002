package dialer_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/creditentry"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// limit gives the organization another limit.
func (k *desk) limit(t *testing.T, limit int) {
	t.Helper()
	if err := k.UpdateOrganization(k.ctx, calling.OrganizationEdit{ConcurrentCallLimit: &limit}); err != nil {
		t.Fatal(err)
	}
}

func TestUpdateOrganization(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		first, second := k.dial(t, 3, upload(t, 3)), k.dial(t, 3, upload(t, 3))
		audit := func(want int, what string) {
			t.Helper()
			if got := k.batch(first).ContactsDialing + k.batch(second).ContactsDialing; got != want {
				t.Errorf("%s there are %d calls, want %d", what, got, want)
			}
			testkit.Audit(t, s)
		}
		audit(6, "with a limit of twenty")
		before := k.batch(first).Version
		k.limit(t, 3) // nobody has claimed a slot yet: what is too much is taken back
		audit(3, "with a limit of three")
		if after := k.batch(first).Version; after <= before {
			t.Error("watchers of a batch job are not told that its slots are fewer")
		}
		k.change(t, func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Attempt.Update().Where(attempt.StatusEQ(calling.AttemptQueued)).SetStatus(calling.AttemptDialing).
				SetNode("other").SetAcceptedAt(k.clock()).SetStartedAt(k.clock()).SetLeaseUntil(k.clock().Add(time.Hour)).Exec(ctx)
		})
		k.limit(t, 1) // calls under way go on
		audit(3, "with a limit of one and three calls under way")
		k.end(t, first, calling.OutcomeNoAnswer)
		left := k.batch(second).ContactsDialing
		audit(left, "as long as there is a call")
		name := " New name "
		if err := k.UpdateOrganization(k.ctx, calling.OrganizationEdit{Name: &name}); err != nil {
			t.Fatal(err)
		}
		audit(left, "after another name")
		k.limit(t, 4)
		audit(4, "with a higher limit, which is used at once,")
		org := s.Read().Organization.Query().Where(organization.ID(k.org)).OnlyX(k.ctx)
		if org.Name != "New name" || org.ConcurrentCallLimit != 4 {
			t.Errorf("it is %+v", org)
		}
		testkit.Audit(t, s)
	})
}

func TestUpdateOrganizationRefuses(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	none, long := 0, strings.Repeat("x", 201)
	for what, edit := range map[string]calling.OrganizationEdit{"nothing": {}, "no calls": {ConcurrentCallLimit: &none}, "a long name": {Name: &long}} {
		refuses(t, what, k.UpdateOrganization(k.ctx, edit), calling.CodeInvalidRequest)
	}
	viewer, _ := auth.FromContext(k.ctx)
	viewer.Scopes = []auth.Scope{auth.Read, auth.Write}
	one := 1
	refuses(t, "a viewer without the scope", k.UpdateOrganization(auth.WithViewer(k.ctx, viewer), calling.OrganizationEdit{ConcurrentCallLimit: &one}), calling.CodeForbidden)
}

// TestALoweredLimitOfTheOrganizationHolds is as for a batch job's own limit:
// calls that a dead node claimed and never asked for are not started by whoever
// takes them over, while there are more than the limit allows.
func TestALoweredLimitOfTheOrganizationHolds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.dial(t, 2, upload(t, 2))
		k.dial(t, 2, upload(t, 2))
		k.abandon(t)
		k.limit(t, 1)
		var on, most atomic.Int64
		k.place = func(calling.Call) (calling.Report, error) {
			most.Store(max(most.Load(), on.Add(1)))
			time.Sleep(300 * time.Millisecond)
			on.Add(-1)
			return calling.Report{Outcome: calling.OutcomeCompleted}, nil
		}
		var work sync.WaitGroup
		for _, a := range k.inFlight(t) {
			work.Go(func() { _ = k.Place(k.ctx, k.org, a) })
		}
		work.Wait()
		if most.Load() > 1 {
			t.Errorf("%d calls at once with a limit of 1 that has been answered", most.Load())
		}
		testkit.Audit(t, s)
	})
}

func TestCreditsWithAnIdempotencyKeyAreAddedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.spend(t, 0)
		topUp := calling.TopUp{AmountMicros: 5, Note: "invoice", IdempotencyKey: "invoice-1"}
		var work sync.WaitGroup
		answers := make([]*dialer.Credits, 8)
		for i := range answers {
			work.Go(func() {
				var err error
				if answers[i], err = k.AddCredits(k.ctx, topUp); err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
		first := 0
		for _, got := range answers {
			if got != nil && !got.Replayed {
				first++
			}
			if got == nil || got.BalanceMicros-got.HeldMicros != 5 {
				t.Errorf("answered %+v", got)
			}
		}
		lines := func() int { return s.Read().CreditEntry.Query().Where(creditentry.Note("invoice")).CountX(k.ctx) }
		if n := lines(); first != 1 || n != 1 {
			t.Errorf("%d were the first, and the ledger has %d lines", first, n)
		}
		other := topUp
		other.AmountMicros = 6
		refuses(t, "the key with another amount", second(k.AddCredits(k.ctx, other)), calling.CodeConflict)
		r := request(upload(t, 1))
		r.IdempotencyKey = topUp.IdempotencyKey
		refuses(t, "the key for a batch job", second(k.Create(k.ctx, r)), calling.CodeConflict)
		k.pass(25 * time.Hour)
		if got, err := k.AddCredits(k.ctx, topUp); err != nil || got.Replayed || lines() != 2 {
			t.Errorf("a day later: %+v, %v", got, err)
		}
		testkit.Audit(t, s)
	})
}

func TestSessionsAreInTheHistory(t *testing.T) {
	t.Parallel()
	k := newDesk(t, storetest.SQLite(t, nil))
	viewer, _ := auth.FromContext(k.ctx)
	viewer.KeyID, viewer.KeyName, viewer.SessionID, viewer.SessionName = "", "", "session_1", "Browser"
	k.ctx = auth.WithViewer(k.ctx, viewer)
	id := k.dial(t, 1, upload(t, 1))
	if err := k.Pause(k.ctx, id, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 1, Note: "mine"}); err != nil {
		t.Fatal(err)
	}
	for _, line := range k.store.Read().BatchChange.Query().AllX(k.ctx) {
		if line.Action == calling.ChangeStarted {
			continue
		}
		if line.Actor != calling.ActorSession || line.ActorID != "session_1" || line.ActorName != "Browser" {
			t.Errorf("%s by %s %s %s", line.Action, line.Actor, line.ActorID, line.ActorName)
		}
	}
	if b := k.batch(id); b.CreatedBy != "session_1" {
		t.Errorf("created by %s", b.CreatedBy)
	}
	if line := k.store.Read().CreditEntry.Query().Where(creditentry.Note("mine")).OnlyX(k.ctx); line.CreatedBy != "session_1" {
		t.Errorf("added by %s", line.CreatedBy)
	}
}
