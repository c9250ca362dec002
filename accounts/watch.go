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

// watches are the connections that stay open on this node.
type watches struct {
	mu   sync.Mutex
	open map[string]*group // guarded by mu; by what they have in common
}

// group are connections with one credential and the same scopes. They are looked
// after together, as thousands may share a key.
type group struct {
	viewer auth.Viewer
	gone   map[*func()]struct{} // guarded by the mutex of watches
}

// groupOf says which connections are looked after together.
func groupOf(viewer auth.Viewer) string {
	return fmt.Sprint(viewer.Credential(), viewer.Scopes)
}

// Watch has gone called, once and in a goroutine of its own, when what the viewer
// is signed in with is revoked, has expired or may do something else than
// before. On the node where that was done it is at once, on others at their next
// look, which Run takes every second. stop must be called when nobody has to be
// told any more; gone may be running then.
func (a *Accounts) Watch(viewer auth.Viewer, gone func()) (stop func()) {
	w, name, one := &a.watches, groupOf(viewer), &gone
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.open[name]
	if g == nil {
		g = &group{viewer: viewer, gone: map[*func()]struct{}{}}
		w.open[name] = g
	}
	g.gone[one] = struct{}{}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(g.gone, one)
		if len(g.gone) == 0 && w.open[name] == g {
			delete(w.open, name)
		}
	}
}

// snapshot returns a viewer of each group, by its name, and the credentials that
// they need.
func (w *watches) snapshot() (viewers map[string]auth.Viewer, sessions, keys map[string]bool) {
	viewers, sessions, keys = map[string]auth.Viewer{}, map[string]bool{}, map[string]bool{}
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, g := range w.open {
		viewers[name] = g.viewer
		if g.viewer.SessionID != "" {
			sessions[g.viewer.SessionID] = true
		} else {
			keys[g.viewer.KeyID] = true
		}
	}
	return viewers, sessions, keys
}

// end ends the connections of a group that have not ended by themselves.
func (w *watches) end(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.open[name]
	if g == nil {
		return
	}
	delete(w.open, name)
	for gone := range g.gone {
		go (*gone)()
	}
	clear(g.gone)
}

// check ends the connections of everybody who is not let in any more. It asks one
// question a table, however many connections there are.
func (a *Accounts) check(ctx context.Context) error {
	viewers, sessions, keys := a.watches.snapshot()
	if len(viewers) == 0 {
		return nil
	}
	may, err := a.letIn(auth.WithSystem(ctx), sessions, keys)
	if err != nil {
		return err
	}
	for name, viewer := range viewers {
		scopes, letIn := may[viewer.Credential()]
		if !letIn || !slices.Equal(auth.ScopesOf(scopes), viewer.Scopes) {
			a.watches.end(name)
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
