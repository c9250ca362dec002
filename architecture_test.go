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
// draws it. "store" means that package alone, "ent/..." a package and all below
// it; what a package's own entry says counts before that of a tree it is in.
// Imports within one entry are free. What packages may import from others is
// depguard's table, in .golangci.yml.
func imports() map[string][]string {
	return map[string][]string{
		"calling":      {},
		"studio/...":   {},
		"playground":   {"studio/assets"},
		"auth":         {"calling"},
		"carrier":      {"calling"},
		"carrier/...":  {"calling", "carrier"},
		"config":       {"auth", "calling"},
		"contacts":     {"calling"},
		"edge":         {"auth", "calling"},
		"examples/...": {},
		"fault":        {},
		"metrics":      {"calling"},
		"progress":     {"calling"},
		"ent/...":      {"calling"}, // generated
		"ent/schema":   {"calling"},
		"store":        {"auth", "calling", "ent/...", "fault"},
		"accounts":     {"auth", "calling", "ent/...", "store"},
		"dialer":       {"auth", "calling", "contacts", "ent/...", "fault", "store"},
		"jobs":         {"auth", "calling", "dialer", "fault", "store"},
		"hooks":        {"auth", "calling", "ent/...", "store"},
		"signin":       {"accounts", "auth", "calling", "edge"},
		"graph/...":    {"accounts", "auth", "calling", "contacts", "dialer", "edge", "ent/...", "hooks", "progress", "store"},
		"rest":         {"accounts", "auth", "calling", "contacts", "dialer", "edge", "ent/...", "store"},
		"":             {"..."}, // server.go introduces them all

		// Programs for those who work on Outdial.
		"calling/zonelist":    {},
		"store/migrationdiff": {"ent/..."},

		"bench": {"..."},

		// For tests.
		"chaos":               {"auth", "calling", "ent/...", "internal/testdb/...", "internal/testkit", "store"},
		"chaos/cmd":           {"chaos", "internal/testdb/..."},
		"internal/browser":    {"internal/debian"},
		"internal/debian":     {},
		"internal/suites":     {"internal/debian"},
		"internal/testdb/...": {"internal/debian"},
		"internal/testkit":    {"..."},
		"store/storetest":     {"auth", "calling", "ent/...", "internal/testdb/...", "store"},
	}
}

// forTests names what only tests, and each other, may import.
func forTests() []string { return []string{"bench", "chaos/...", "internal/...", "store/storetest"} }

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
			if fitsAny(imported, forTests()) && !fitsAny(found.name, forTests()) {
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

// entryOf returns the package's own entry of the table, or else that of the
// smallest tree it is in.
func entryOf(table map[string][]string, name string) (entry string, ok bool) {
	if _, own := table[name]; own {
		return name, true
	}
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
