package calling_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
)

func load(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := calling.LoadZone(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func TestParseStartTimeReads(t *testing.T) {
	t.Parallel()
	const nine = "2027-02-28T14:00:00Z" // nine o'clock in New York
	for text, want := range map[string]string{
		"2027-02-28T09:00:00":                 nine,
		"2027-02-28T09:00":                    nine,
		"2027-02-28 09:00:00":                 nine,
		"2027-02-28t09:00:00":                 nine,
		"  2027-02-28T09:00:00\r\n":           nine,
		"2027-02-28T09:00:00.000":             nine,
		"2027-02-28T09:00:00.5":               "2027-02-28T14:00:00.5Z",
		"2027-02-28T09:00:00,25":              "2027-02-28T14:00:00.25Z",
		"2027-02-28T09:00:00.123456789":       "2027-02-28T14:00:00.123456789Z",
		"2027-02-28T14:00:00Z":                nine,
		"2027-02-28T14:00Z":                   nine,
		"2027-02-28t14:00:00z":                nine,
		"2027-02-28T14:00:00.000Z":            nine,
		"2027-02-28T09:00:00-05:00":           nine,
		"2027-02-28T09:00:00-0500":            nine,
		"2027-02-28T09:00:00-05":              nine,
		"2027-02-28T09:00-05:00":              nine,
		"2027-02-28T19:30:00+05:30":           nine,
		"2027-03-01T03:59:00.000+13:59":       nine,
		"2027-02-28T14:00:00-00:00":           nine,
		"2027-02-28T14:00:00+00:00":           nine,
		"2028-02-29T00:00:00Z":                "2028-02-29T00:00:00Z",
		"2027-12-31T23:59:59Z":                "2027-12-31T23:59:59Z",
		"2027-12-31T23:59:59-01:00":           "2028-01-01T00:59:59Z",
		"2027-03-14T02:30:00-05:00":           "2027-03-14T07:30:00Z", // in no gap: an offset decides
		"2027-02-28T09:00:00.1234567891234":   "2027-02-28T14:00:00.123456789Z",
		"2027-02-28T09:00:00.999999999-05:00": "2027-02-28T14:00:00.999999999Z",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := calling.ParseStartTime(text, load(t, "America/New_York"))
			if err != nil {
				t.Fatal(err)
			}
			if s := got.At.UTC().Format(time.RFC3339Nano); s != want || got.Kind != calling.WallNormal {
				t.Errorf("is %s (%s), want %s", s, got.Kind, want)
			}
			if got.At.Location().String() != "America/New_York" {
				t.Errorf("is in %s", got.At.Location())
			}
		})
	}
}

func TestParseStartTimeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "now", "tomorrow", "2027", "2027-02-28", "2027-02-28T", "2027-02-28T09", "2027-02-28T09Z",
		"09:00:00", "1803805200", "1803805200000", "1.8038052e9", "20270228T090000Z", "2027-059T09:00:00Z", "2027-W08-7T09:00:00Z",
		"2027-2-28T09:00:00", "27-02-28T09:00:00", "02/28/2027 09:00", "2027/02/28T09:00:00", "+2027-02-28T09:00:00Z", "12027-02-28T09:00:00Z",
		"-2027-02-28T09:00:00Z", "Sun, 28 Feb 2027 09:00:00 GMT", "2027-02-28T9:00:00", "2027-02-28T09:0", "2027-02-28T09:00:0", "2027-02-28T090000",
		"2027-02-29T09:00:00", "2027-02-30T09:00:00", "2027-13-01T09:00:00", "2027-00-01T09:00:00", "2027-01-00T09:00:00",
		"2027-02-28T24:00:00", "2027-02-28T25:00:00", "2027-02-28T09:60:00", "2027-02-28T09:00:60", "2027-02-28T23:59:60Z",
		"2027-02-28T09:00:00.", "2027-02-28T09:00:00.Z", "2027-02-28T09:00.5", "2027-02-28T09.5", "2027-02-28T09:00:00.5.5", "2027-02-28T09:00:00.5,5",
		"2027-02-28T09:00:00 Z", "2027-02-28T09:00:00 -05:00", "2027-02-28T09:00:00ZZ", "2027-02-28T09:00:00Zulu", "2027-02-28T09:00:00Z+05:00",
		"2027-02-28T09:00:00Z05:30", "2027-02-28T09:00:00Z0530", "2027-02-28T09:00:00z05", // no sign: east or west?
		"2027-02-28T09:00:00+", "2027-02-28T09:00:00-", "2027-02-28T09:00:00+5", "2027-02-28T09:00:00+530", "2027-02-28T09:00:00+05:3",
		"2027-02-28T09:00:00+05:", "2027-02-28T09:00:00+05:300", "2027-02-28T09:00:00+05:30:00", "2027-02-28T09:00:00+24:00", "2027-02-28T09:00:00+05:60",
		"2027-02-28T09:00:00++05:00", "2027-02-28T09:00:00+-5:00", "2027-02-28T09:00:00+05-00", "2027-02-28T09:00:00\u221205:00",
		"2027-02-28T09:00:00EST", "2027-02-28T09:00:00-05:00[America/New_York]", "2027-02-28T09:00:00Z\x00",
		"２０２７-02-28T09:00:00", "2027-02-28T0９:00:00", "2027\u201102\u201128T09:00:00", "2027-02-28T09:00:00\u00a0x", "2027-02-28\u00a009:00:00",
		"\xff\xfe\x00", strings.Repeat("2027-02-28T09:00:00", 1000),
	} {
		t.Run(calling.Quote(text), func(t *testing.T) {
			t.Parallel()
			got, err := calling.ParseStartTime(text, time.UTC)
			if err == nil {
				t.Fatalf("is read as %s", got.At)
			}
			want := "scheduledStartTime " + calling.Quote(text) +
				" must be an ISO 8601 date and time such as 2027-02-28T09:00:00 or 2027-02-28T09:00:00-05:00."
			if err.Code != calling.CodeInvalidRequest || err.Detail != want {
				t.Errorf("says %v, want %s", err, want)
			}
		})
	}
}

