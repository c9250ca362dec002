package studio_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/outdial/outdial/studio"
)

const (
	browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	program = "application/json"
)

// ask asks the dashboard for a path in front of an API that is a teapot.
func ask(t *testing.T, method, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Header.Set("Accept", accept)
	studio.Handler(api).ServeHTTP(w, r)
	return w
}

func isPage(w *httptest.ResponseRecorder) bool {
	return w.Code == http.StatusOK && strings.Contains(w.Body.String(), "<title>Outdial</title>")
}

func TestStudio(t *testing.T) {
	t.Parallel()

	t.Run("all files of the page are served", func(t *testing.T) {
		t.Parallel()
		err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".gz") && !strings.HasSuffix(name, ".md.gz") && name != "index.html.gz" {
				if got := ask(t, http.MethodGet, "/"+strings.TrimSuffix(name, ".gz"), "*/*"); got.Code != http.StatusOK {
					t.Errorf("%s: %d", name, got.Code)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})

	t.Run("browsers that look for an icon find it", func(t *testing.T) {
		t.Parallel()
		got := ask(t, http.MethodGet, "/favicon.ico", "image/*")
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "image/svg+xml" {
			t.Errorf("%d, %s", got.Code, got.Header().Get("Content-Type"))
		}
	})

	t.Run("every address a browser is sent to shows the page", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/", "/batches", "/batches/batch_01?tab=contacts", "/agents/agent_1", "/nothing/here"} {
			if got := ask(t, http.MethodGet, path, browser); !isPage(got) {
				t.Errorf("%s: %d %s", path, got.Code, got.Body)
			}
		}
		if got := ask(t, http.MethodHead, "/batches", browser); got.Code != http.StatusOK || got.Body.Len() != 0 {
			t.Errorf("HEAD: %d with a body of %d bytes", got.Code, got.Body.Len())
		}
	})

	t.Run("what programs ask for is the API's", func(t *testing.T) {
		t.Parallel()
		for path, accept := range map[string]string{
			"/batches": program, "/nothing": "*/*", "/batch/jobs": browser, "/v1/batch/jobs": browser, "/graphql": browser,
			"/session": browser, "/healthz": browser, "/openapi.json": browser, "/assets/none.js": browser, "/ops/river/": browser,
			"/none.js": browser, "/index.html": program,
		} {
			if got := ask(t, http.MethodGet, path, accept); got.Code != http.StatusTeapot {
				t.Errorf("%s: %d", path, got.Code)
			}
		}
		if got := ask(t, http.MethodPost, "/batches", browser); got.Code != http.StatusTeapot {
			t.Errorf("POST: %d", got.Code)
		}
	})

	t.Run("the policy allows nothing inline and nothing from elsewhere", func(t *testing.T) {
		t.Parallel()
		got := ask(t, http.MethodGet, "/batches", browser)
		policy := got.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy: %s", policy)
		}
		if vary := strings.Join(got.Header().Values("Vary"), ", "); !strings.Contains(vary, "Accept,") || !strings.Contains(vary, "Accept-Encoding") {
			t.Errorf("Vary: %s", vary)
		}
	})
}
