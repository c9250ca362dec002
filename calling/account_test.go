package calling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

func TestOrganizationEditCheck(t *testing.T) {
	t.Parallel()
	name, long, blank, one, most, none, over := " Acme ", strings.Repeat("ü", 201), " ", 1, 1000, 0, 1001
	for _, c := range []struct {
		edit calling.OrganizationEdit
		want []string
	}{
		{calling.OrganizationEdit{Name: &name}, nil},
		{calling.OrganizationEdit{ConcurrentCallLimit: &one}, nil},
		{calling.OrganizationEdit{ConcurrentCallLimit: &most}, nil},
		{calling.OrganizationEdit{}, []string{""}},
		{calling.OrganizationEdit{Name: &long, ConcurrentCallLimit: &none}, []string{"name", "concurrentCallLimit"}},
		{calling.OrganizationEdit{Name: &blank, ConcurrentCallLimit: &over}, []string{"name", "concurrentCallLimit"}},
	} {
		got, problems := c.edit.Check()
		if diff := cmp.Diff(c.want, fields(problems), cmp.Transformer("len", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Error(diff)
		}
		if c.edit.Name == &name && *got.Name != "Acme" {
			t.Errorf("the name becomes %q", *got.Name)
		}
	}
}

func TestAgentChecks(t *testing.T) {
	t.Parallel()
	if got, problems := (calling.NewAgent{Name: " Ada ", SystemPrompt: strings.Repeat("ü", 100_000)}).Check(); len(problems) > 0 || got.Name != "Ada" {
		t.Errorf("%q %v", got.Name, problems)
	}
	bad := calling.NewAgent{Name: strings.Repeat("x", 201), SystemPrompt: strings.Repeat("x", 100_001)}
	if _, problems := bad.Check(); !cmp.Equal(fields(problems), []string{"name", "systemPrompt"}) {
		t.Errorf("%v", problems)
	}
	nul := "a\x00"
	if _, problems := (calling.AgentEdit{Name: &nul, SystemPrompt: &nul}).Check(); !cmp.Equal(fields(problems), []string{"name", "systemPrompt"}) {
		t.Errorf("%v", problems)
	}
	if _, problems := (calling.AgentEdit{}).Check(); !cmp.Equal(fields(problems), []string{""}) {
		t.Errorf("%v", problems)
	}
}

func TestCheckNewNumber(t *testing.T) {
	t.Parallel()
	if number, label, problems := calling.CheckNewNumber(" +12025550101 ", " Desk "); number != "+12025550101" || label != "Desk" || len(problems) > 0 {
		t.Errorf("%s %q %v", number, label, problems)
	}
	_, _, problems := calling.CheckNewNumber("202-555-0101", strings.Repeat("x", 201))
	if !cmp.Equal(fields(problems), []string{"number", "label"}) || problems[0].Code != calling.CodeInvalidPhoneFormat {
		t.Errorf("%v", problems)
	}
	for _, label := range []string{"a\nb", "\xff"} {
		if _, problems := calling.CheckLabel(label); len(problems) != 1 {
			t.Errorf("%q: %v", label, problems)
		}
	}
}

func TestCheckNewKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{time.Second, 0}, {0, 1}, {-time.Second, 1}, {24 * 365 * 101 * time.Hour, 1}} {
		at := now.Add(c.after)
		if name, problems := calling.CheckNewKey(" k ", &at, now); len(problems) != c.want || name != "k" {
			t.Errorf("after %s: %q %v", c.after, name, problems)
		}
	}
	if _, problems := calling.CheckNewKey("k", nil, now); len(problems) != 0 {
		t.Errorf("%v", problems)
	}
}

func TestTopUpCheck(t *testing.T) {
	t.Parallel()
	for amount, ok := range map[calling.Micros]bool{1: true, calling.MaxTopUp: true, 0: false, -1: false, calling.MaxTopUp + 1: false} {
		if got, problems := (calling.TopUp{AmountMicros: amount, Note: " n "}).Check(); (len(problems) == 0) != ok || got.Note != "n" {
			t.Errorf("%d: %q %v", amount, got.Note, problems)
		}
	}
	bad := calling.TopUp{Note: strings.Repeat("x", 501), IdempotencyKey: strings.Repeat("ü", 256)}
	if _, problems := bad.Check(); !cmp.Equal(fields(problems), []string{"amountMicros", "note", "idempotencyKey"}) {
		t.Errorf("%v", problems)
	}
}
