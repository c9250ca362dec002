package playground_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/outdial/outdial/playground"
)

// ask sends a request with optional header lines ("Name: value").
func ask(t *testing.T, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	playground.Handler().ServeHTTP(w, r)
	return w
}

// references finds what the page loads.
func references(t *testing.T) []string {
	t.Helper()
	page := ask(t, http.MethodGet, "/playground/").Body.String()
	var paths []string
	for _, match := range regexp.MustCompile(`(?:src|href)="\./([^"]+)"`).FindAllStringSubmatch(page, -1) {
		paths = append(paths, match[1])
	}
	if len(paths) < 2 {
		t.Fatalf("the page refers to %v, want a script and a style sheet at least", paths)
	}
	return paths
}

func TestPlayground(t *testing.T) {
	t.Parallel()

	t.Run("the page is revalidated and everything it names is cached for ever", func(t *testing.T) {
		t.Parallel()
		page := ask(t, http.MethodGet, "/playground/")
		if got := page.Header().Get("Cache-Control"); page.Code != http.StatusOK || got != "no-cache" {
			t.Errorf("page: %d, Cache-Control %q", page.Code, got)
		}
		for _, path := range references(t) {
			asset := ask(t, http.MethodGet, "/playground/"+path)
			if got := asset.Header().Get("Cache-Control"); asset.Code != http.StatusOK || !strings.Contains(got, "immutable") {
				t.Errorf("%s: %d, Cache-Control %q", path, asset.Code, got)
			}
		}
	})

	t.Run("nothing is loaded from elsewhere", func(t *testing.T) {
		t.Parallel()
		page := ask(t, http.MethodGet, "/playground/")
		policy := page.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "script-src 'self';", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("policy %q does not contain %q", policy, want)
			}
		}
		if match := regexp.MustCompile(`(src|href)="(https?:)?//`).FindString(page.Body.String()); match != "" {
			t.Errorf("the page refers to another host: %s", match)
		}
	})
}

func TestPlaygroundAddresses(t *testing.T) {
	t.Parallel()

	t.Run("without the slash it leads to the page", func(t *testing.T) {
		t.Parallel()
		got := ask(t, http.MethodGet, "/playground")
		if got.Code != http.StatusTemporaryRedirect || got.Header().Get("Location") != "/playground/" {
			t.Errorf("%d to %q", got.Code, got.Header().Get("Location"))
		}
	})

	t.Run("what is not there is not found", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/playground/assets/", "/playground/assets/none.js", "/playground/sources.sha256", "/playground/index.html.gz"} {
			if got := ask(t, http.MethodGet, path); got.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, got.Code)
			}
		}
	})

	t.Run("other methods are refused", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/playground", "/playground/"} {
			if got := ask(t, http.MethodPost, path); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s: %d, Allow %q", path, got.Code, got.Header().Get("Allow"))
			}
		}
	})
}

func TestPlaygroundEncoding(t *testing.T) {
	t.Parallel()
	stored, err := filepath.Glob("dist/assets/*.gz")
	if err != nil || len(stored) == 0 {
		t.Fatal(stored, err)
	}
	for _, name := range stored {
		path := "/playground/" + strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(name), "dist/"), ".gz")
		zipped, plain := ask(t, http.MethodGet, path, "Accept-Encoding: br, gzip"), ask(t, http.MethodGet, path)
		if got := zipped.Header().Get("Content-Encoding"); got != "gzip" {
			t.Fatalf("%s: Content-Encoding %q", path, got)
		}
		r, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(unzipped, plain.Body.Bytes()) {
			t.Errorf("%s: %d bytes from gzip, %d plain", path, len(unzipped), plain.Body.Len())
		}
	}
}
