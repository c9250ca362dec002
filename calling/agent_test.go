package calling_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

func TestPromptVariables(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string][]string{
		"":                  {},
		"no placeholder":    {},
		"Hi {{name}}":       {"name"},
		"{{ name }}":        {"name"},
		"{{\n\tname\r\n}}":  {"name"},
		"{{b}}{{a}} {{ b}}": {"b", "a"},
		"{{first name}} {{été-2}} {{plan.type}} {{a\tb}}": {"first name", "été-2", "plan.type", "a\tb"},
		"{{Name}} {{name}}":                 {"Name", "name"},
		"{name} {{}} {{ }} {{name} {name}}": {},
		"{{{name}}}":                        {"name"},
		"{{a{b}}}":                          {},
		"{{a {{b}}":                         {"b"},
	} {
		t.Run(prompt, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, calling.PromptVariables(prompt)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderPrompt(t *testing.T) {
	t.Parallel()
	variables := map[string]any{
		"name": "Jane", "empty": "", "nothing": nil, "age": 41, "rate": 1.5, "phone": float64(12025550101), "vip": true,
		"tags": []any{"a", "b & c"}, "plan": map[string]any{"type": "<Basic>"}, "sly": "{{name}}", "dollar": "$1 ${name} \\1", "odd": func() {},
	}
	for _, row := range []struct {
		behaviour, prompt, want string
		missing                 []string
	}{
		{"text without placeholders", "Hello, world {name}.", "Hello, world {name}.", nil},
		{"a string as it is", "Hi {{name}}, {{ name }}!", "Hi Jane, Jane!", nil},
		{"an empty string", "[{{empty}}]", "[]", nil},
		{"numbers and truths as JSON", "{{age}} {{rate}} {{phone}} {{vip}}", "41 1.5 12025550101 true", nil},
		{"lists and objects as JSON, for reading aloud", "{{tags}} {{plan}}", `["a","b & c"] {"type":"<Basic>"}`, nil},
		{"names without a value stay and are told once, in order", "{{z}} {{ name }} {{ a }} {{z}}", "{{z}} Jane {{ a }} {{z}}", []string{"z", "a"}},
		{"null is no value", "{{nothing}}", "{{nothing}}", []string{"nothing"}},
		{"case counts", "{{Name}}", "{{Name}}", []string{"Name"}},
		{"what a value says is not filled in again", "{{sly}}", "{{name}}", nil},
		{"nor taken for a pattern", "{{dollar}}", "$1 ${name} \\1", nil},
		{"braces around nothing stay", "{{}} {{ }}", "{{}} {{ }}", nil},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			text, missing := calling.RenderPrompt(row.prompt, variables)
			if text != row.want {
				t.Errorf("is %q, want %q", text, row.want)
			}
			if diff := cmp.Diff(row.missing, missing); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("a value that is no JSON does not stop the call", func(t *testing.T) {
		t.Parallel()
		if text, missing := calling.RenderPrompt("{{odd}}", variables); text == "" || text == "{{odd}}" || missing != nil {
			t.Errorf("is %q, missing %v", text, missing)
		}
	})
	t.Run("without variables every name is missing", func(t *testing.T) {
		t.Parallel()
		text, missing := calling.RenderPrompt("{{a}}{{b}}", nil)
		if diff := cmp.Diff([]string{"a", "b"}, missing); diff != "" || text != "{{a}}{{b}}" {
			t.Errorf("is %q: %s", text, diff)
		}
	})
}

func TestSpeaks(t *testing.T) {
	t.Parallel()
	for architecture, want := range map[calling.Architecture]bool{
		calling.Pipeline: true, calling.Realtime: true, calling.Text: false, "": false,
	} {
		if architecture.Speaks() != want {
			t.Errorf("%q speaks: %v", architecture, !want)
		}
	}
}

// TestPromptVectors holds the server to the vectors that the dashboard's preview,
// studio/ui/src/newbatch/prompt.ts, is held to as well.
func TestPromptVectors(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/prompts.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Behaviour, Prompt, Text string
		Values                  map[string]any
		Variables, Missing      []string
	}
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Behaviour, func(t *testing.T) {
			t.Parallel()
			text, missing := calling.RenderPrompt(v.Prompt, v.Values)
			if text != v.Text {
				t.Errorf("is %q, want %q", text, v.Text)
			}
			if diff := cmp.Diff(v.Missing, append([]string{}, missing...)); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(v.Variables, calling.PromptVariables(v.Prompt)); diff != "" {
				t.Errorf("variables (-want +got):\n%s", diff)
			}
		})
	}
}
