package main_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports says which of our packages each package may import; docs/architecture.md
// draws it. "dialer" means that package alone, "ent/..." the package and all
// below it; the longest entry that fits a package is the one that counts.
// Imports within one entry are free. What packages may import from others is
// depguard's table, in .golangci.yml.
func imports() map[string][]string {
	return map[string][]string{
		"calling":     {},
		"playground":  {},
		"studio":      {},
		"auth":        {"calling"},
		"carrier":     {"calling"},
		"carrier/...": {"calling", "carrier"},
		"config":      {"calling"},
		"contacts":    {"calling"},
		"progress":    {"calling"},
		"ent/...":     {"calling"}, // generated
		"ent/schema":  {"calling"},
		"store":       {"auth", "calling", "ent/..."},
		"accounts":    {"auth", "calling", "ent/...", "store"},
		"dialer":      {"auth", "calling", "contacts", "ent/...", "store"},
		"jobs":        {"calling", "dialer", "store"},
		"graph/...":   {"accounts", "auth", "calling", "contacts", "dialer", "ent/...", "progress", "store"},
		"rest":        {"accounts", "auth", "calling", "contacts", "dialer", "ent/...", "store"},
		"":            {"..."}, // server.go introduces them all

		"internal/testdb/...": {},
		"store/storetest":     {"auth", "calling", "ent/...", "internal/testdb/...", "store"},
	}
}

// testsOnly are packages that exist for tests: of the program's own code, only
// they may import each other.
func testsOnly() []string { return []string{"internal/testdb/...", "store/storetest"} }

func TestArchitecture(t *testing.T) {
	t.Parallel()
	table := imports()
	for _, found := range listPackages(t) {
		entry, ok := entryOf(table, found.name)
		if !ok {
			t.Errorf("the table of imports does not know %s: add it, and say what it may import", found.name)
			continue
		}
		for _, imported := range found.imports {
			if !fitsAny(imported, append(table[entry], entry)) {
				t.Errorf("%s imports %s", display(found.name), display(imported))
			}
			if fitsAny(imported, testsOnly()) && !fitsAny(found.name, testsOnly()) {
				t.Errorf("%s imports %s, which is for tests", display(found.name), imported)
			}
		}
	}
}

// ourPackage is a package of this module and those it imports outside of tests,
// all named from the module's root, which itself is "".
type ourPackage struct {
	name    string
	imports []string
}

func listPackages(t *testing.T) []ourPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Module", "./...")
	command.Stderr = t.Output()
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}

	var all []ourPackage
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var listed struct {
			ImportPath string
			Imports    []string
			Module     struct{ Path string }
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		one := ourPackage{name: within(listed.Module.Path, listed.ImportPath)}
		for _, path := range listed.Imports {
			if path == listed.Module.Path || strings.HasPrefix(path, listed.Module.Path+"/") {
				one.imports = append(one.imports, within(listed.Module.Path, path))
			}
		}
		all = append(all, one)
	}
}

// within returns a package's path from the root of its module.
func within(module, path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

// entryOf returns the longest entry of the table that fits the package.
func entryOf(table map[string][]string, name string) (entry string, ok bool) {
	for candidate := range table {
		if fits(name, candidate) && (!ok || len(candidate) > len(entry)) {
			entry, ok = candidate, true
		}
	}
	return entry, ok
}

func fitsAny(name string, entries []string) bool {
	return slices.ContainsFunc(entries, func(entry string) bool { return fits(name, entry) })
}

func fits(name, entry string) bool {
	above, isTree := strings.CutSuffix(entry, "...")
	if !isTree {
		return name == entry
	}
	return strings.HasPrefix(name+"/", above)
}

func display(name string) string {
	if name == "" {
		return "server.go"
	}
	return name
}
