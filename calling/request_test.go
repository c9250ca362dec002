package calling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

// february is the moment at which these tests plan.
func february() time.Time { return time.Date(2027, time.February, 1, 12, 0, 0, 0, time.UTC) }

func request(change func(*calling.BatchRequest)) calling.BatchRequest {
	r := calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: "Renewals"}
	change(&r)
	return r
}

func unchanged(*calling.BatchRequest) {}

func problem(field, detail string) []calling.Problem {
	return []calling.Problem{{Field: field, Code: calling.CodeInvalidRequest, Detail: detail}}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	const (
		nameControl = "name must not hold control characters."
		phoneNeeded = "fromPhoneNumberId is required."
		notText     = "description must be UTF-8 text without NUL characters."
		start       = "scheduledStartTime"
		form        = " must be an ISO 8601 date and time such as 2027-02-28T09:00:00 or 2027-02-28T09:00:00-05:00."
	)
	past := func(at string) []calling.Problem {
		return []calling.Problem{{
			Field: start, Code: calling.CodePastScheduledTime,
			Detail: "Scheduled time " + at + " is in the past; it is now 2027-02-01T12:00:00Z.",
		}}
	}
	zoneBut := func(name, advice string) []calling.Problem {
		return []calling.Problem{{
			Field: "timezone", Code: calling.CodeInvalidTimezone, Detail: "'" + name + "' is not an IANA time zone; " + advice,
		}}
	}
	zone := func(name string) []calling.Problem {
		return zoneBut(name, "use a name such as America/New_York or UTC.")
	}
	number := func(id string) func(*calling.BatchRequest) {
		return func(r *calling.BatchRequest) { r.FromPhoneNumberID = id }
	}
	name := func(s string) func(*calling.BatchRequest) { return func(r *calling.BatchRequest) { r.Name = s } }
	description := func(s string) func(*calling.BatchRequest) {
		return func(r *calling.BatchRequest) { r.Description = &s }
	}
	limit := func(n int) func(*calling.BatchRequest) {
		return func(r *calling.BatchRequest) { r.ConcurrentCallLimit = &n }
	}
	attempts := func(n int) func(*calling.BatchRequest) { return func(r *calling.BatchRequest) { r.MaxAttempts = &n } }
	at := func(text string) func(*calling.BatchRequest) {
		return func(r *calling.BatchRequest) { r.ScheduledStartTime = &text }
	}
	in := func(zone string) func(*calling.BatchRequest) {
		return func(r *calling.BatchRequest) { r.Timezone = &zone }
	}

	for _, row := range []struct {
		behaviour string
		change    func(*calling.BatchRequest)
		want      []calling.Problem
	}{
		{"a missing phone number", number(""), problem("fromPhoneNumberId", phoneNeeded)},
		{"a blank phone number", number(" \t\u00a0"), problem("fromPhoneNumberId", phoneNeeded)},
		{"control characters in the phone number", number("phone\x00abc"), problem("fromPhoneNumberId", "fromPhoneNumberId must not hold control characters.")},

		{"a missing name", name(""), problem("name", "name is required.")},
		{"a name of spaces", name("  \t\n\u3000"), problem("name", "name is required.")},
		{"a name of 201 characters", name(strings.Repeat("x", 201)), problem("name", "name must have at most 200 characters; it has 201.")},
		{"a name of 201 characters of many bytes", name(strings.Repeat("日", 201)), problem("name", "name must have at most 200 characters; it has 201.")},
		{"a line break inside a name", name("two\nlines"), problem("name", nameControl)},
		{"a NUL inside a name", name("a\x00b"), problem("name", nameControl)},
		{"a C1 control character inside a name", name("a\u0085b"), problem("name", nameControl)},
		{"a name that is not UTF-8", name("a\xffb"), problem("name", nameControl)},

		{"a description of 1001 characters", description(strings.Repeat("é", 1001)), problem("description", "description must have at most 1000 characters; it has 1001.")},
		{"a NUL inside a description", description("a\x00b"), problem("description", notText)},
		{"a description that is not UTF-8", description("\xc3"), problem("description", notText)},

		{"no call at once", limit(0), problem("concurrentCallLimit", "concurrentCallLimit must be between 1 and 50; it is 0.")},
		{"51 calls at once, without clamping", limit(51), problem("concurrentCallLimit", "concurrentCallLimit must be between 1 and 50; it is 51.")},
		{"a negative limit", limit(-5), problem("concurrentCallLimit", "concurrentCallLimit must be between 1 and 50; it is -5.")},
		{"no attempt", attempts(0), problem("maxAttempts", "maxAttempts must be between 1 and 10; it is 0.")},
		{"11 attempts", attempts(11), problem("maxAttempts", "maxAttempts must be between 1 and 10; it is 11.")},

		{"the loader's Local", in("Local"), zone("Local")},
		{"the file localtime", in("localtime"), zone("localtime")},
		{"the file posixrules", in("posixrules"), zone("posixrules")},
		{"the placeholder Factory", in("Factory"), zone("Factory")},
		{"a path", in("../UTC"), zone("../UTC")},
		{"a path through a zone", in("America/../UTC"), zone("America/../UTC")},
		{"an absolute path", in("/etc/localtime"), zone("/etc/localtime")},
		{"a folder of zones", in("America"), zone("America")},
		{"a zone in lower case", in("america/new_york"), zoneBut("america/new_york", "did you mean America/New_York?")},
		{"a zone in upper case", in("EUROPE/LONDON"), zoneBut("EUROPE/LONDON", "did you mean Europe/London?")},
		{"spaces around a zone", in(" UTC "), zoneBut(" UTC ", "did you mean UTC?")},
		{"an abbreviation that is no name", in("PST"), zone("PST")},
		{"an offset for a zone", in("+05:00"), zone("+05:00")},
		{"a POSIX zone", in("EST5EDT4"), zone("EST5EDT4")},
		{"a zone that is not text", in("\xff\x00"), zone("? ")},
		{"a long zone, shortened", in(strings.Repeat("x", 70)), zone(strings.Repeat("x", 60) + "…")},

		{"a start one second ago", at("2027-02-01T11:59:59Z"), past("2027-02-01T11:59:59Z")},
		{"a start a microsecond ago", at("2027-02-01T11:59:59.999999Z"), past("2027-02-01T11:59:59Z")},
		{"a start past by its offset", at("2027-02-01T13:59:59+02:00"), past("2027-02-01T11:59:59Z")},
		{"a date alone", at("2027-02-28"), problem(start, start+" '2027-02-28'"+form)},
		{"a Unix time", at("1803805200"), problem(start, start+" '1803805200'"+form)},
		{"a day that does not exist", at("2027-02-29T09:00:00"), problem(start, start+" '2027-02-29T09:00:00'"+form)},
		{"a start a second more than ten years ahead", at("2037-02-01T12:00:01Z"), problem(start, start+" '2037-02-01T12:00:01Z' is more than ten years ahead.")},
		{"a start in another age", at("9999-12-31T23:59:59Z"), problem(start, start+" '9999-12-31T23:59:59Z' is more than ten years ahead.")},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			_, warnings, problems := request(row.change).Plan(february())
			if diff := cmp.Diff(row.want, problems); diff != "" {
				t.Error(diff)
			}
			if len(warnings) > 0 {
				t.Errorf("it also warns: %v", warnings)
			}
		})
	}
}

