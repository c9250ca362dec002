package playground_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// loadExamples parses and validates the examples, keyed by path.
func loadExamples(t *testing.T, schema *ast.Schema) map[string]*ast.QueryDocument {
	t.Helper()
	paths, err := filepath.Glob("ui/src/examples/*.graphql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("found %v, %v", paths, err)
	}
	documents := map[string]*ast.QueryDocument{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		document, errs := gqlparser.LoadQueryWithRules(schema, string(text), nil)
		if errs != nil {
			t.Errorf("%s: %v", path, errs)
			continue
		}
		documents[path] = document
	}
	return documents
}

func TestExamples(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	documents := loadExamples(t, schema)

	t.Run("each holds one operation, named like its file", func(t *testing.T) {
		t.Parallel()
		for path, document := range documents {
			want := strings.TrimSuffix(filepath.Base(path), ".graphql")
			if len(document.Operations) != 1 || !strings.EqualFold(document.Operations[0].Name, want) {
				t.Errorf("%s: want one operation named %s", path, want)
			}
		}
	})

	t.Run("each has variables that fit", func(t *testing.T) {
		t.Parallel()
		for path, document := range documents {
			variables := map[string]any{}
			text, err := os.ReadFile(strings.TrimSuffix(path, "graphql") + "json")
			if err == nil {
				err = json.Unmarshal(text, &variables)
			} else if os.IsNotExist(err) {
				err = nil
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := validator.VariableValues(schema, document.Operations[0], variables); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	})

	t.Run("no operation of the schema is without one", func(t *testing.T) {
		t.Parallel()
		shown := map[string]bool{}
		for _, document := range documents {
			for _, selection := range document.Operations[0].SelectionSet {
				shown[selection.(*ast.Field).Name] = true
			}
		}
		for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
			for _, field := range root.Fields {
				if !strings.HasPrefix(field.Name, "__") && !shown[field.Name] {
					t.Errorf("%s.%s has no example in ui/src/examples", root.Name, field.Name)
				}
			}
		}
	})
}
