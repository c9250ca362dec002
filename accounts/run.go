package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/session"
	"github.com/outdial/outdial/ent/signinlink"
	"github.com/outdial/outdial/store"
)

// How often Run looks, and how often it sweeps.
const (
	tendEvery  = time.Second
	sweepEvery = time.Hour
)

// Run tends to the accounts until ctx ends: see Tend and Sweep. An error is
// logged when it begins, and passes or not; everything is tried again.
func (a *Accounts) Run(ctx context.Context, log *slog.Logger) {
	tend, sweep := time.NewTicker(tendEvery), time.NewTicker(sweepEvery)
	defer tend.Stop()
	defer sweep.Stop()
	failing := false
	deal := func(err error) {
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			log.ErrorContext(ctx, "tending to accounts failed; it is tried again", "error", err)
		}
		failing = err != nil
	}
	deal(a.Sweep(ctx))
	for {
		select {
		case <-ctx.Done():
			return
		case <-tend.C:
			deal(a.Tend(ctx))
		case <-sweep.C:
			deal(a.Sweep(ctx))
		}
	}
}

// Tend ends connections of those who are not let in any more, and writes when
// keys and sessions were last used.
func (a *Accounts) Tend(ctx context.Context) error {
	return errors.Join(a.check(ctx), a.writeUses(ctx))
}

// Sweep deletes sessions and sign-in links that have expired.
func (a *Accounts) Sweep(ctx context.Context) error {
	now := store.Instant(a.now())
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Ent.Session.Delete().Where(session.ExpiresAtLTE(now)).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.Ent.SignInLink.Delete().Where(signinlink.ExpiresAtLTE(now)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete expired sessions and links: %w", err)
	}
	return nil
}

// writeUses writes when keys and sessions were last used, unless another node did
// within the last minute, and gives sessions their time anew. What cannot be written is forgotten: the next use is noted
// again.
func (a *Accounts) writeUses(ctx context.Context) error {
	keys, sessions := a.uses.take()
	if len(keys)+len(sessions) == 0 {
		return nil
	}
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		for _, id := range slices.Sorted(maps.Keys(keys)) { // sorted: nodes that do the same do not lock each other out
			used := store.Instant(keys[id])
			err := tx.Ent.ApiKey.Update().SetLastUsedAt(used).
				Where(apikey.ID(id), apikey.Or(apikey.LastUsedAtIsNil(), apikey.LastUsedAtLTE(used.Add(-useWritten)))).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return a.prolong(ctx, tx, sessions)
	})
	if err != nil {
		return fmt.Errorf("write when keys and sessions were used: %w", err)
	}
	return nil
}

// prolong gives sessions that were used, and are in force, their time anew.
func (a *Accounts) prolong(ctx context.Context, tx *store.Tx, used map[string]time.Time) error {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(used)), mostSessions) {
		rows, err := tx.Ent.Session.Query().Where(session.IDIn(ids...)).Select(session.FieldID, session.FieldCreatedAt).All(ctx)
		if err != nil {
			return err
		}
		slices.SortFunc(rows, func(x, y *ent.Session) int { return strings.Compare(x.ID, y.ID) })
		for _, row := range rows {
			at := store.Instant(used[row.ID])
			err := tx.Ent.Session.Update().SetLastUsedAt(at).SetExpiresAt(endOf(row.CreatedAt, at)).
				Where(session.ID(row.ID), session.LastUsedAtLTE(at.Add(-useWritten)), session.RevokedAtIsNil(), session.ExpiresAtGT(at)).Exec(ctx)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
