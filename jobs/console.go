package jobs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"riverqueue.com/riverui"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
)

// errNotConnected is a defect: Console was called before Connect.
var errNotConnected = errors.New("the queue is not connected yet")

// consolePolicy is the Content-Security-Policy of River's pages, which style
// elements by attributes, and otherwise need nothing but what is served beside
// them.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Console returns River's own pages on the queue, for those who run the server,
// to be served below the path prefix until ctx ends. signIn says who asks; only
// operators are let in. Jobs are pokes, so whatever is done to them there costs
// time at most: the sweeps find the rows. Connect comes first.
func (j *Jobs) Console(ctx context.Context, prefix string, signIn func(*http.Request) (auth.Viewer, error)) (http.Handler, error) {
	if j.client == nil {
		return nil, errNotConnected
	}
	pages, err := riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: j.client.endpoints(), Logger: quiet(j.log), Prefix: prefix, JobListHideArgsByDefault: true,
	})
	if err != nil {
		return nil, fmt.Errorf("make the queue's pages: %w", err)
	}
	if err := pages.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the queue's pages: %w", err)
	}
	sameOrigin := http.NewCrossOriginProtection()
	return guarded(signIn, sameOrigin.Handler(compressed(cached(prefix, pages)))), nil
}

// guarded lets operators in and sets what protects them.
func guarded(signIn func(*http.Request) (auth.Viewer, error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", consolePolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		viewer, err := signIn(r)
		switch {
		case calling.CodeOf(err) == calling.CodeUnauthenticated:
			http.Error(w, "Sign in as an operator first.", http.StatusUnauthorized)
		case err != nil:
			http.Error(w, "It cannot be told who you are just now; try again.", http.StatusServiceUnavailable)
		case !viewer.Operator:
			http.Error(w, "This is for those who run the server.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// cached lets browsers keep files whose names change with what is in them.
func cached(prefix string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, prefix+"/assets/") {
			w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
		}
		next.ServeHTTP(w, r)
	})
}
