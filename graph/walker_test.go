package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// typeRef is a type as introspection names it.
type typeRef struct {
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	OfType *typeRef `json:"ofType"`
}

// base is the type without lists and exclamation marks.
func (r typeRef) base() typeRef {
	for r.OfType != nil {
		r = *r.OfType
	}
	return r
}

func (r typeRef) String() string {
	switch r.Kind {
	case "NON_NULL":
		return r.OfType.String() + "!"
	case "LIST":
		return "[" + r.OfType.String() + "]"
	}
	return r.Name
}

// element is a field, an argument or a field of an input.
type element struct {
	Name string    `json:"name"`
	Type typeRef   `json:"type"`
	Args []element `json:"args"`
}

// definition is a type of the schema.
type definition struct {
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	OneOf       bool      `json:"isOneOf"`
	Fields      []element `json:"fields"`
	InputFields []element `json:"inputFields"`
	EnumValues  []element `json:"enumValues"`
	Possible    []typeRef `json:"possibleTypes"`
}

const introspection = `{ __schema { types { kind name isOneOf fields { name type { ...ref } args { name type { ...ref } } }
	inputFields { name type { ...ref } } enumValues { name } possibleTypes { kind name } } } }
	fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }`

// walker writes operations that select everything, from nothing but what
// introspection says.
type walker struct {
	types  map[string]definition
	broken map[string]bool // fields nobody has made yet, as "Type.field"
}

// place is somewhere that takes an id: an argument of a field, or a field of an
// input inside it.
type place struct{ field, input string }

// document is an operation being written.
type document struct {
	walker    *walker
	place     place                    // gets tested
	tested    string                   // this id
	own       func(name string) string // other places get these
	variables vars
	head      []string
}

func (b *bundle) newWalker(t *testing.T) *walker {
	t.Helper()
	r := b.ask(t, introspection, nil)
	var answer struct {
		Data struct {
			Schema struct{ Types []definition } `json:"__schema"`
		}
	}
	if err := json.Unmarshal([]byte(r.raw), &answer); err != nil {
		t.Fatal(err)
	}
	w := &walker{types: map[string]definition{}, broken: map[string]bool{}}
	for _, d := range answer.Data.Schema.Types {
		if !strings.HasPrefix(d.Name, "__") {
			w.types[d.Name] = d
		}
	}
	return w
}

// places returns everywhere that an id can be put.
func (w *walker) places() []place {
	var all []place
	for _, name := range slices.Sorted(maps.Keys(w.types)) {
		for _, f := range w.types[name].Fields {
			for _, arg := range f.Args {
				w.inside(arg, name+"."+f.Name, arg.Name, &all)
			}
		}
	}
	return all
}

func (w *walker) inside(e element, field, path string, all *[]place) {
	base := e.Type.base()
	if base.Name == "ID" {
		*all = append(*all, place{field, path})
	}
	for _, input := range w.types[base.Name].InputFields {
		w.inside(input, field, path+"."+input.Name, all)
	}
}

// value makes something to put into an argument or an input's field; nil when it
// is better left out.
func (d *document) value(e element, field, path string) any {
	here := d.place == place{field, path}
	required := e.Type.Kind == "NON_NULL"
	made := d.single(e, field, path, here, required)
	if made != nil && strings.Contains(e.Type.String(), "[") {
		return []any{made}
	}
	return made
}

func (d *document) single(e element, field, path string, here, required bool) any {
	base := e.Type.base()
	definition := d.walker.types[base.Name]
	switch {
	case base.Name == "ID" && here:
		return d.tested
	case base.Name == "ID" && required:
		return d.own(e.Name)
	case base.Name == "ID":
		return nil
	case definition.Kind == "INPUT_OBJECT":
		return d.object(definition, field, path)
	case definition.Kind == "ENUM":
		return definition.EnumValues[len(definition.EnumValues)-1].Name
	}
	byName := map[string]any{
		"phone": "+12025550177", "number": "+12025550177", "timezone": "UTC", "local": "2030-01-01T09:00", "opens": "09:00", "closes": "17:00",
		"scheduledStartTime": "2030-01-01T09:00:00Z", "url": "https://example.com/hook", "idempotencyKey": nil, "enabled": nil,
	}
	if value, known := byName[e.Name]; known {
		return value
	}
	byType := map[string]any{
		"String": "x", "Int": 60, "Int64": 1, "Boolean": true, "DateTime": "2030-01-01T09:00:00Z", "JSONObject": vars{"plan": "x"},
	}
	if base.Name == "Int" && strings.Contains(strings.ToLower(e.Name), "limit") || e.Name == "maxAttempts" {
		return 1
	}
	return byType[base.Name] // Upload is left out
}

