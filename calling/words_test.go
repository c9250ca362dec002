package calling_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/outdial/outdial/calling"
)

// words are the sets of values that have one type through all layers: what it
// is called in schema.graphqls, and after which line of the glossary its values
// are listed.
func words() []struct {
	graphql, glossary string
	values            []string
} {
	return []struct {
		graphql, glossary string
		values            []string
	}{
		{"AgentArchitecture", "## Architecture of an agent", calling.Architecture("").Values()},
		{"BatchJobStatus", "## Status of a batch job", calling.BatchStatus("").Values()},
		{"PauseReason", "Why a batch job is paused:", calling.PauseReason("").Values()},
		{"BatchAction", "What can be asked for with a batch job:", calling.BatchAction("").Values()},
		{"ChangeAction", "What a line of a batch job's history tells of:", calling.ChangeAction("").Values()},
		{"ChangeActor", "Who changes a batch job:", calling.ChangeActor("").Values()},
		{"WaitingFor", "What keeps a batch job from dialing as fast as it may:", calling.WaitingFor("").Values()},
		{"ContactStatus", "## Status of a contact", calling.ContactStatus("").Values()},
		{"AttemptStatus", "## Status of an attempt", calling.AttemptStatus("").Values()},
		{"Outcome", "## Outcomes", calling.Outcome("").Values()},
		{"CreditKind", "## Kinds of ledger lines", calling.CreditKind("").Values()},
		{"RejectionCode", "## Why a row is rejected", calling.RejectionCode("").Values()},
		{"WarningCode", "## Warnings", calling.WarningCode("").Values()},
		{"WallTimeKind", "## Wall times", calling.WallKind("").Values()},
		{"WebhookEventType", "## Events", calling.EventType("").Values()},
		{"WebhookDeliveryStatus", "## Status of a delivery", calling.DeliveryStatus("").Values()},
		{"Weekday", "## Days of a call window", calling.Weekday("").Values()},
	}
}