func FuzzParseStartTime(f *testing.F) {
	for _, text := range []string{
		"2027-02-28T09:00:00", "2027-03-14T02:30:00.5", "2027-11-07T01:30", "2027-02-28T09:00:00Z", "2027-02-28 09:00:00,25-05:30",
		"2027-02-28T09:00:00Z05:30", "2027-02-28", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2027-02-28T09:00:00+",
	} {
		f.Add(text, uint16(300))
	}
	names := calling.ZoneNames()
	f.Fuzz(func(t *testing.T, text string, place uint16) {
		zone := load(t, names[int(place)%len(names)])
		got, err := calling.ParseStartTime(text, zone)
		if err != nil {
			if err.Code != calling.CodeInvalidRequest {
				t.Errorf("refused as %s", err.Code)
			}
			return
		}
		if year := got.At.UTC().Year(); year < 1 || year > 9998 {
			return // what is written back has no four digits
		}
		written := got.At.UTC().Format(time.RFC3339Nano)
		again, err := calling.ParseStartTime(written, zone)
		if err != nil || !again.At.Equal(got.At) || again.Kind != calling.WallNormal {
			t.Errorf("%q in %s is %s, which is read back as %s (%s): %v", text, zone, written, again.At, again.Kind, err)
		}
		if got.Kind == calling.WallNormal || got.At.Year() < 2000 {
			return
		}
		// What was on a wall is read back from the wall.
		wall := got.At.Format("2006-01-02T15:04:05.999999999")
		again, err = calling.ParseStartTime(wall, zone)
		if err != nil || !again.At.Equal(got.At) {
			t.Errorf("%q in %s is %s (%s), which is read back as %s: %v", text, zone, got.At, got.Kind, again.At, err)
		}
	})
}