func (d *document) object(definition definition, field, path string) any {
	fields := vars{}
	for _, input := range slices.Backward(definition.InputFields) {
		if value := d.value(input, field, path+"."+input.Name); value != nil {
			fields[input.Name] = value
			if definition.OneOf {
				break
			}
		}
	}
	return fields
}

// arguments writes the arguments of a field: those it must have, and that of the
// place.
func (d *document) arguments(of string, f element) string {
	var given []string
	for _, arg := range f.Args {
		field := of + "." + f.Name
		tested := d.place.field == field && strings.SplitN(d.place.input, ".", 2)[0] == arg.Name
		if arg.Type.Kind != "NON_NULL" && !tested {
			continue
		}
		name := fmt.Sprintf("v%d", len(d.variables))
		d.variables[name] = d.value(arg, field, arg.Name)
		d.head = append(d.head, "$"+name+": "+arg.Type.String())
		given = append(given, arg.Name+": $"+name)
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

// selection writes everything below a type, but for types it is inside of.
func (d *document) selection(of string, inside []string) string {
	definition := d.walker.types[of]
	text := "__typename "
	for _, possible := range definition.Possible {
		if slices.Contains(inside, possible.Name) {
			continue
		}
		text += "... on " + possible.Name + " { " + d.fields(possible.Name, append(slices.Clone(inside), of), possible.Name+"__") + "} "
	}
	if len(definition.Possible) == 0 {
		text += d.fields(of, inside, "")
	}
	return text
}

func (d *document) fields(of string, inside []string, alias string) string {
	text := "__typename "
	for _, f := range d.walker.types[of].Fields {
		base := f.Type.base()
		below := ""
		switch kind := d.walker.types[base.Name].Kind; {
		case d.walker.broken[of+"."+f.Name]:
			continue
		case kind == "OBJECT" || kind == "INTERFACE":
			if slices.Contains(inside, base.Name) || base.Name == of {
				continue
			}
			below = "{ __typename }"
			if !strings.HasSuffix(of, "Edge") { // nodes say it all
				below = "{ " + d.selection(base.Name, append(slices.Clone(inside), of)) + "}"
			}
		}
		if alias != "" {
			text += alias + f.Name + ": "
		}
		text += f.Name + d.arguments(of, f) + " " + below + " "
	}
	return text
}

// operation writes an operation of one field of a root type.
func (d *document) operation(root string, f element) string {
	d.variables, d.head = vars{}, nil
	text := f.Name + d.arguments(root, f)
	if kind := d.walker.types[f.Type.base().Name].Kind; kind == "OBJECT" || kind == "INTERFACE" {
		text += " { " + d.selection(f.Type.base().Name, []string{root}) + "}"
	}
	head := ""
	if len(d.head) > 0 {
		head = "(" + strings.Join(d.head, ", ") + ")"
	}
	return strings.ToLower(root) + " " + head + " { " + text + " }"
}

// failing returns the field that an error is of, as "Type.field".
func (w *walker) failing(root string, path []any) string {
	of, failing := root, ""
	for _, step := range path {
		name, ok := step.(string)
		if !ok {
			continue
		}
		if kind, field, aliased := strings.Cut(name, "__"); aliased {
			of, name = kind, field
		}
		failing = of + "." + name
		for _, f := range w.types[of].Fields {
			if f.Name == name {
				of = f.Type.base().Name
				break
			}
		}
	}
	return failing
}