func TestPlanAccepts(t *testing.T) {
	t.Parallel()
	plan := func(change func(*calling.BatchPlan)) calling.BatchPlan {
		p := calling.BatchPlan{
			FromPhoneNumberID: "phone_abc123", Name: "Renewals",
			ConcurrentCallLimit: 5, MaxAttempts: 3, Timezone: "UTC",
		}
		change(&p)
		return p
	}
	hundreds := strings.Repeat("日", 200)
	long := strings.Repeat("é", 1000)
	for _, row := range []struct {
		behaviour string
		change    func(*calling.BatchRequest)
		want      calling.BatchPlan
		warnings  []calling.Warning
	}{
		{"defaults where nothing is said", unchanged, plan(func(*calling.BatchPlan) {}), nil},
		{
			"the phone number without the spaces around it", func(r *calling.BatchRequest) { r.FromPhoneNumberID = " phone_abc123\n" },
			plan(func(*calling.BatchPlan) {}), nil,
		},
		{
			"the name without the spaces around it", func(r *calling.BatchRequest) { r.Name = "\t Renewals in May \u00a0\r\n" },
			plan(func(p *calling.BatchPlan) { p.Name = "Renewals in May" }), nil,
		},
		{
			"a name of 200 characters, however many bytes and spaces", func(r *calling.BatchRequest) { r.Name = " " + hundreds + " " },
			plan(func(p *calling.BatchPlan) { p.Name = hundreds }), nil,
		},
		{
			"a name of one character", func(r *calling.BatchRequest) { r.Name = "R" },
			plan(func(p *calling.BatchPlan) { p.Name = "R" }), nil,
		},
		{
			"a description of 1000 characters, with line breaks", func(r *calling.BatchRequest) { d := long[:998*2] + "\n\n"; r.Description = &d },
			plan(func(p *calling.BatchPlan) { p.Description = long[:998*2] + "\n\n" }), nil,
		},
		{
			"an empty description", func(r *calling.BatchRequest) { r.Description = new(string) },
			plan(func(*calling.BatchPlan) {}), nil,
		},
		{
			"the smallest limits", func(r *calling.BatchRequest) { one := 1; r.ConcurrentCallLimit, r.MaxAttempts = &one, &one },
			plan(func(p *calling.BatchPlan) { p.ConcurrentCallLimit, p.MaxAttempts = 1, 1 }), nil,
		},
		{
			"the largest limits", func(r *calling.BatchRequest) {
				fifty, ten := 50, 10
				r.ConcurrentCallLimit, r.MaxAttempts = &fifty, &ten
			},
			plan(func(p *calling.BatchPlan) { p.ConcurrentCallLimit, p.MaxAttempts = 50, 10 }), nil,
		},
		{
			"an empty time zone as UTC", func(r *calling.BatchRequest) { r.Timezone = new(string) },
			plan(func(*calling.BatchPlan) {}), nil,
		},
		{
			"a link of the zone list", func(r *calling.BatchRequest) { zone := "US/Eastern"; r.Timezone = &zone },
			plan(func(p *calling.BatchPlan) { p.Timezone = "US/Eastern" }), nil,
		},
		{
			"an empty start as at once", func(r *calling.BatchRequest) { at := " "; r.ScheduledStartTime = &at },
			plan(func(*calling.BatchPlan) {}), nil,
		},
		{
			"a start now", func(r *calling.BatchRequest) { at := "2027-02-01T12:00:00Z"; r.ScheduledStartTime = &at },
			plan(func(p *calling.BatchPlan) { p.StartAt = february() }), nil,
		},
		{
			"a start in ten years", func(r *calling.BatchRequest) { at := "2037-02-01T12:00:00Z"; r.ScheduledStartTime = &at },
			plan(func(p *calling.BatchPlan) { p.StartAt = february().AddDate(10, 0, 0) }), nil,
		},
		{
			"a start on the wall of the time zone, as UTC", func(r *calling.BatchRequest) {
				at, zone := "2027-02-28T09:00:00", "America/New_York"
				r.ScheduledStartTime, r.Timezone = &at, &zone
			},
			plan(func(p *calling.BatchPlan) {
				p.Timezone = "America/New_York"
				p.StartAt = time.Date(2027, time.February, 28, 14, 0, 0, 0, time.UTC)
			}), nil,
		},
		{
			"an offset before the time zone", func(r *calling.BatchRequest) {
				at, zone := "2027-02-28T09:00:00+09:00", "America/New_York"
				r.ScheduledStartTime, r.Timezone = &at, &zone
			},
			plan(func(p *calling.BatchPlan) {
				p.Timezone = "America/New_York"
				p.StartAt = time.Date(2027, time.February, 28, 0, 0, 0, 0, time.UTC)
			}), nil,
		},
		{
			"a start in whole microseconds", func(r *calling.BatchRequest) { at := "2027-02-28T09:00:00.123456789Z"; r.ScheduledStartTime = &at },
			plan(func(p *calling.BatchPlan) {
				p.StartAt = time.Date(2027, time.February, 28, 9, 0, 0, 123_456_000, time.UTC)
			}), nil,
		},
		{
			"a start that clocks skip, with a warning", func(r *calling.BatchRequest) {
				at, zone := "2027-03-14T02:30:00", "America/New_York"
				r.ScheduledStartTime, r.Timezone = &at, &zone
			},
			plan(func(p *calling.BatchPlan) {
				p.Timezone = "America/New_York"
				p.StartAt = time.Date(2027, time.March, 14, 7, 30, 0, 0, time.UTC)
			}),
			[]calling.Warning{{
				Code: calling.WarnStartInGap,
				Detail: "'2027-03-14T02:30:00' does not exist in America/New_York because clocks go forward; " +
					"the batch job starts at 03:30:00 EDT (2027-03-14T07:30:00Z).",
			}},
		},
		{
			"a start that comes twice, with a warning", func(r *calling.BatchRequest) {
				at, zone := "2027-11-07T01:30:00", "America/New_York"
				r.ScheduledStartTime, r.Timezone = &at, &zone
			},
			plan(func(p *calling.BatchPlan) {
				p.Timezone = "America/New_York"
				p.StartAt = time.Date(2027, time.November, 7, 5, 30, 0, 0, time.UTC)
			}),
			[]calling.Warning{{
				Code: calling.WarnStartInOverlap,
				Detail: "'2027-11-07T01:30:00' comes twice in America/New_York because clocks go back; " +
					"the batch job starts at the first, 01:30:00 EDT (2027-11-07T05:30:00Z).",
			}},
		},
		{
			"no warning where an offset says which of the two is meant", func(r *calling.BatchRequest) {
				at, zone := "2027-11-07T01:30:00-05:00", "America/New_York"
				r.ScheduledStartTime, r.Timezone = &at, &zone
			},
			plan(func(p *calling.BatchPlan) {
				p.Timezone = "America/New_York"
				p.StartAt = time.Date(2027, time.November, 7, 6, 30, 0, 0, time.UTC)
			}), nil,
		},
		{
			"a call window, in the batch job's zone unless it has its own", func(r *calling.BatchRequest) {
				zone := "Asia/Tokyo"
				r.Timezone, r.CallWindow = &zone, &calling.CallWindow{Opens: "09:00", Closes: "18:00"}
			},
			plan(func(p *calling.BatchPlan) {
				p.Timezone = "Asia/Tokyo"
				p.CallWindow = &calling.CallWindow{Opens: "09:00", Closes: "18:00", Timezone: "Asia/Tokyo"}
			}), nil,
		},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			got, warnings, problems := request(row.change).Plan(february())
			if len(problems) > 0 {
				t.Fatalf("refused: %v", problems)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(row.warnings, warnings); diff != "" {
				t.Error(diff)
			}
			if got.StartAt.Location() != time.UTC {
				t.Errorf("the start is in %s", got.StartAt.Location())
			}
		})
	}
}

func TestPlanNamesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	zero, zone, at := 0, "Mars/Phobos", "tomorrow"
	long := strings.Repeat("x", 1001)
	_, _, problems := calling.BatchRequest{
		Name: "a\x01" + strings.Repeat("x", 200), Description: &long, ConcurrentCallLimit: &zero, MaxAttempts: &zero,
		Timezone: &zone, ScheduledStartTime: &at,
		CallWindow: &calling.CallWindow{Opens: "nine", Closes: "25:00", Days: []calling.Weekday{"MONDAY", "Someday"}, Timezone: "Local"},
	}.Plan(february())

	type fault struct {
		Field string
		Code  calling.Code
	}
	var got []fault
	for _, p := range problems {
		got = append(got, fault{p.Field, p.Code})
	}
	want := []fault{
		{"fromPhoneNumberId", calling.CodeInvalidRequest},
		{"name", calling.CodeInvalidRequest}, // control character
		{"name", calling.CodeInvalidRequest}, // length
		{"description", calling.CodeInvalidRequest},
		{"concurrentCallLimit", calling.CodeInvalidRequest},
		{"maxAttempts", calling.CodeInvalidRequest},
		{"timezone", calling.CodeInvalidTimezone},
		{"scheduledStartTime", calling.CodeInvalidRequest},
		{"callWindow.opens", calling.CodeInvalidRequest},
		{"callWindow.closes", calling.CodeInvalidRequest},
		{"callWindow.days", calling.CodeInvalidRequest},
		{"callWindow.timezone", calling.CodeInvalidTimezone},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	t.Run("as one error with the first code and every sentence", func(t *testing.T) {
		t.Parallel()
		err := calling.Problems(problems)
		if calling.CodeOf(err) != calling.CodeInvalidRequest {
			t.Errorf("the code is %s", calling.CodeOf(err))
		}
		for _, p := range problems {
			if !strings.Contains(err.Error(), p.Detail) || !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%q lacks the sentence %q", err, p.Detail)
			}
		}
	})
	t.Run("and no error without problems", func(t *testing.T) {
		t.Parallel()
		if err := calling.Problems(nil); err != nil {
			t.Error(err)
		}
	})
}

