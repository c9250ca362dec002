// Package playground serves GraphiQL, an editor for GraphQL operations, from
// inside the program: no request leaves the machine. It speaks to /graphql of
// the server it came from and knows nothing else of it.
//
// The page is built from ui/ into dist/ with `npm ci && npm run build`; both
// are kept in the repository, so that Go alone is enough to build the program.
package playground

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/outdial/outdial/studio/assets"
)

// dist holds the built page, compressed, and a list of what it was built from.
//
//go:embed all:dist
var dist embed.FS

// policy lets the page load from its own server only. Monaco, the editor in
// GraphiQL, adds style elements as it runs; the icon is a data address; and
// WebSockets are named because not every browser counts them as 'self'.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self' ws: wss:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler returns the playground, to be mounted at both /playground and
// /playground/. It is safe for concurrent use and needs no authorization of its
// own: the page sends each operation with an API key that it asks for, or with
// the session that the browser has with the dashboard.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("playground: " + err.Error())
	}
	page := http.StripPrefix("/playground", assets.Handler(files, policy))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/playground" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			http.Redirect(w, r, "/playground/", http.StatusTemporaryRedirect)
			return
		}
		page.ServeHTTP(w, r)
	})
}
