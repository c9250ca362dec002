// Package studio serves the dashboard: the page at / that signs in with an API
// key and shows batch jobs live. The page uses the public GraphQL API and
// nothing else, so it can do no more than its user's key may.
//
// The page is plain HTML, CSS and JavaScript in dist/, written by hand and not
// built. Start reading at dist/studio.js.
package studio

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/outdial/outdial/studio/assets"
)

// dist holds the page as it is served.
//
//go:embed all:dist
var dist embed.FS

// policy allows nothing inline and nothing from elsewhere. WebSockets are named
// because not every browser counts them as 'self'.
const policy = "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// Handler returns the dashboard, to be mounted at /. It answers every path that
// it does not know with 404, is safe for concurrent use, and needs no
// authorization of its own: the page asks for an API key.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("studio: " + err.Error())
	}
	return assets.Handler(files, policy)
}

// Paths returns the patterns of net/http under which the dashboard answers, so
// that every other path stays free for the APIs and their errors.
func Paths() []string {
	entries, err := dist.ReadDir("dist")
	if err != nil {
		panic("studio: " + err.Error())
	}
	paths := []string{"/{$}"}
	for _, e := range entries {
		paths = append(paths, "/"+e.Name())
	}
	return paths
}
