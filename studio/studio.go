// Package studio serves the dashboard, from inside the program: no request leaves
// the machine. The page uses the public GraphQL API with the cookie of a browser's
// session and nothing else, so it can do no more than its user may.
//
// It is built from ui/ into dist/ with `make studio`; both are kept in the
// repository, so that Go alone is enough to build the program. Start reading at
// Handler here, and at src/main.tsx there.
package studio

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"

	"github.com/outdial/outdial/studio/assets"
)

// dist holds the built page, compressed, and a list of what it was built from.
//
//go:embed all:dist
var dist embed.FS

// policy allows nothing inline, nothing from elsewhere, and no HTML made of text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'"

// Handler returns the dashboard, to be mounted at /, in front of next. It answers
// for its files, and with the page for every other address that a browser is sent
// to; the page then knows whether there is something. What programs ask for, and
// everything below the paths of the APIs, goes to next. Handler is safe for
// concurrent use and needs no authorization of its own: the page asks to sign in.
func Handler(next http.Handler) http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("studio: " + err.Error())
	}
	page := assets.Handler(files, policy)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/index.html" && page.Has(r.URL.Path):
			page.ServeHTTP(w, r)
		case r.URL.Path == "/favicon.ico": // asked for beside what is no page, such as the schema
			page.Serve(w, r, "/icon.svg")
		case visits(r):
			w.Header().Add("Vary", "Accept")
			page.Serve(w, r, "/")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// visits reports whether the request is a browser's for an address of the page.
func visits(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "assets", "batch", "v1", "graphql", "session", "playground", "ops", "healthz", "readyz", "metrics":
		return false
	}
	return !strings.Contains(first, ".") // a file that there is none of
}
