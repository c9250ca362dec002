package accounts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/predicate"
	"github.com/outdial/outdial/ent/session"
	"github.com/outdial/outdial/ent/signinlink"
	"github.com/outdial/outdial/store"
)

// How long things that sign browsers in are good for.
const (
	SessionIdle     = 12 * time.Hour      // a session that is not used
	SessionLifetime = 30 * 24 * time.Hour // any session
	LinkLifetime    = time.Hour           // a sign-in link, which can be used once
)

// Bounds of sessions; beyond one of them the session that has been idle longest
// ends. A key's own are fewer, so that a program which signs in again and again
// ends its own sessions and not those of people.
const (
	mostSessions    = 1000 // of one organization
	mostKeySessions = 100  // begun with one API key
)

// Lengths of a browser's name in bytes: as it is stored, and as history has it.
const (
	maxUserAgent = 500
	maxActorName = 200
)

// SignedIn is a session that has just begun.
type SignedIn struct {
	Token  string // what its cookie holds; told this once and stored only as a hash
	Viewer auth.Viewer
}

// SignInWithKey begins a session that may do what the API key may, and ends with
// it. userAgent is what the browser calls itself. A key that is not valid is
// CodeUnauthenticated.
func (a *Accounts) SignInWithKey(ctx context.Context, key, userAgent string) (*SignedIn, error) {
	row, err := a.findKey(ctx, key)
	if err != nil {
		return nil, err
	}
	a.uses.noteKey(row, a.now())
	var begun *SignedIn
	err = a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) (err error) {
		begun, err = a.begin(ctx, tx, newSession{
			organizationID: row.OrganizationID, scopes: row.Scopes, keyID: row.ID, userAgent: userAgent,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign in with an API key: %w", err)
	}
	return begun, nil
}

// SignInWithLink begins a session with the token of a sign-in link, which is used
// up. One that is unknown, used or too old is CodeUnauthenticated.
func (a *Accounts) SignInWithLink(ctx context.Context, token, userAgent string) (*SignedIn, error) {
	var begun *SignedIn
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		now := store.Instant(a.now())
		hash := auth.HashKey(token)
		used, err := tx.Ent.SignInLink.Update().SetUsedAt(now).
			Where(signinlink.Hash(hash), signinlink.UsedAtIsNil(), signinlink.ExpiresAtGT(now)).Save(ctx)
		if err != nil {
			return fmt.Errorf("use the link up: %w", err)
		}
		if used == 0 {
			return calling.Errorf(calling.CodeUnauthenticated, "The sign-in link is not valid any more: it works once, and for %s. Make another with: outdial sign-in", calling.FormatDuration(LinkLifetime))
		}
		link, err := tx.Ent.SignInLink.Query().Where(signinlink.Hash(hash)).Only(ctx)
		if err != nil {
			return fmt.Errorf("read the link: %w", err)
		}
		begun, err = a.begin(ctx, tx, newSession{
			organizationID: link.OrganizationID, scopes: link.Scopes, operator: link.Operator, userAgent: userAgent,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign in with a link: %w", err)
	}
	return begun, nil
}

// newSession is a session that is to begin.
type newSession struct {
	organizationID string
	scopes         []string
	operator       bool
	keyID          string // the API key it was signed in with; empty = a link
	userAgent      string
}

func (a *Accounts) begin(ctx context.Context, tx *store.Tx, n newSession) (*SignedIn, error) {
	now := store.Instant(a.now())
	mine := session.OrganizationID(n.organizationID)
	if n.keyID != "" {
		if err := makeRoom(ctx, tx, mostKeySessions, mine, session.APIKeyID(n.keyID)); err != nil {
			return nil, err
		}
	}
	if err := makeRoom(ctx, tx, mostSessions, mine); err != nil {
		return nil, err
	}
	token := auth.NewToken()
	row, err := tx.Ent.Session.Create().SetID(newID(calling.SessionPrefix)).SetCreatedAt(now).
		SetOrganizationID(n.organizationID).SetHash(auth.HashKey(token)).SetUserAgent(clean(n.userAgent, maxUserAgent)).
		SetScopes(n.scopes).SetOperator(n.operator).SetAPIKeyID(n.keyID).
		SetLastUsedAt(now).SetExpiresAt(endOf(now, now)).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write the session: %w", err)
	}
	return &SignedIn{Token: token, Viewer: sessionViewer(row)}, nil
}

// makeRoom deletes some of the sessions that are so when there are as many as there
// may be: those that were ended, and then those that have been idle longest.
func makeRoom(ctx context.Context, tx *store.Tx, most int, so ...predicate.Session) error {
	mine := session.And(so...)
	n, err := tx.Ent.Session.Query().Where(mine).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the sessions: %w", err)
	}
	if n < most {
		return nil
	}
	ended, err := tx.Ent.Session.Delete().Where(mine, session.RevokedAtNotNil()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete ended sessions: %w", err)
	}
	if n -= ended; n < most {
		return nil
	}
	idle, err := tx.Ent.Session.Query().Where(mine).Order(ent.Asc(session.FieldLastUsedAt, session.FieldID)).
		Limit(n - most + 1).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find idle sessions: %w", err)
	}
	if _, err := tx.Ent.Session.Delete().Where(session.IDIn(idle...)).Exec(ctx); err != nil {
		return fmt.Errorf("end idle sessions: %w", err)
	}
	return nil
}

