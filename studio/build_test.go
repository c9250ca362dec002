package studio_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// What the page may weigh, compressed: all of it, and what the live page of a
// batch job loads before it is drawn.
const (
	budget          = 180 << 10
	firstPageBudget = 130 << 10
)

// TestBuildIsFresh fails when ui/ was changed and dist/ was not built again. It
// needs no Node: the build wrote down what it was made from.
func TestBuildIsFresh(t *testing.T) {
	t.Parallel()
	recorded := string(read(t, "dist/sources.sha256"))
	lines := fingerprint(t, os.DirFS("ui"))
	if strings.Join(lines, "") == recorded {
		return
	}
	for _, line := range lines {
		if !strings.Contains(recorded, line) {
			t.Error("changed or new:", strings.TrimSpace(line))
		}
	}
	t.Error("dist is stale: run `make studio`")
}

// fingerprint lists the files as pack.js does: hash, two spaces, path.
func fingerprint(t *testing.T, sources fs.FS) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(sources, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "node_modules" || name == "src/gql" {
				return fs.SkipDir
			}
			return nil
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	lines := make([]string, len(names))
	for i, name := range names {
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = fmt.Sprintf("%x  %s\n", sha256.Sum256(content), name)
	}
	return lines
}

// TestOperations fails when the schema changed under what the page asks, which
// the build would find too, but only where there is Node.
func TestOperations(t *testing.T) {
	t.Parallel()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(read(t, "../schema.graphqls"))})
	if err != nil {
		t.Fatal(err)
	}
	document := regexp.MustCompile("graphql\\(\\s*`([^`]*)`")
	var all strings.Builder
	for _, name := range sources(t) {
		for _, found := range document.FindAllSubmatch(read(t, name), -1) {
			all.Write(found[1])
		}
	}
	if !strings.Contains(all.String(), "subscription") {
		t.Fatal("no operations were found in ui/src")
	}
	if _, errs := gqlparser.LoadQueryWithRules(schema, all.String(), nil); errs != nil {
		t.Error(errs)
	}
}

// sources are the files of the page's code.
func sources(t *testing.T) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS("."), "ui/src", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasPrefix(path.Ext(name), ".ts") && !strings.Contains(name, "/gql/") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestBudget(t *testing.T) {
	t.Parallel()
	weight := map[string]int{}
	total := 0
	err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && name != "sources.sha256" && !strings.HasPrefix(name, "licenses") {
			content := read(t, "dist/"+name)
			weight[strings.TrimSuffix(name, ".gz")] = len(content)
			total += len(content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	for name := range firstPage(t, weight) {
		first += weight[name]
	}
	t.Logf("all %d bytes, first page %d bytes", total, first)
	if total > budget || first > firstPageBudget {
		t.Errorf("the page weighs %d bytes, of which %d are read at first; %d and %d are allowed", total, first, budget, firstPageBudget)
	}
}

// firstPage finds the files that the page of one batch job reads before it is
// drawn: the entry and that screen, what they import, and their styles.
func firstPage(t *testing.T, all map[string]int) map[string]bool {
	t.Helper()
	needed := map[string]bool{}
	var need func(name string)
	need = func(name string) {
		if needed[name] {
			return
		}
		needed[name] = true
		if path.Ext(name) != ".js" || !strings.HasPrefix(name, "assets/") {
			return
		}
		for _, found := range regexp.MustCompile("(?:from|import)\\s*[\"'`]\\./([\\w.-]+)[\"'`]").FindAllSubmatch(unzipped(t, "dist/"+name+".gz"), -1) {
			need("assets/" + string(found[1]))
		}
	}
	entry := regexp.MustCompile(`^assets/(index|batch-screen)-|^[^/]+$`)
	screen := false
	for name := range all {
		if entry.MatchString(name) {
			need(name)
			screen = screen || strings.HasPrefix(name, "assets/batch-screen-") && path.Ext(name) == ".js"
		}
	}
	if !screen {
		t.Error("no file of the build is named batch-screen: what does the page of a batch job load now?")
	}
	return needed
}

func unzipped(t *testing.T, name string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(read(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := fs.ReadFile(os.DirFS(path.Dir(name)), path.Base(name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
