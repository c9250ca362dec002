package edge

import (
	"net/http"
	"strings"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
)

// The names of the cookie that holds a session's token. Browsers take the one
// with the prefix only over TLS and only from the very host it is for.
const (
	sessionCookie = "outdial_session"
	secureCookie  = "__Host-" + sessionCookie
)

// Credentials returns what a request signs in with: the API key it carries, or
// else the cookie of a browser's session. A cookie counts only in requests that
// pages of this server have sent, or no page at all: browsers add it to those of
// other pages too. For WebSockets that is so whatever their method. Nothing to
// sign in with is CodeUnauthenticated, a cookie in another page's request
// CodeForbidden. Whether the key or the session is known is not looked up.
func Credentials(r *http.Request) (auth.Credentials, error) {
	token := SessionToken(r)
	if token == "" || r.Header.Get("Authorization") != "" || r.Header.Get("X-Api-Key") != "" {
		key, err := Key(r)
		return auth.Credentials{Key: key}, err
	}
	if err := OwnPage(r); err != nil {
		return auth.Credentials{}, err
	}
	return auth.Credentials{Session: token}, nil
}

// OwnPage returns CodeForbidden when a request that may change something, or opens
// a WebSocket, was sent by a page of another site; nil for other requests and
// those that no browser has sent.
func OwnPage(r *http.Request) error {
	probe := *r
	if r.Header.Get("Upgrade") != "" {
		probe.Method = http.MethodPost // such a GET changes more than any other
	}
	if err := new(http.CrossOriginProtection).Check(&probe); err != nil {
		return &calling.Error{
			Code: calling.CodeForbidden, Cause: err,
			Detail: "The request comes from a page of another site, which may not use this browser's session. Send an API key instead.",
		}
	}
	return nil
}

// SessionToken returns the token in the session's cookie; empty when there is
// none.
func SessionToken(r *http.Request) string {
	cookie, err := r.Cookie(cookieName(r))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// SetSession has the browser keep a session's token for so many seconds; for
// less than none, it forgets it.
func SetSession(w http.ResponseWriter, r *http.Request, token string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure where the connection is: over plain HTTP browsers would not send it back
		Name: cookieName(r), Value: token, Path: "/", MaxAge: seconds,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: overTLS(r),
	})
}

func cookieName(r *http.Request) string {
	if overTLS(r) {
		return secureCookie
	}
	return sessionCookie
}

// overTLS reports whether the browser's connection is encrypted, as far as the
// server or the proxy before it can say.
func overTLS(r *http.Request) bool {
	proto, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	return r.TLS != nil || strings.EqualFold(strings.TrimSpace(proto), "https")
}
