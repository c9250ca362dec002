package playground_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestBuildIsFresh fails when ui/ was changed and dist/ was not built again. It
// needs no Node: the build wrote down what it was made from.
func TestBuildIsFresh(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("dist/sources.sha256")
	if err != nil {
		t.Fatal(err)
	}
	lines := fingerprint(t, os.DirFS("ui"))
	if strings.Join(lines, "") == string(recorded) {
		return
	}
	for _, line := range lines {
		if !strings.Contains(string(recorded), line) {
			t.Error("changed or new:", strings.TrimSpace(line))
		}
	}
	t.Error("dist is stale: run `npm ci && npm run build` in playground/ui")
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
			if name == "node_modules" {
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
