package accounts

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/ent/session"
)

// watch is a connection that stays open, and whose it is.
type watch struct {
	viewer auth.Viewer
	gone   func()
}

// watches are the connections that stay open on this node.
type watches struct {
	mu   sync.Mutex
	open map[*watch]struct{} // guarded by mu
}

// Watch has gone called, once and in a goroutine of its own, when what the viewer
// is signed in with is revoked, has expired or may do something else than
// before. On the node where that was done it is at once, on others at their next
// look, which Run takes every second. stop must be called when nobody has to be
// told any more; gone may be running then.
func (a *Accounts) Watch(viewer auth.Viewer, gone func()) (stop func()) {
	w := &watch{viewer: viewer, gone: gone}
	a.watches.mu.Lock()
	defer a.watches.mu.Unlock()
	a.watches.open[w] = struct{}{}
	return func() {
		a.watches.mu.Lock()
		defer a.watches.mu.Unlock()
		delete(a.watches.open, w)
	}
}

// snapshot returns the connections, and the credentials that they need.
func (w *watches) snapshot() (open []*watch, sessions, keys map[string]bool) {
	sessions, keys = map[string]bool{}, map[string]bool{}
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.open {
		open = append(open, one)
		if one.viewer.SessionID != "" {
			sessions[one.viewer.SessionID] = true
		} else {
			keys[one.viewer.KeyID] = true
		}
	}
	return open, sessions, keys
}

// end ends a connection, unless it has ended by itself.
func (w *watches) end(one *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, open := w.open[one]; open {
		delete(w.open, one)
		go one.gone()
	}
}

// check ends the connections of everybody who is not let in any more. It asks one
// question a table, however many connections there are.
func (a *Accounts) check(ctx context.Context) error {
	open, sessions, keys := a.watches.snapshot()
	if len(open) == 0 {
		return nil
	}
	may, err := a.letIn(auth.WithSystem(ctx), sessions, keys)
	if err != nil {
		return err
	}
	for _, one := range open {
		scopes, letIn := may[one.viewer.Credential()]
		if !letIn || !slices.Equal(auth.ScopesOf(scopes), one.viewer.Scopes) {
			a.watches.end(one)
		}
	}
	return nil
}

// letIn returns the scopes of those sessions and API keys that are let in. Keys
// of sessions are added to keys.
func (a *Accounts) letIn(ctx context.Context, sessions, keys map[string]bool) (map[string][]string, error) {
	now, may := a.now(), map[string][]string{}
	var signedIn []*ent.Session
	for ids := range chunks(sessions) {
		rows, err := a.store.Read().Session.Query().Where(session.IDIn(ids...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("look open sessions up: %w", err)
		}
		signedIn = append(signedIn, rows...)
	}
	for _, row := range signedIn {
		if row.APIKeyID != "" {
			keys[row.APIKeyID] = true
		}
	}
	for ids := range chunks(keys) {
		rows, err := a.store.Read().ApiKey.Query().Where(apikey.IDIn(ids...), keysInForce(now)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("look the API keys of open connections up: %w", err)
		}
		for _, row := range rows {
			may[row.ID] = row.Scopes
		}
	}
	for _, row := range signedIn {
		if _, keyThere := may[row.APIKeyID]; sessionInForce(row, now) && (row.APIKeyID == "" || keyThere) {
			may[row.ID] = row.Scopes
			a.uses.noteSession(row.ID, row.LastUsedAt, now) // an open page is in use
		}
	}
	return may, nil
}

// chunks cuts a set of ids to what one statement takes.
func chunks(ids map[string]bool) func(func([]string) bool) {
	all := make([]string, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	return slices.Chunk(all, 1000)
}

// useWritten is how often it is written that a credential is used.
const useWritten = time.Minute

// uses are the credentials whose use is to be written, with the moment.
type uses struct {
	mu             sync.Mutex
	keys, sessions map[string]time.Time // guarded by mu
}

// noteKey remembers that a key is used, unless that was written lately.
func (u *uses) noteKey(row *ent.ApiKey, now time.Time) {
	if row.LastUsedAt != nil && now.Sub(*row.LastUsedAt) < useWritten {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.keys[row.ID] = now
}

// noteSession remembers that a session is used, unless that was written lately.
func (u *uses) noteSession(id string, written, now time.Time) {
	if now.Sub(written) < useWritten {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sessions[id] = now
}

// take returns what is to be written, and forgets it.
func (u *uses) take() (keys, sessions map[string]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys, sessions = u.keys, u.sessions
	u.keys, u.sessions = map[string]time.Time{}, map[string]time.Time{}
	return keys, sessions
}