func TestResolveWall(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		zone, wall, want string
		kind             calling.WallKind
	}{
		{"UTC", "2027-03-14 02:30:00", "2027-03-14T02:30:00Z", calling.WallNormal},
		{"Asia/Kolkata", "2027-03-14 02:30:00", "2027-03-13T21:00:00Z", calling.WallNormal},

		// An hour skipped at two in the morning.
		{"America/New_York", "2027-03-14 01:59:59", "2027-03-14T06:59:59Z", calling.WallNormal},
		{"America/New_York", "2027-03-14 02:00:00", "2027-03-14T07:00:00Z", calling.WallGap},
		{"America/New_York", "2027-03-14 02:30:00", "2027-03-14T07:30:00Z", calling.WallGap},
		{"America/New_York", "2027-03-14 02:59:59", "2027-03-14T07:59:59Z", calling.WallGap},
		{"America/New_York", "2027-03-14 03:00:00", "2027-03-14T07:00:00Z", calling.WallNormal},
		{"America/New_York", "2027-03-13 02:30:00", "2027-03-13T07:30:00Z", calling.WallNormal},
		{"America/New_York", "2027-03-15 02:30:00", "2027-03-15T06:30:00Z", calling.WallNormal},

		// An hour repeated at two in the morning.
		{"America/New_York", "2027-11-07 00:59:59", "2027-11-07T04:59:59Z", calling.WallNormal},
		{"America/New_York", "2027-11-07 01:00:00", "2027-11-07T05:00:00Z", calling.WallOverlap},
		{"America/New_York", "2027-11-07 01:59:59", "2027-11-07T05:59:59Z", calling.WallOverlap},
		{"America/New_York", "2027-11-07 02:00:00", "2027-11-07T07:00:00Z", calling.WallNormal},

		// East of Greenwich, where the transition is on another day in UTC.
		{"Australia/Sydney", "2027-10-03 02:30:00", "2027-10-02T16:30:00Z", calling.WallGap},
		{"Australia/Sydney", "2027-04-04 02:30:00", "2027-04-03T15:30:00Z", calling.WallOverlap},

		// Half an hour.
		{"Australia/Lord_Howe", "2027-10-03 01:59:59", "2027-10-02T15:29:59Z", calling.WallNormal},
		{"Australia/Lord_Howe", "2027-10-03 02:00:00", "2027-10-02T15:30:00Z", calling.WallGap},
		{"Australia/Lord_Howe", "2027-10-03 02:15:00", "2027-10-02T15:45:00Z", calling.WallGap}, // 02:45
		{"Australia/Lord_Howe", "2027-10-03 02:30:00", "2027-10-02T15:30:00Z", calling.WallNormal},
		{"Australia/Lord_Howe", "2027-04-04 01:29:59", "2027-04-03T14:29:59Z", calling.WallNormal},
		{"Australia/Lord_Howe", "2027-04-04 01:30:00", "2027-04-03T14:30:00Z", calling.WallOverlap},
		{"Australia/Lord_Howe", "2027-04-04 01:59:59", "2027-04-03T14:59:59Z", calling.WallOverlap},
		{"Australia/Lord_Howe", "2027-04-04 02:00:00", "2027-04-03T15:30:00Z", calling.WallNormal},

		// Two hours, at one in the morning.
		{"Antarctica/Troll", "2027-03-28 02:30:00", "2027-03-28T02:30:00Z", calling.WallGap}, // 04:30

		// At midnight: the day has no beginning.
		{"Africa/Cairo", "2027-04-30 00:00:00", "2027-04-29T22:00:00Z", calling.WallGap}, // 01:00
		{"America/Santiago", "2027-09-05 00:30:00", "2027-09-05T04:30:00Z", calling.WallGap},

		// Morocco is back for the month of Ramadan.
		{"Africa/Casablanca", "2027-02-07 02:30:00", "2027-02-07T01:30:00Z", calling.WallOverlap},
		{"Africa/Casablanca", "2027-03-14 02:30:00", "2027-03-14T02:30:00Z", calling.WallGap},
		{"Africa/Casablanca", "2027-02-20 02:30:00", "2027-02-20T02:30:00Z", calling.WallNormal},

		// Samoa went without a whole day.
		{"Pacific/Apia", "2011-12-29 23:59:59", "2011-12-30T09:59:59Z", calling.WallNormal},
		{"Pacific/Apia", "2011-12-30 00:00:00", "2011-12-30T10:00:00Z", calling.WallGap}, // the 31st
		{"Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30T22:00:00Z", calling.WallGap},
		{"Pacific/Apia", "2011-12-30 23:59:59", "2011-12-31T09:59:59Z", calling.WallGap},
		{"Pacific/Apia", "2011-12-31 00:00:00", "2011-12-30T10:00:00Z", calling.WallNormal},
		{"Pacific/Apia", "2027-06-01 12:00:00", "2027-05-31T23:00:00Z", calling.WallNormal},
	} {
		t.Run(row.zone+" "+row.wall, func(t *testing.T) {
			t.Parallel()
			asked, err := time.Parse(time.DateTime, row.wall)
			if err != nil {
				t.Fatal(err)
			}
			got := calling.ResolveWall(wallOf(asked), load(t, row.zone))
			if at := got.At.UTC().Format(time.RFC3339); at != row.want || got.Kind != row.kind {
				t.Errorf("is %s (%s), want %s (%s)", at, got.Kind, row.want, row.kind)
			}
		})
	}
	t.Run("a day 32 is the next month's first", func(t *testing.T) {
		t.Parallel()
		got := calling.ResolveWall(calling.Wall{Year: 2027, Month: 12, Day: 32, Hour: 9}, load(t, "Asia/Tokyo"))
		if at := got.At.UTC().Format(time.RFC3339); at != "2028-01-01T00:00:00Z" {
			t.Errorf("is %s", at)
		}
	})
}

