package calling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

// fields returns the fields that problems blame.
func fields(problems []calling.Problem) []string {
	blamed := make([]string, 0, len(problems))
	for _, p := range problems {
		blamed = append(blamed, p.Field)
	}
	return blamed
}

func TestCheckReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "  two words \n": 0, strings.Repeat("ä", 500): 0, strings.Repeat("ä", 501): 1, "a\x00b": 1, "\xff": 1,
	} {
		got, problems := calling.CheckReason(text)
		if len(problems) != want || (want == 0 && got != strings.TrimSpace(text)) {
			t.Errorf("%.20q becomes %.20q, %v", text, got, problems)
		}
	}
}

func TestEditCheck(t *testing.T) {
	t.Parallel()
	empty, name, long, none, most := " ", " Spring ", strings.Repeat("x", 1001), 0, 51
	edit, problems := calling.BatchEdit{Name: &name}.Check()
	if len(problems) > 0 || *edit.Name != "Spring" || name != " Spring " {
		t.Errorf("becomes %q, %v", *edit.Name, problems)
	}
	if _, problems := (calling.BatchEdit{}).Check(); len(problems) != 1 {
		t.Errorf("an edit of nothing: %v", problems)
	}
	_, problems = calling.BatchEdit{Name: &empty, Description: &long, ConcurrentCallLimit: &most, MaxAttempts: &none}.Check()
	if diff := cmp.Diff([]string{"name", "description", "concurrentCallLimit", "maxAttempts"}, fields(problems)); diff != "" {
		t.Error(diff)
	}
}

// TestEditSaysWhatCreateSays compares the sentences of both.
func TestEditSaysWhatCreateSays(t *testing.T) {
	t.Parallel()
	empty, long, limit, attempts := "", strings.Repeat("x", 1001), 51, 0
	_, edited := calling.BatchEdit{Name: &empty, Description: &long, ConcurrentCallLimit: &limit, MaxAttempts: &attempts}.Check()
	_, _, created := calling.BatchRequest{
		FromPhoneNumberID: "phone_1", Description: &long, ConcurrentCallLimit: &limit, MaxAttempts: &attempts,
	}.Plan(time.Now())
	if diff := cmp.Diff(created, edited); diff != "" {
		t.Error(diff)
	}
}

func TestNewStart(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	start := func(text, zone string) (time.Time, string, []calling.Warning, []calling.Problem) {
		return calling.NewStart{ScheduledStartTime: &text, Timezone: &zone}.Plan(now, "Asia/Tokyo")
	}
	if at, zone, warnings, problems := (calling.NewStart{}).Plan(now, "Asia/Tokyo"); !at.IsZero() || zone != "Asia/Tokyo" || len(warnings)+len(problems) > 0 {
		t.Errorf("at once: %v %s %v %v", at, zone, warnings, problems)
	}
	if at, zone, _, _ := start("2027-01-02T09:00:00", ""); !at.Equal(time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)) || zone != "Asia/Tokyo" {
		t.Errorf("in the batch job's zone: %v %s", at, zone)
	}
	if at, zone, _, _ := start("2027-01-02T09:00:00", "Europe/Paris"); !at.Equal(time.Date(2027, 1, 2, 8, 0, 0, 0, time.UTC)) || zone != "Europe/Paris" {
		t.Errorf("in another zone: %v %s", at, zone)
	}
	if _, _, warnings, _ := start("2027-03-28T02:30:00", "Europe/Paris"); len(warnings) != 1 || warnings[0].Code != calling.WarnStartInGap {
		t.Errorf("in a gap: %v", warnings)
	}
	for text, code := range map[string]calling.Code{
		"2027-01-01T11:59:59Z": calling.CodePastScheduledTime, "soon": calling.CodeInvalidRequest, "2040-01-01T00:00:00Z": calling.CodeInvalidRequest,
	} {
		if _, _, _, problems := start(text, ""); len(problems) != 1 || problems[0].Code != code {
			t.Errorf("%s: %v", text, problems)
		}
	}
	if _, _, _, problems := start("2027-01-02T09:00:00", "Mars"); len(problems) != 1 || problems[0].Code != calling.CodeInvalidTimezone {
		t.Errorf("on Mars: %v", problems)
	}
}

func TestCheckRetried(t *testing.T) {
	t.Parallel()
	all := []calling.Outcome{calling.OutcomeVoicemail, calling.OutcomeBusy, calling.OutcomeUnknown, calling.OutcomeBusy}
	got, problems := calling.CheckRetried(all)
	want := []calling.Outcome{calling.OutcomeBusy, calling.OutcomeUnknown, calling.OutcomeVoicemail}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 || all[0] != calling.OutcomeVoicemail {
		t.Errorf("%v %s", problems, diff)
	}
	for _, refused := range [][]calling.Outcome{nil, {calling.OutcomeCompleted}, {"LOST"}} {
		if _, problems := calling.CheckRetried(refused); len(problems) != 1 {
			t.Errorf("%v: %v", refused, problems)
		}
	}
}
