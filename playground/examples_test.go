package playground_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// example is one file of ui/src/examples with its variables.
type example struct {
	name      string
	document  *ast.QueryDocument
	variables map[string]any
}

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	text, err := fs.ReadFile(os.DirFS(".."), "schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// loadExamples parses the examples and checks each against the schema.
func loadExamples(t *testing.T, schema *ast.Schema) []example {
	t.Helper()
	folder := os.DirFS("ui/src/examples")
	names, err := fs.Glob(folder, "*.graphql")
	if err != nil || len(names) == 0 {
		t.Fatalf("found %v, %v", names, err)
	}
	var examples []example
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		document, errs := gqlparser.LoadQueryWithRules(schema, string(text), nil)
		if errs != nil {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		name = strings.TrimSuffix(name, ".graphql")
		examples = append(examples, example{name, document, loadVariables(t, folder, name+".json")})
	}
	return examples
}

func loadVariables(t *testing.T, folder fs.FS, name string) map[string]any {
	t.Helper()
	text, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	variables := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &variables)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return variables
}

func TestExamples(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	examples := loadExamples(t, schema)

	for _, example := range examples {
		t.Run(example.name+" is one operation of that name with variables that fit", func(t *testing.T) {
			t.Parallel()
			operations := example.document.Operations
			if len(operations) != 1 || !strings.EqualFold(operations[0].Name, example.name) {
				t.Fatal("want one operation named like the file")
			}
			if _, err := validator.VariableValues(schema, operations[0], example.variables); err != nil {
				t.Error(err)
			}
		})
	}

	t.Run("no operation of the schema is without an example", func(t *testing.T) {
		t.Parallel()
		shown := map[string]bool{}
		for _, example := range examples {
			for _, selection := range example.document.Operations[0].SelectionSet {
				if field, ok := selection.(*ast.Field); ok {
					shown[field.Name] = true
				}
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
