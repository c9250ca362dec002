package browser_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/browser"
)

// serve serves one page, whose policy allows scripts of its own file only.
func serve(t *testing.T, script string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'self'")
		_, _ = w.Write([]byte(`<!doctype html><title>Page</title><link rel="icon" href="data:,">` +
			`<body><button>Press</button><script src="script.js"></script>`))
	})
	mux.HandleFunc("/script.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(script))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestPage(t *testing.T) {
	t.Parallel()

	t.Run("does what a user does", func(t *testing.T) {
		t.Parallel()
		page := browser.Open(t, serve(t, `document.querySelector('button').onclick =
			() => setTimeout(() => { document.title = 'Pressed'; }, 50);`))
		page.Click("button")
		page.Wait(`document.title === 'Pressed'`)
		page.Look(320, "dark")
		if !browser.Read[bool](page, `innerWidth === 320 && matchMedia('(prefers-color-scheme: dark)').matches`) {
			t.Error("the page does not look as told")
		}
	})

	for name, c := range map[string]struct{ script, problem string }{
		"a request to another host": {`fetch('http://example.com/').catch(() => {});`, "another host: http://example.com/"},
		"a socket to another host":  {`new WebSocket('ws://127.0.0.2:1/');`, "another host: ws://127.0.0.2:1/"},
		"an error on the console":   {`console.error('oh', 'no');`, `"oh" "no"`},
		"an exception":              {`throw new Error('thrown');`, "Error: thrown"},
		"a lost rejection":          {`Promise.reject(new Error('lost'));`, "Error: lost"},
		"a violation of the policy": {`document.body.setAttribute('onclick', '0');`, "content security policy: script-src"},
		"what the server lacks":     {`fetch('none');`, "404"},
	} {
		t.Run("records "+name+" until it is allowed", func(t *testing.T) {
			t.Parallel()
			page := browser.Open(t, serve(t, c.script))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for !strings.Contains(strings.Join(page.Problems(), "\n"), c.problem) {
				if ctx.Err() != nil {
					t.Fatalf("problems are %q, want one with %q", page.Problems(), c.problem)
				}
			}
			page.Allow(".")
			if found := page.Problems(); len(found) > 0 {
				t.Errorf("problems are %q once all are allowed", found)
			}
		})
	}
}
