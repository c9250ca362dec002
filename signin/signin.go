// Package signin is the door where browsers sign in: POST /session exchanges an
// API key or a one-time link for a cookie, GET says whose session it is, DELETE
// signs out. It keeps nothing; sessions are the accounts package's. Start reading
// at New.
package signin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// Accounts begins, finds and ends sessions, as *accounts.Accounts does. What is
// not valid is calling.CodeUnauthenticated.
type Accounts interface {
	Identify(ctx context.Context, credentials auth.Credentials) (auth.Viewer, error)
	SignInWithKey(ctx context.Context, key, userAgent string) (*accounts.SignedIn, error)
	SignInWithLink(ctx context.Context, token, userAgent string) (*accounts.SignedIn, error)
	SignOut(ctx context.Context, viewer auth.Viewer) error
}

// Bounds of a request.
const (
	maxBody     = 4 << 10
	bodyTimeout = 10 * time.Second
)

// Guard bounds how often wrong keys and links are tried, as *edge.Guard does.
type Guard interface {
	Try(ctx context.Context, secret string, look func() error) error
}

// Limiter bounds how many requests may come of whom, as *edge.Limiter does.
type Limiter interface {
	Admit(viewer auth.Viewer) error
}

type door struct {
	accounts Accounts
	guard    Guard
	limiter  Limiter
	log      *slog.Logger
}

// New returns the handler of the path /session. It wants to be inside edge.Wrap,
// and is safe for concurrent use.
func New(accounts Accounts, guard Guard, limiter Limiter, log *slog.Logger) http.Handler {
	return &door{accounts: accounts, guard: guard, limiter: limiter, log: log}
}

// ServeHTTP answers one request.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 { // even a body that nobody reads is waited for before the answer goes out
		deadline := time.Now().Add(bodyTimeout)                     //nolint:forbidigo // deadlines of sockets are wall time
		_ = http.NewResponseController(w).SetReadDeadline(deadline) // writers without deadlines are for tests
	}
	var err error
	switch r.Method {
	case http.MethodPost:
		err = d.signIn(w, r)
	case http.MethodGet, http.MethodHead:
		err = d.show(w, r)
	case http.MethodDelete:
		err = d.signOut(w, r)
	default:
		const allow = "GET, HEAD, POST, DELETE"
		w.Header().Set("Allow", allow)
		err = calling.Errorf(calling.CodeMethodNotAllowed, "/session does not answer %s; use %s.", r.Method, allow)
	}
	if err != nil {
		edge.WriteError(w, r, d.log, err)
	}
}

// signIn exchanges a key or a link for a cookie. A session that the browser had
// before is over then.
func (d *door) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := edge.OwnPage(r); err != nil {
		return err //nolint:wrapcheck // is a *calling.Error already
	}
	asked, err := read(w, r)
	if err != nil {
		return err
	}
	var begun *accounts.SignedIn
	err = d.guard.Try(r.Context(), cmp.Or(asked.Link, asked.Key), func() (err error) { //nolint:contextcheck // it is r's
		if asked.Link != "" {
			begun, err = d.accounts.SignInWithLink(r.Context(), strings.TrimSpace(asked.Link), r.UserAgent())
		} else {
			begun, err = d.signInWithKey(r.Context(), strings.TrimSpace(asked.Key), r.UserAgent())
		}
		return err //nolint:wrapcheck // is a *calling.Error, or says itself what failed
	})
	if err != nil {
		return err //nolint:wrapcheck // is a *calling.Error, or says itself what failed
	}
	if err := d.endOld(r); err != nil { // the new session is begun all the same, and a link is used up
		d.log.ErrorContext(r.Context(), "ending the browser's session from before failed", "error", err)
	}
	edge.SetSession(w, r, begun.Token, int(accounts.SessionLifetime.Seconds()))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// signInWithKey begins a session, which is one of the key's requests: each writes
// rows. Links need no bound, as they work once.
func (d *door) signInWithKey(ctx context.Context, key, userAgent string) (*accounts.SignedIn, error) {
	viewer, err := d.accounts.Identify(ctx, auth.Credentials{Key: key})
	if err == nil {
		err = d.limiter.Admit(viewer)
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // is a *calling.Error, or says itself what failed
	}
	return d.accounts.SignInWithKey(ctx, key, userAgent) //nolint:wrapcheck // as above
}

// request is the body of POST /session.
type request struct {
	Key  string `json:"key"`
	Link string `json:"link"`
}

func read(w http.ResponseWriter, r *http.Request) (request, error) {
	var asked request
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return asked, calling.Errorf(calling.CodeUnsupportedMediaType, "Content-Type must be application/json.")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	err = decoder.Decode(&asked)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.Join(errors.New("there is more after the object"), more)
		}
	}
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return asked, calling.Errorf(calling.CodeFileTooLarge, "The request is larger than %d KB.", maxBody>>10)
	}
	if err != nil || (asked.Key == "") == (asked.Link == "") {
		return asked, &calling.Error{
			Code: calling.CodeInvalidRequest, Cause: err, Detail: `The body must be {"key": "…"} with an API key, or {"link": "…"} with the token of a sign-in link.`,
		}
	}
	return asked, nil
}

// shown is the body of GET /session.
type shown struct {
	OrganizationID string       `json:"organizationId"`
	SessionID      string       `json:"sessionId"`
	Scopes         []auth.Scope `json:"scopes"`
	Operator       bool         `json:"operator"`
}

// show says whose session it is.
func (d *door) show(w http.ResponseWriter, r *http.Request) error {
	viewer, err := d.viewer(r)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, shown{
		OrganizationID: viewer.OrganizationID, SessionID: viewer.SessionID, Scopes: viewer.Scopes, Operator: viewer.Operator,
	})
	return nil
}

// viewer is whose session the cookie stands for. A key in a header is not looked
// at: this is about the session.
func (d *door) viewer(r *http.Request) (auth.Viewer, error) {
	token := edge.SessionToken(r)
	if token == "" {
		return auth.Viewer{}, calling.Errorf(calling.CodeUnauthenticated, "Nobody is signed in here.")
	}
	return d.accounts.Identify(r.Context(), auth.Credentials{Session: token}) //nolint:wrapcheck // is a *calling.Error, or says itself what failed
}

// signOut ends the session, if there is one, and has the browser forget it.
func (d *door) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := edge.OwnPage(r); err != nil {
		return err //nolint:wrapcheck // is a *calling.Error already
	}
	if err := d.endOld(r); err != nil {
		return err
	}
	edge.SetSession(w, r, "", -1)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// endOld ends the session of the request's cookie; nothing when it is over
// already.
func (d *door) endOld(r *http.Request) error {
	viewer, err := d.viewer(r)
	if calling.CodeOf(err) == calling.CodeUnauthenticated {
		return nil
	}
	if err == nil {
		err = d.accounts.SignOut(r.Context(), viewer)
	}
	return err //nolint:wrapcheck // says itself what failed
}