// A wall time is compared with all the instants that show it, found anew from
// every offset its zone has around then.
func TestResolveWallInEveryZone(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for _, name := range calling.ZoneNames() {
		zone := load(t, name)
		for _, asked := range wallTimes(dice, zone) {
			got := calling.ResolveWall(wallOf(asked), zone)
			shown := instantsShowing(asked, zone)
			var wrong string
			switch {
			case len(shown) == 0 && (got.Kind != calling.WallGap || !shows(got.At).After(asked)):
				wrong = "never comes"
			case len(shown) == 1 && (got.Kind != calling.WallNormal || !got.At.Equal(shown[0])):
				wrong = fmt.Sprint("comes once, ", shown)
			case len(shown) > 1 && (got.Kind != calling.WallOverlap || !got.At.Equal(shown[0])):
				wrong = fmt.Sprint("comes twice, ", shown)
			}
			if wrong != "" || shows(got.At).Before(asked) || got.At.Location() != zone {
				t.Errorf("%s in %s is %s (%s) and %s", asked.Format(time.DateTime), name, got.At, got.Kind, wrong)
			}
		}
	}
}

func wallOf(t time.Time) calling.Wall {
	return calling.Wall{
		Year: t.Year(), Month: t.Month(), Day: t.Day(),
		Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Nanosecond: t.Nanosecond(),
	}
}

// shows returns what a clock shows at a moment, as if it were UTC.
func shows(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.Add(time.Duration(offset) * time.Second).UTC()
}

// instantsShowing returns, in order, the instants at which clocks in the zone
// show a wall time.
func instantsShowing(wall time.Time, zone *time.Location) []time.Time {
	var found []time.Time
	for at := wall.Add(-36 * time.Hour); at.Before(wall.Add(36 * time.Hour)); {
		local := at.In(zone)
		_, offset := local.Zone()
		candidate := wall.Add(-time.Duration(offset) * time.Second)
		if shows(candidate.In(zone)).Equal(wall) && !slices.ContainsFunc(found, candidate.Equal) {
			found = append(found, candidate)
		}
		_, end := local.ZoneBounds()
		if end.IsZero() {
			break
		}
		at = end
	}
	slices.SortFunc(found, time.Time.Compare)
	return found
}

// wallTimes returns wall times between 2024 and 2035: some anywhere, most
// within two hours of a change of the zone's clocks.
func wallTimes(dice *rand.Rand, zone *time.Location) []time.Time {
	from := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	until := time.Date(2036, time.January, 1, 0, 0, 0, 0, time.UTC)
	var times []time.Time
	for range 20 {
		times = append(times, from.Add(time.Duration(dice.Int64N(int64(until.Sub(from)/time.Second)))*time.Second))
	}
	for at := from.In(zone); at.Before(until); {
		_, change := at.ZoneBounds()
		if change.IsZero() || change.After(until) {
			break
		}
		for range 4 {
			times = append(times, shows(change).Add(time.Duration(dice.IntN(4*3600)-2*3600)*time.Second))
		}
		at = change
	}
	return times
}

func TestResolveStart(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		text, zone, at string
		kind           calling.WallKind
		codes          []calling.Code
	}{
		{"2027-03-14T02:30", "America/New_York", "2027-03-14T07:30:00Z", calling.WallGap, nil},
		{"2027-11-07T01:30", "America/New_York", "2027-11-07T05:30:00Z", calling.WallOverlap, nil},
		{"2027-06-01T09:00", "Asia/Kathmandu", "2027-06-01T03:15:00Z", calling.WallNormal, nil},
		{"2027-06-01T09:00+02:00", "Asia/Kathmandu", "2027-06-01T07:00:00Z", calling.WallNormal, nil},
		{"2026-06-01T09:00", "UTC", "2026-06-01T09:00:00Z", calling.WallNormal, []calling.Code{calling.CodePastScheduledTime}},
		{"2037-06-01T09:00", "UTC", "2037-06-01T09:00:00Z", calling.WallNormal, []calling.Code{calling.CodeInvalidRequest}},
		{"tomorrow", "UTC", "", "", []calling.Code{calling.CodeInvalidRequest}},
		{"2027-06-01T09:00", "Mars/Base", "", "", []calling.Code{calling.CodeInvalidTimezone}},
		{"", "Mars/Base", "", "", []calling.Code{calling.CodeInvalidTimezone, calling.CodeInvalidRequest}},
	} {
		resolved, problems := calling.ResolveStart(test.text, test.zone, now)
		at, kind := "", calling.WallKind("")
		if resolved != nil {
			at, kind = resolved.At.UTC().Format(time.RFC3339), resolved.Kind
		}
		var codes []calling.Code
		for _, p := range problems {
			codes = append(codes, p.Code)
		}
		if at != test.at || kind != test.kind || !slices.Equal(codes, test.codes) {
			t.Errorf("%s in %s: %s %s %v", test.text, test.zone, at, kind, problems)
		}
	}
}
