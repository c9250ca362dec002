package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// inputs checks what the library lets pass in variables: input objects with
// @oneOf that hold no field or several, and enum values in the wrong case.
type inputs struct {
	schema *ast.Schema
}

// ExtensionName names the extension.
func (*inputs) ExtensionName() string { return "Inputs" }

// Validate takes the schema.
func (i *inputs) Validate(schema graphql.ExecutableSchema) error {
	i.schema = schema.Schema()
	return nil
}

// MutateOperationContext refuses an operation with input that breaks the schema.
func (i *inputs) MutateOperationContext(_ context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	for _, definition := range operation.Operation.VariableDefinitions {
		value, given := operation.Variables[definition.Variable]
		if !given {
			continue
		}
		if err := i.check(definition.Type, value, "$"+definition.Variable); err != nil {
			return err
		}
	}
	return nil
}

// check looks at a value of a variable, and at all inside it.
func (i *inputs) check(t *ast.Type, value any, path string) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if t.Elem != nil {
		for n, element := range graphql.CoerceList(value) {
			if err := i.check(t.Elem, element, fmt.Sprintf("%s[%d]", path, n)); err != nil {
				return err
			}
		}
		return nil
	}
	switch definition := i.schema.Types[t.NamedType]; definition.Kind {
	case ast.Enum:
		if name, ok := value.(string); !ok || definition.EnumValues.ForName(name) == nil {
			return refused(codeValidationFailed, "%s: %v is not a value of %s.", path, value, definition.Name)
		}
	case ast.InputObject:
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		return i.checkObject(definition, fields, path)
	case ast.Scalar, ast.Object, ast.Interface, ast.Union:
	}
	return nil
}

func (i *inputs) checkObject(definition *ast.Definition, fields map[string]any, path string) *gqlerror.Error {
	if definition.Directives.ForName("oneOf") != nil {
		given := 0
		for _, value := range fields {
			if value != nil {
				given++
			}
		}
		if len(fields) != 1 || given != 1 {
			return refused(codeValidationFailed, "%s: exactly one field of %s must be given, and not null.", path, definition.Name)
		}
	}
	for _, field := range definition.Fields {
		if err := i.check(field.Type, fields[field.Name], path+"."+field.Name); err != nil {
			return err
		}
	}
	return nil
}

// refused is an error that keeps an operation from being executed.
func refused(code, format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": code}}
}
