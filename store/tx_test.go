package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	entorganization "github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// TestDeadlock has two transactions change two rows in opposite order.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	storetest.Many(t, nil, func(t *testing.T, s *store.Store) {
		comes(t, begin(t, s, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(makeOrganization(ctx, tx, "org_1"), makeOrganization(ctx, tx, "org_2"))
		}))
		var tries, committed atomic.Int64
		met := make(chan struct{}, 2)
		add := func(ctx context.Context, tx *store.Tx, id string) error {
			return tx.Ent.Organization.Update().Where(entorganization.ID(id)).AddBalanceMicros(1).Exec(ctx)
		}
		change := func(first, second string) deed {
			own := 0
			return func(ctx context.Context, tx *store.Tx) error {
				tries.Add(1)
				own++
				tx.AfterCommit(func() { committed.Add(1) })
				if err := add(ctx, tx, first); err != nil {
					return err
				}
				if own == 1 { // both hold their first row before either asks for its second
					met <- struct{}{}
					for len(met) < 2 {
						time.Sleep(time.Millisecond)
					}
				}
				return add(ctx, tx, second)
			}
		}
		one, two := begin(t, s, change("org_1", "org_2")), begin(t, s, change("org_2", "org_1"))
		comes(t, one)
		comes(t, two)
		if tries.Load() < 3 || committed.Load() != 2 {
			t.Errorf("%d tries, %d times committed", tries.Load(), committed.Load())
		}
		for _, org := range s.Read().Organization.Query().AllX(auth.WithSystem(t.Context())) {
			if org.BalanceMicros != 2 {
				t.Errorf("%s was changed %d times", org.ID, org.BalanceMicros)
			}
		}
	})
}

func TestInTxEndsWithItsContext(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		hold(t, s, organization("org_1"))
		began := time.Now()
		ctx, cancel := context.WithTimeout(auth.WithSystem(t.Context()), aMoment)
		defer cancel()
		err := s.InTx(ctx, organization("org_1"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > patience/4 {
			t.Errorf("after %s it says %v", time.Since(began), err)
		}
	})
}

func TestLongestTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		err := s.InTx(auth.WithSystem(t.Context()), func(ctx context.Context, _ *store.Tx) error {
			if end, ok := ctx.Deadline(); !ok || time.Until(end) > 30*time.Second {
				t.Errorf("it may take until %v, %v", end, ok)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestUniqueViolation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		made := func(ctx context.Context, tx *store.Tx) error { return makeOrganization(ctx, tx, "org_1") }
		comes(t, begin(t, s, made))
		if err := <-begin(t, s, made); !ent.IsConstraintError(err) {
			t.Errorf("the same id again says %v", err)
		}
	})
}

// TestIdsAreExact: texts compare byte for byte, whatever the server's collation.
func TestIdsAreExact(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"org_a", "org_A", "org_ä", "org_ａ"} {
			comes(t, begin(t, s, func(ctx context.Context, tx *store.Tx) error { return makeOrganization(ctx, tx, id) }))
		}
		if n := s.Read().Organization.Query().Where(entorganization.ID("ORG_A")).CountX(auth.WithSystem(t.Context())); n != 0 {
			t.Errorf("ORG_A is %d organizations", n)
		}
	})
}

func TestTenancy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		one, two := seed(t, s, "1"), seed(t, s, "2")
		ctx := auth.WithOrganization(t.Context(), one.organization)
		if ids := s.Read().BatchJob.Query().IDsX(ctx); len(ids) != 1 || ids[0] != one.batch {
			t.Errorf("sees %v", ids)
		}
		if _, err := s.Read().BatchJob.Get(ctx, two.batch); !ent.IsNotFound(err) {
			t.Errorf("another's id says %v", err)
		}
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Ent.BatchJob.Update().SetName("mine").Save(ctx)
			if n != 1 {
				t.Errorf("changed %d rows", n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		err = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Agent.Create().SetID("agent_x").SetCreatedAt(time.Now()).SetOrganizationID(two.organization).
				SetName("x").SetArchitecture("PIPELINE").SetSystemPrompt("x").Exec(ctx)
		})
		if err == nil {
			t.Error("made a row for another organization")
		}
		if _, err := s.Read().BatchJob.Query().Count(t.Context()); err == nil {
			t.Error("rows are read for nobody")
		}
	})
}
