package calling

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Architecture says how an agent is built, which decides whether it can speak
// and what a call costs.
type Architecture string

// The architectures. Text agents cannot make voice calls.
const (
	Pipeline Architecture = "PIPELINE"
	Realtime Architecture = "REALTIME"
	Text     Architecture = "TEXT"
)

// Values lists every architecture, as ent's enum fields ask for it.
func (Architecture) Values() []string { return names(Pipeline, Realtime, Text) }

// Speaks reports whether an agent of this architecture can make voice calls.
func (a Architecture) Speaks() bool { return a == Pipeline || a == Realtime }

var placeholder = regexp.MustCompile(`\{\{\s*([^{}\s](?:[^{}]*[^{}\s])?)\s*\}\}`)

// PromptVariables returns the names between double braces in an agent's system
// prompt, each once, in order of first use.
func PromptVariables(prompt string) []string {
	found := []string{}
	for _, m := range placeholder.FindAllStringSubmatch(prompt, -1) {
		if !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	return found
}

// RenderPrompt puts variables into a system prompt. Names without a value stay
// as they are written and are returned as missing. Strings are put in as they
// are, other values as JSON.
func RenderPrompt(prompt string, variables map[string]any) (text string, missing []string) {
	var rendered strings.Builder
	rest := 0 // of the prompt, from here on
	for _, at := range placeholder.FindAllStringSubmatchIndex(prompt, -1) {
		begin, end, name := at[0], at[1], prompt[at[2]:at[3]]
		value, ok := variables[name]
		if !ok || value == nil {
			if !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
			continue
		}
		rendered.WriteString(prompt[rest:begin])
		rendered.WriteString(promptText(value))
		rest = end
	}
	rendered.WriteString(prompt[rest:])
	return rendered.String(), missing
}

func promptText(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // the agent reads it, not a browser
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(text.String(), "\n")
}
