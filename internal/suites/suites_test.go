package suites_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/outdial/outdial/internal/suites"
)

// install installs the packages once for all tests, which fail without them.
var install = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // npm takes its time
	folder, err := filepath.Abs("npm")
	if err != nil {
		return "", err
	}
	return folder, suites.Install(context.Background(), folder)
})

// installed returns the folder of the suites.
func installed(t *testing.T) string {
	t.Helper()
	folder, err := install()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// schema is the path of the schema as it is written down.
func schema(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a program of a suite in a folder, and returns what it printed.
func run(t *testing.T, folder string, environment []string, name string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir = folder
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return string(output), err
}

// TestGraphQL runs everything that talks to a server, against one that is made of
// the real parts.
func TestGraphQL(t *testing.T) {
	t.Parallel()
	folder := installed(t)
	for _, suite := range []struct{ name, file string }{
		{"graphql-http: all 61 audits are ok", "audits.js"},
		{"graphql-ws's client", "websocket.test.js"},
		{"graphql-sse's client", "events.test.js"},
		{"uploads by Apollo and urql", "uploads.test.js"},
		{"graphql-js reads the schema over the wire", "introspection.test.js"},
	} {
		t.Run(suite.name, func(t *testing.T) {
			t.Parallel()
			url, key := serve(t) // its own, because some suites restart it
			output, err := run(t, folder, []string{"OUTDIAL_URL=" + url, "OUTDIAL_KEY=" + key, "OUTDIAL_SCHEMA=" + schema(t)}, "node", suite.file)
			if err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

func TestSchemaFollowsTheRules(t *testing.T) {
	t.Parallel()
	folder := installed(t)
	lint := func(t *testing.T, path string) (string, error) {
		t.Helper()
		return run(t, filepath.Dir(path), []string{"OUTDIAL_SCHEMA=" + path},
			filepath.Join(folder, "node_modules/.bin/eslint"), "--config", filepath.Join(folder, "eslint.config.js"), "--no-ignore", path)
	}
	t.Run("@graphql-eslint, as recommended, for Relay, and everything described", func(t *testing.T) {
		t.Parallel()
		if output, err := lint(t, schema(t)); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
	t.Run("it would find a field without a description and an edge without a cursor", func(t *testing.T) {
		t.Parallel()
		changed := replace(t, "  \"Where the item stands in the list.\"\n  cursor: String!\n", "", 1)
		changed = replaceIn(t, changed, "  \"Name given by whoever made it.\"\n", "", 1)
		output, err := lint(t, changed)
		if err == nil || !strings.Contains(output, "relay-edge-types") || !strings.Contains(output, "require-description") {
			t.Errorf("%v\n%s", err, output)
		}
	})
}

func TestRelayCompiles(t *testing.T) {
	t.Parallel()
	folder := installed(t)
	compile := func(t *testing.T, schema string) (string, error) {
		t.Helper()
		project := t.TempDir()
		if err := os.CopyFS(project, os.DirFS(filepath.Join(folder, "relay"))); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(schema)
		if err == nil {
			err = os.WriteFile(filepath.Join(project, "schema.graphql"), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		compiler := filepath.Join(folder, "node_modules/.bin/relay-compiler")
		output, err := run(t, project, nil, compiler, "relay.config.json")
		if err != nil {
			return output, err
		}
		return run(t, project, nil, compiler, "--validate", "relay.config.json") // what it wrote is what it would write again
	}
	t.Run("fragments to fetch anew, pages both ways, a subscription", func(t *testing.T) {
		t.Parallel()
		if output, err := compile(t, schema(t)); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
	t.Run("it would find a page without its end", func(t *testing.T) {
		t.Parallel()
		output, err := compile(t, replace(t, "  hasNextPage: Boolean!\n", "  more: Boolean!\n", 1))
		if err == nil || !strings.Contains(output, "hasNextPage") {
			t.Errorf("%v\n%s", err, output)
		}
	})
}

// TestDescriptionIsOpenAPI has a validator read what GET /openapi.json answers.
func TestDescriptionIsOpenAPI(t *testing.T) {
	t.Parallel()
	folder := installed(t)
	description, err := filepath.Abs("../../rest/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it is OpenAPI 3.1", func(t *testing.T) {
		t.Parallel()
		if output, err := run(t, folder, nil, "node", "openapi.js", description); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
	t.Run("it would find an operation without answers", func(t *testing.T) {
		t.Parallel()
		changed := replaceIn(t, description, `"responses": {`, `"answers": {`, 1)
		if output, err := run(t, folder, nil, "node", "openapi.js", changed); err == nil {
			t.Errorf("%s", output)
		}
	})
}

// TestNothingReleasedBreaks compares the schema with that of the last release:
// what clients may say today they may say tomorrow. The copy is made with the
// release, and CHANGELOG.md says whether there has been one.
func TestNothingReleasedBreaks(t *testing.T) {
	t.Parallel()
	folder := installed(t)
	compare := func(t *testing.T, released, present string) (string, error) {
		t.Helper()
		return run(t, folder, nil, "node", "breaking.js", released, present)
	}
	const released = "../../docs/schema/released.graphqls"
	t.Run("the schema of the last release is kept", func(t *testing.T) {
		t.Parallel()
		changes, err := os.ReadFile("../../CHANGELOG.md")
		if err != nil {
			t.Fatal(err)
		}
		last := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+[^\]]*)\]`).FindSubmatch(changes)
		text, err := os.ReadFile(released)
		switch {
		case last == nil && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("CHANGELOG.md names no release, but there is a %s: %v", released, err)
		case last == nil:
			return
		case err != nil:
			t.Errorf("%s was released without its schema: %v", last[1], err)
		case !strings.HasPrefix(string(text), fmt.Sprintf("# Outdial %s\n", last[1])):
			t.Errorf("%s must begin with the line \"# Outdial %s\": make it with that release's schema.graphqls", released, last[1])
		}
		path, err := filepath.Abs(released)
		if err != nil {
			t.Fatal(err)
		}
		if output, err := compare(t, path, schema(t)); err != nil {
			t.Errorf("clients of %s would break; deprecate instead: %v\n%s", last[1], err, output)
		}
	})
	t.Run("nothing breaks when a field comes", func(t *testing.T) {
		t.Parallel()
		if output, err := compare(t, replace(t, "  \"Whether items follow the page.\"\n  hasNextPage: Boolean!\n", "", 1), schema(t)); err != nil {
			t.Errorf("%v\n%s", err, output)
		}
	})
	for what, change := range map[string][2]string{
		"a field goes":                 {"  \"Whether items follow the page.\"\n  hasNextPage: Boolean!\n", ""},
		"an answer may be null":        {"  hasNextPage: Boolean!\n", "  hasNextPage: Boolean\n"},
		"an argument becomes required": {"    afterVersion: Int64\n", "    afterVersion: Int64!\n"},
		"an input must have more":      {"input CreateBatchJobInput {\n", "input CreateBatchJobInput {\n  more: Int!\n"},
		"a value goes":                 {"  \"It comes once.\"\n  NORMAL\n", ""},
	} {
		t.Run("it would find that "+what, func(t *testing.T) {
			t.Parallel()
			if output, err := compare(t, schema(t), replace(t, change[0], change[1], 1)); err == nil || output == "" {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

// replace returns the path of a schema in which text was replaced n times.
func replace(t *testing.T, text, by string, n int) string {
	t.Helper()
	return replaceIn(t, schema(t), text, by, n)
}

func replaceIn(t *testing.T, path, text, by string, n int) string {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(before), text) < n {
		t.Fatalf("the schema has no %q: plant another defect", text)
	}
	changed := filepath.Join(t.TempDir(), "schema.graphqls")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(before), text, by, n)), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed
}
