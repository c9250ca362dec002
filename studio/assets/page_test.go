package assets_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/outdial/outdial/studio/assets"
)

const policy = "default-src 'self'"

func script() string { return strings.Repeat("console.log('dial');\n", 100) }

// setup makes a page with a file of each sort: plain, compressed in advance,
// too small to compress, and of a type that is not served.
func setup(t *testing.T) http.Handler {
	t.Helper()
	return assets.Handler(fstest.MapFS{
		"index.html":          {Data: []byte("<!doctype html>")},
		"page.js":             {Data: []byte(script())},
		"assets/a-1b2c.js.gz": {Data: zip(t, script())},
		"assets/a-1b2c.wasm":  {Data: []byte("\x00asm")},
		"sources.sha256":      {Data: []byte("secret")},
	}, policy)
}

func zip(t *testing.T, text string) []byte {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped.Bytes()
}

func ask(t *testing.T, method, path string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	setup(t).ServeHTTP(w, r)
	return w
}

func accept(encoding string) http.Header { return http.Header{"Accept-Encoding": {encoding}} }

func TestEncoding(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":                       "",
		"gzip":                   "gzip",
		"br, GZIP;q=0.5":         "gzip",
		"x-gzip":                 "gzip",
		"*":                      "gzip",
		"br":                     "",
		"gzip;q=0":               "",
		"gzip; q=0.000, *":       "",
		"*;q=0, identity":        "",
		"identity, gzip ; q=1.0": "gzip",
	} {
		for _, path := range []string{"/page.js", "/assets/a-1b2c.js"} {
			t.Run("Accept-Encoding "+header+" for "+path, func(t *testing.T) {
				t.Parallel()
				got := ask(t, http.MethodGet, path, accept(header))
				if encoding := got.Header().Get("Content-Encoding"); encoding != want {
					t.Fatalf("Content-Encoding %q, want %q", encoding, want)
				}
				if length := got.Header().Get("Content-Length"); length != strconv.Itoa(got.Body.Len()) {
					t.Errorf("Content-Length %s, body of %d", length, got.Body.Len())
				}
				body := io.Reader(got.Body)
				if want == "gzip" {
					r, err := gzip.NewReader(got.Body)
					if err != nil {
						t.Fatal(err)
					}
					body = r
				}
				if text, err := io.ReadAll(body); err != nil || string(text) != script() {
					t.Errorf("got %d bytes, %v", len(text), err)
				}
			})
		}
	}
	t.Run("what compressing does not make smaller stays plain", func(t *testing.T) {
		t.Parallel()
		if got := ask(t, http.MethodGet, "/", accept("gzip")); got.Header().Get("Content-Encoding") != "" {
			t.Error("compressed")
		}
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()

	t.Run("every answer is protected", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/", "/assets/a-1b2c.js", "/none"} {
			header := ask(t, http.MethodGet, path, nil).Header()
			if header.Get("Content-Security-Policy") != policy || header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %v", path, header)
			}
		}
	})

	t.Run("types come from the name", func(t *testing.T) {
		t.Parallel()
		for path, want := range map[string]string{
			"/":                   "text/html; charset=utf-8",
			"/index.html":         "text/html; charset=utf-8",
			"/page.js":            "text/javascript; charset=utf-8",
			"/assets/a-1b2c.js":   "text/javascript; charset=utf-8",
			"/assets/a-1b2c.wasm": "application/wasm",
		} {
			if got := ask(t, http.MethodGet, path, nil); got.Header().Get("Content-Type") != want {
				t.Errorf("%s: %q, want %q", path, got.Header().Get("Content-Type"), want)
			}
		}
	})

	t.Run("only files with a hash in their name are cached for ever", func(t *testing.T) {
		t.Parallel()
		for path, want := range map[string]string{
			"/":                 "no-cache",
			"/page.js":          "no-cache",
			"/assets/a-1b2c.js": "public, max-age=31536000, immutable",
		} {
			header := ask(t, http.MethodGet, path, nil).Header()
			if header.Get("Cache-Control") != want || header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: Cache-Control %q, Vary %q", path, header.Get("Cache-Control"), header.Get("Vary"))
			}
		}
	})
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()

	t.Run("each encoding has its own tag", func(t *testing.T) {
		t.Parallel()
		plain := ask(t, http.MethodGet, "/page.js", nil).Header().Get("ETag")
		zipped := ask(t, http.MethodGet, "/page.js", accept("gzip")).Header().Get("ETag")
		if plain == "" || plain == zipped {
			t.Errorf("plain %s, gzip %s", plain, zipped)
		}
	})

	t.Run("what the client has is not sent again", func(t *testing.T) {
		t.Parallel()
		etag := ask(t, http.MethodGet, "/page.js", nil).Header().Get("ETag")
		for condition, want := range map[string]int{
			etag:                    http.StatusNotModified,
			`"x", W/` + etag:        http.StatusNotModified,
			"*":                     http.StatusNotModified,
			`"x"`:                   http.StatusOK,
			strings.Trim(etag, `"`): http.StatusOK,
		} {
			got := ask(t, http.MethodGet, "/page.js", http.Header{"If-None-Match": {condition}})
			if got.Code != want || (want == http.StatusNotModified) != (got.Body.Len() == 0) {
				t.Errorf("If-None-Match %s: %d with %d bytes, want %d", condition, got.Code, got.Body.Len(), want)
			}
		}
	})
}

func TestMethodsAndPaths(t *testing.T) {
	t.Parallel()

	t.Run("HEAD is GET without the body", func(t *testing.T) {
		t.Parallel()
		got := ask(t, http.MethodHead, "/page.js", nil)
		if got.Code != http.StatusOK || got.Body.Len() != 0 || got.Header().Get("Content-Length") != strconv.Itoa(len(script())) {
			t.Errorf("%d, %d bytes, Content-Length %s", got.Code, got.Body.Len(), got.Header().Get("Content-Length"))
		}
	})

	t.Run("other methods are refused", func(t *testing.T) {
		t.Parallel()
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			got := ask(t, method, "/page.js", nil)
			if got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s: %d, Allow %q", method, got.Code, got.Header().Get("Allow"))
			}
		}
	})

	t.Run("folders, stored names and unknown types are not found", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/assets", "/assets/", "/assets/a-1b2c.js.gz", "/sources.sha256", "/none.js", "//page.js"} {
			if got := ask(t, http.MethodGet, path, nil); got.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, got.Code)
			}
		}
	})
}