func TestPlanBlamesOnlyWhatIsWrong(t *testing.T) {
	t.Parallel()
	zone, past := "Mars/Phobos", "2020-01-01T00:00:00Z"
	for _, row := range []struct {
		behaviour string
		change    func(*calling.BatchRequest)
		want      []string // fields
	}{
		{"a start that would be past anywhere", func(r *calling.BatchRequest) { r.Timezone, r.ScheduledStartTime = &zone, &past }, []string{"timezone"}},
		{"a start that may be right in the zone meant", func(r *calling.BatchRequest) {
			at := "2027-02-01T10:00:00" // not past yet in America
			r.Timezone, r.ScheduledStartTime = &zone, &at
		}, []string{"timezone"}},
		{"a window that takes the batch job's bad zone", func(r *calling.BatchRequest) {
			r.Timezone, r.CallWindow = &zone, &calling.CallWindow{Opens: "09:00", Closes: "18:00"}
		}, []string{"timezone"}},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			_, warnings, problems := request(row.change).Plan(february())
			got := []string{}
			for _, p := range problems {
				got = append(got, p.Field)
			}
			if diff := cmp.Diff(row.want, got); diff != "" || len(warnings) > 0 {
				t.Error(diff, warnings)
			}
		})
	}
}

func TestPlanLeavesTheRequestAlone(t *testing.T) {
	t.Parallel()
	window := &calling.CallWindow{Opens: "09:00", Closes: "18:00"}
	zone := "Asia/Tokyo"
	_, _, _ = request(func(r *calling.BatchRequest) { r.CallWindow, r.Timezone = window, &zone }).Plan(february())
	if window.Timezone != "" {
		t.Errorf("the request's window is now in %s", window.Timezone)
	}
}