func TestWordsAreTheGlossarys(t *testing.T) {
	t.Parallel()
	glossary := readLines(t, "../docs/glossary.md")
	for _, set := range words() {
		t.Run(set.glossary, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, row := range tableAfter(t, glossary, set.glossary) {
				got = append(got, strings.Trim(row[0], "`"))
			}
			if diff := cmp.Diff(set.values, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWordsAreTheSchemas(t *testing.T) {
	t.Parallel()
	schema := loadSchema(t)
	for _, set := range words() {
		if set.graphql == "" {
			continue
		}
		t.Run(set.graphql, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(set.values, enumValues(t, schema, set.graphql)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("ErrorCode", func(t *testing.T) {
		t.Parallel()
		for _, value := range enumValues(t, schema, "ErrorCode") {
			if !slices.ContainsFunc(calling.Codes(), func(info calling.CodeInfo) bool { return strings.ToUpper(string(info.Code)) == value }) {
				t.Errorf("%s is no code of ours", value)
			}
		}
	})
	t.Run("every enum of the schema is known to a test", func(t *testing.T) {
		t.Parallel()
		known := []string{ // here, in package auth, of GraphQL alone
			"ErrorCode", "ApiScope", "InvalidRows", "BatchJobOrderField", "OrderDirection", "ColumnUse",
		}
		for _, set := range words() {
			known = append(known, set.graphql)
		}
		for name, definition := range schema.Types {
			if definition.Kind == ast.Enum && !definition.BuiltIn && !slices.Contains(known, name) {
				t.Errorf("%s is not", name)
			}
		}
	})
}

func TestOutcomesAreTheGlossarys(t *testing.T) {
	t.Parallel()
	yes := map[bool]string{true: "yes", false: "no"}
	var want [][]string
	for _, rule := range calling.Outcomes() {
		meaning := strings.TrimSuffix(strings.ToLower(rule.Meaning[:1])+rule.Meaning[1:], ".")
		want = append(want, []string{"`" + string(rule.Outcome) + "`", meaning, yes[rule.Retried], "`" + string(rule.Final) + "`"})
	}
	if diff := cmp.Diff(want, tableAfter(t, readLines(t, "../docs/glossary.md"), "## Outcomes")); diff != "" {
		t.Error(diff)
	}
}

func TestStatusesThatEndAreTheGlossarys(t *testing.T) {
	t.Parallel()
	glossary := readLines(t, "../docs/glossary.md")
	for _, row := range tableAfter(t, glossary, "## Status of a batch job") {
		if s := calling.BatchStatus(strings.Trim(row[0], "`")); s.Terminal() != (row[2] == "yes") {
			t.Errorf("batch job: %s is terminal: %v", s, s.Terminal())
		}
	}
	for _, row := range tableAfter(t, glossary, "## Status of a contact") {
		if s := calling.ContactStatus(strings.Trim(row[0], "`")); s.Final() != (row[2] == "yes") {
			t.Errorf("contact: %s is final: %v", s, s.Final())
		}
	}
	for _, value := range calling.BatchStatus("").Values() {
		s := calling.BatchStatus(value)
		if want := s == calling.BatchPending || s == calling.BatchScheduled; s.Startable() != want {
			t.Errorf("%s is startable: %v", s, s.Startable())
		}
	}
}

func TestOutcomeRule(t *testing.T) {
	t.Parallel()
	for _, rule := range calling.Outcomes() {
		if rule.Outcome.Rule() != rule || !rule.Final.Final() {
			t.Errorf("%s leads to %+v", rule.Outcome, rule.Outcome.Rule())
		}
	}
	if got := calling.Outcome("SOMETHING_NEW").Rule().Outcome; got != calling.OutcomeUnknown {
		t.Errorf("an outcome that is none is taken for %s", got)
	}
}

func TestRejectionCodePublic(t *testing.T) {
	t.Parallel()
	if got := calling.RejectedPhoneFormat.Public(); got != string(calling.CodeInvalidPhoneFormat) {
		t.Errorf("is %s", got)
	}
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

// tableAfter returns the cells of the first table after a line, its header left
// out. A line of words set off by commas counts as a table of one column.
func tableAfter(t *testing.T, lines []string, heading string) [][]string {
	t.Helper()
	at := slices.Index(lines, heading)
	if at < 0 {
		t.Fatalf("there is no line %q", heading)
	}
	var rows [][]string
	for _, line := range lines[at+1:] {
		switch {
		case strings.HasPrefix(line, "|"):
			var cells []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			rows = append(rows, cells)
		case strings.HasPrefix(line, "`"):
			for word := range strings.SplitSeq(strings.TrimSuffix(line, "."), ", ") {
				rows = append(rows, []string{word})
			}
			return rows
		case len(rows) > 2:
			return rows[2:]
		case strings.HasPrefix(line, "#"):
			t.Fatalf("there is no table after %q", heading)
		}
	}
	return rows[2:]
}

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

func enumValues(t *testing.T, schema *ast.Schema, name string) []string {
	t.Helper()
	definition := schema.Types[name]
	if definition == nil {
		t.Fatalf("the schema has no %s", name)
	}
	var values []string
	for _, value := range definition.EnumValues {
		values = append(values, value.Name)
	}
	return values
}

func TestAllowedActionsAreTheGlossarys(t *testing.T) {
	t.Parallel()
	var want [][]string
	rows := tableAfter(t, readLines(t, "../docs/glossary.md"), "What can be asked for with a batch job:")
	for i, rule := range calling.BatchActions() {
		allowed := []string{}
		for _, s := range rule.Allowed {
			allowed = append(allowed, "`"+string(s)+"`")
		}
		want = append(want, []string{"`" + string(rule.Action) + "`", rows[i][1], strings.Join(allowed, ", ")})
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}
