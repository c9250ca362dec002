package accounts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/predicate"
	"github.com/outdial/outdial/ent/session"
	"github.com/outdial/outdial/store"
)

// mostKeys bounds the API keys of one organization that are in force.
const mostKeys = 1000

// NewKey is an API key somebody wants.
type NewKey struct {
	Name      string
	Scopes    []auth.Scope // at least one
	ExpiresAt *time.Time   // nil = never
}

// CreateAPIKey makes an API key of the viewer's organization, who needs the scope
// ADMIN and every scope that the key is to have. It returns the key itself, this
// once; only its hash is stored. Errors: CodeInvalidRequest for the fields.
func (a *Accounts) CreateAPIKey(ctx context.Context, n NewKey) (row *ent.ApiKey, key string, err error) {
	now := a.now()
	name, problems := calling.CheckNewKey(n.Name, n.ExpiresAt, now)
	key = auth.NewKey()
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, viewer auth.Viewer) error {
		scopes, wrong := checkScopes(viewer, n.Scopes)
		count, err := tx.Ent.ApiKey.Query().Where(keysInForce(now)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the keys: %w", err)
		}
		if err := calling.Problems(slices.Concat(problems, wrong, full(count, mostKeys, "API keys"))); err != nil {
			return err
		}
		create := tx.Ent.ApiKey.Create().SetID(newID(calling.ApiKeyPrefix)).SetCreatedAt(store.Instant(now)).
			SetOrganizationID(viewer.OrganizationID).SetName(name).SetHash(auth.HashKey(key)).SetPrefix(auth.KeyPrefix(key)).
			SetScopes(scopes)
		if n.ExpiresAt != nil {
			create.SetExpiresAt(store.Instant(*n.ExpiresAt))
		}
		row, err = create.Save(ctx)
		return err
	})
	if err != nil {
		return nil, "", wrap(err, "make an API key")
	}
	return row, key, nil
}

// checkScopes returns scopes as they are stored, each once, and what is wrong with
// them.
func checkScopes(viewer auth.Viewer, asked []auth.Scope) (stored []string, problems []calling.Problem) {
	refuse := func(detail string) {
		problems = append(problems, calling.Problem{Field: "scopes", Code: calling.CodeInvalidRequest, Detail: detail})
	}
	if len(asked) == 0 {
		refuse("scopes must name at least one scope.")
	}
	for _, s := range auth.Scopes() {
		if !slices.Contains(asked, s) {
			continue
		}
		if !viewer.May(s) {
			refuse(fmt.Sprintf("scopes names %s, which you lack and cannot give.", s))
		}
		stored = append(stored, string(s))
	}
	return stored, problems
}

func keysInForce(now time.Time) predicate.ApiKey {
	return apikey.And(apikey.RevokedAtIsNil(), apikey.Or(apikey.ExpiresAtIsNil(), apikey.ExpiresAtGT(now)))
}

// RevokeAPIKey has an API key of the viewer's organization refused from now on,
// ends the sessions that were signed in with it, and closes what either has open;
// the viewer needs the scope ADMIN. It is the same when that was done before.
// Errors: CodeNotFound.
func (a *Accounts) RevokeAPIKey(ctx context.Context, id string) (row *ent.ApiKey, err error) {
	err = a.change(ctx, func(ctx context.Context, tx *store.Tx, _ auth.Viewer) error {
		if isID(id) {
			row, err = tx.Ent.ApiKey.Query().Where(apikey.ID(id)).Only(ctx)
		}
		if !isID(id) || ent.IsNotFound(err) {
			return calling.Problems(notFound(false, "apiKeyId", "API key", id))
		}
		if err != nil {
			return fmt.Errorf("look for the key: %w", err)
		}
		if _, err := tx.Ent.Session.Delete().Where(session.APIKeyID(id)).Exec(ctx); err != nil {
			return fmt.Errorf("end the key's sessions: %w", err)
		}
		if row.RevokedAt != nil {
			return nil
		}
		row, err = row.Update().SetRevokedAt(store.Instant(a.now())).Save(ctx)
		return err
	})
	if err == nil {
		_ = a.check(context.WithoutCancel(ctx)) // it is revoked; Run looks again
	}
	return row, wrap(err, "revoke an API key")
}

// RevokeSession ends a session of the viewer's organization and closes what it
// has open; the viewer needs the scope ADMIN unless it is the viewer's own. It is
// the same when that was done a while before. Errors: CodeNotFound.
func (a *Accounts) RevokeSession(ctx context.Context, id string) error {
	viewer, _ := auth.FromContext(ctx)
	var missing []calling.Problem
	revoke := func(ctx context.Context, tx *store.Tx) error {
		mine := session.ID(id)
		n, err := tx.Ent.Session.Update().Where(mine, session.RevokedAtIsNil()).SetRevokedAt(store.Instant(a.now())).Save(ctx)
		if err == nil && n == 0 {
			var known bool
			known, err = tx.Ent.Session.Query().Where(mine).Exist(ctx)
			missing = notFound(known, "sessionId", "Session", id)
		}
		return err
	}
	var err error
	switch {
	case id != "" && id == viewer.SessionID:
		err = a.store.InTx(ctx, revoke)
	case !isID(id):
		missing = notFound(false, "sessionId", "Session", id)
		err = viewer.Need(auth.Admin)
	default:
		err = a.change(ctx, func(ctx context.Context, tx *store.Tx, _ auth.Viewer) error { return revoke(ctx, tx) })
	}
	if err == nil {
		err = calling.Problems(missing)
		_ = a.check(context.WithoutCancel(ctx)) // it is ended; Run looks again
	}
	return wrap(err, "end a session")
}

// SessionsInForce finds the sessions of the context's organization that are let
// in at the moment now.
func SessionsInForce(now time.Time) predicate.Session {
	return session.And(session.RevokedAtIsNil(), session.ExpiresAtGT(now), ofLiveKey(now))
}

// ofLiveKey finds sessions that were signed in with a link, or with an API key
// that is in force.
func ofLiveKey(now time.Time) predicate.Session {
	return func(s *sql.Selector) {
		keys := sql.Table(apikey.Table)
		live := sql.Dialect(s.Dialect()).Select(keys.C(apikey.FieldID)).From(keys).Where(sql.And(
			sql.IsNull(keys.C(apikey.FieldRevokedAt)),
			sql.Or(sql.IsNull(keys.C(apikey.FieldExpiresAt)), sql.GT(keys.C(apikey.FieldExpiresAt), now)),
		))
		s.Where(sql.Or(sql.EQ(s.C(session.FieldAPIKeyID), ""), sql.In(s.C(session.FieldAPIKeyID), live)))
	}
}
