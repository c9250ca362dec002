package studio_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/outdial/outdial/studio"
)

func ask(t *testing.T, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	studio.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return w
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := fs.ReadFile(os.DirFS(folder), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStudio(t *testing.T) {
	t.Parallel()

	t.Run("the page and all its files are served", func(t *testing.T) {
		t.Parallel()
		page := ask(t, http.MethodGet, "/")
		if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "<title>Outdial</title>") {
			t.Errorf("page: %d %s", page.Code, page.Body)
		}
		err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				if got := ask(t, http.MethodGet, "/"+name); got.Code != http.StatusOK {
					t.Errorf("%s: %d", name, got.Code)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})

	t.Run("the policy allows nothing inline and nothing from elsewhere", func(t *testing.T) {
		t.Parallel()
		policy := ask(t, http.MethodGet, "/").Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'self'; connect-src 'self' ws: wss:;") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy: %s", policy)
		}
		inline := regexp.MustCompile(`<script>|<style|\sstyle=|\son\w+=|https?://`)
		if match := inline.FindString(read(t, "dist", "index.html")); match != "" {
			t.Errorf("index.html contains %q", match)
		}
	})

	t.Run("unknown paths are not found", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/none", "/dist/index.html", "/assets", "/../studio.go"} {
			if got := ask(t, http.MethodGet, path); got.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, got.Code)
			}
		}
	})
}

func TestOperations(t *testing.T) {
	t.Parallel()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: read(t, "..", "schema.graphqls")})
	if err != nil {
		t.Fatal(err)
	}
	constants := regexp.MustCompile("(?s)const (\\w+) = `([^`]*)`").FindAllStringSubmatch(read(t, "dist", "operations.js"), -1)
	texts := map[string]string{}
	for _, constant := range constants {
		texts[constant[1]] = constant[2]
	}
	for name, text := range texts {
		if name == "PROGRESS" {
			continue
		}
		t.Run(name+" fits the schema", func(t *testing.T) {
			t.Parallel()
			document := strings.ReplaceAll(text, "${PROGRESS}", texts["PROGRESS"])
			if _, errs := gqlparser.LoadQueryWithRules(schema, document, nil); errs != nil {
				t.Error(errs)
			}
		})
	}
	if len(texts) != 4 {
		t.Errorf("found %d documents and fragments, want 4", len(texts))
	}
}