// endOf is the moment from which a session is refused when it is not used again.
func endOf(began, used time.Time) time.Time {
	idle, last := used.Add(SessionIdle), began.Add(SessionLifetime)
	if last.Before(idle) {
		return last
	}
	return idle
}

// clean cuts what a stranger calls himself to so many bytes of text.
func clean(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

func sessionViewer(row *ent.Session) auth.Viewer {
	return auth.Viewer{
		OrganizationID: row.OrganizationID, SessionID: row.ID, SessionKeyID: row.APIKeyID, SessionName: clean(row.UserAgent, maxActorName),
		Operator: row.Operator, Scopes: auth.ScopesOf(row.Scopes),
	}
}

// resume returns the viewer whose cookie holds a token.
func (a *Accounts) resume(ctx context.Context, token string) (auth.Viewer, error) {
	over := calling.Errorf(calling.CodeUnauthenticated, "The session is over. Sign in again.")
	system := auth.WithSystem(ctx)
	row, err := a.store.Read().Session.Query().Where(session.Hash(auth.HashKey(token))).Only(system)
	if ent.IsNotFound(err) {
		return auth.Viewer{}, over
	}
	if err != nil {
		return auth.Viewer{}, fmt.Errorf("look the session up: %w", err)
	}
	now := a.now()
	if !sessionInForce(row, now) {
		return auth.Viewer{}, over
	}
	if row.APIKeyID != "" {
		key, err := a.store.Read().ApiKey.Query().Where(apikey.ID(row.APIKeyID)).Only(system)
		if err != nil && !ent.IsNotFound(err) {
			return auth.Viewer{}, fmt.Errorf("look the session's API key up: %w", err)
		}
		if err != nil || !keyInForce(key, now) {
			return auth.Viewer{}, over
		}
	}
	a.uses.noteSession(row.ID, row.LastUsedAt, now)
	return sessionViewer(row), nil
}

func sessionInForce(row *ent.Session, now time.Time) bool {
	return row.RevokedAt == nil && row.ExpiresAt.After(now)
}

// SignOut ends the viewer's session: its cookie is refused, and what it has open
// is closed.
func (a *Accounts) SignOut(ctx context.Context, viewer auth.Viewer) error {
	err := a.store.InTx(auth.WithViewer(ctx, viewer), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Ent.Session.Delete().Where(session.ID(viewer.SessionID)).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	_ = a.check(context.WithoutCancel(ctx)) // it is ended; Run looks again
	return nil
}

// CreateSignInLink makes a link that signs one browser in to an organization with
// every scope, as an operator of the whole server when that is asked for; an
// empty id means the only organization there is. It returns the link's token,
// this once. An unknown organization is CodeNotFound.
func (a *Accounts) CreateSignInLink(ctx context.Context, organizationID string, operator bool) (string, error) {
	token := auth.NewToken()
	err := a.store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
		id, err := findOrganization(ctx, tx, organizationID)
		if err != nil {
			return err
		}
		now := store.Instant(a.now())
		return tx.Ent.SignInLink.Create().SetID(newID(calling.SignInLinkPrefix)).SetCreatedAt(now).SetOrganizationID(id).
			SetHash(auth.HashKey(token)).SetScopes(everyScope()).SetOperator(operator).SetExpiresAt(now.Add(LinkLifetime)).Exec(ctx)
	})
	if err != nil {
		return "", fmt.Errorf("make a sign-in link: %w", err)
	}
	return token, nil
}
