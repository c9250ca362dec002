package calling_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

// office is open from nine to half past six on two days.
func office(zone string, days ...calling.Weekday) *calling.CallWindow {
	return &calling.CallWindow{Days: days, Opens: "09:00", Closes: "18:30", Timezone: zone}
}

func span(zone, opens, closes string, days ...calling.Weekday) *calling.CallWindow {
	return &calling.CallWindow{Days: days, Opens: opens, Closes: closes, Timezone: zone}
}

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestCallWindowCheck(t *testing.T) {
	t.Parallel()
	const form = " must be a time of day such as 09:00."
	later := problem("callWindow.closes", "callWindow.closes must be later than callWindow.opens.")
	for _, row := range []struct {
		behaviour string
		window    *calling.CallWindow
		want      []calling.Problem
	}{
		{"no window is fine", nil, nil},
		{"hours of an office are fine", office("Europe/London", calling.Monday, calling.Sunday), nil},
		{"a whole day is fine", span("", "00:00", "24:00"), nil},
		{"one minute is fine", span("UTC", "23:59", "24:00"), nil},
		{"a day that is said twice is fine", span("UTC", "09:00", "10:00", calling.Monday, calling.Monday), nil},
		{"hours over midnight are not", span("UTC", "22:00", "06:00"), later},
		{"no time at all is not", span("UTC", "09:00", "09:00"), later},
		{"opening at 24:00 is not", span("UTC", "24:00", "24:00"), later},
		{"one digit is not", span("UTC", "9:00", "18:00"), problem("callWindow.opens", "callWindow.opens"+form)},
		{"seconds are not", span("UTC", "09:00:00", "18:00"), problem("callWindow.opens", "callWindow.opens"+form)},
		{"24:01 is not", span("UTC", "09:00", "24:01"), problem("callWindow.closes", "callWindow.closes"+form)},
		{"25:00 is not", span("UTC", "09:00", "25:00"), problem("callWindow.closes", "callWindow.closes"+form)},
		{"minute 60 is not", span("UTC", "09:00", "17:60"), problem("callWindow.closes", "callWindow.closes"+form)},
		{"signs are not", span("UTC", "+9:00", "18:00"), problem("callWindow.opens", "callWindow.opens"+form)},
		{"other digits are not", span("UTC", "٠٩:00", "18:00"), problem("callWindow.opens", "callWindow.opens"+form)},
		{"nothing is not", span("UTC", "", "18:00"), problem("callWindow.opens", "callWindow.opens"+form)},
		{"a day in lower case is not", span("UTC", "09:00", "18:00", "monday"), problem("callWindow.days", "callWindow.days must hold days such as MONDAY.")},
		{"a zone that is none is not", office("Local"), []calling.Problem{{
			Field: "callWindow.timezone", Code: calling.CodeInvalidTimezone,
			Detail: "'Local' is not an IANA time zone; use a name such as America/New_York or UTC.",
		}}},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(row.want, row.window.Check()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCallWindowNextOpen(t *testing.T) {
	t.Parallel()
	const never = "a year later"
	for _, row := range []struct {
		behaviour string
		window    *calling.CallWindow
		now       string
		opens     string // empty = is open now
	}{
		// 2027-02-01 is a Monday.
		{"without a window it is always open", nil, "2027-02-01T03:00:00Z", ""},
		{"the opening minute is inside", office("UTC"), "2027-02-01T09:00:00Z", ""},
		{"just before it is not", office("UTC"), "2027-02-01T08:59:59.999Z", "2027-02-01T09:00:00Z"},
		{"the last moment is inside", office("UTC"), "2027-02-01T18:29:59.999Z", ""},
		{"the closing minute is not", office("UTC"), "2027-02-01T18:30:00Z", "2027-02-02T09:00:00Z"},
		{"no days are all days", office("UTC"), "2027-02-06T12:00:00Z", ""},

		{"a day that is named is inside", office("UTC", calling.Monday, calling.Thursday), "2027-02-04T12:00:00Z", ""},
		{"the next day that is named comes next", office("UTC", calling.Monday, calling.Thursday), "2027-02-01T18:30:00Z", "2027-02-04T09:00:00Z"},
		{"the same day next week", office("UTC", calling.Monday), "2027-02-01T19:00:00Z", "2027-02-08T09:00:00Z"},
		{"the same day before it opens", office("UTC", calling.Monday), "2027-02-01T01:00:00Z", "2027-02-01T09:00:00Z"},

		{"24:00 is the end of the day", span("UTC", "20:00", "24:00"), "2027-02-01T23:59:59Z", ""},
		{"24:00 is not the next day", span("UTC", "20:00", "24:00"), "2027-02-02T00:00:00Z", "2027-02-02T20:00:00Z"},
		{"whole days follow on each other", span("UTC", "00:00", "24:00", calling.Monday, calling.Tuesday), "2027-02-02T00:00:00Z", ""},
		{"a whole day ends with the day", span("UTC", "00:00", "24:00", calling.Monday), "2027-02-02T00:00:00Z", "2027-02-08T00:00:00Z"},

		{"hours are the zone's", office("Asia/Tokyo"), "2027-02-01T00:00:00Z", ""},
		{"and so they end", office("Asia/Tokyo"), "2027-02-01T09:30:00Z", "2027-02-02T00:00:00Z"},
		{"days are the zone's: Tuesday in Tokyo is Monday here", span("Asia/Tokyo", "00:00", "12:00", calling.Tuesday), "2027-02-01T15:00:00Z", ""},
		{"days are the zone's: Monday in Honolulu is Tuesday here", span("Pacific/Honolulu", "12:00", "24:00", calling.Monday), "2027-02-02T09:59:59Z", ""},
		{"the offset that now is written with does not matter", office("UTC"), "2027-02-01T23:00:00+09:00", ""},

		{"an office opens an hour earlier after clocks go forward", office("America/New_York"), "2027-03-13T23:30:00Z", "2027-03-14T13:00:00Z"},
		{"and an hour later after they go back", office("America/New_York"), "2027-11-06T22:30:00Z", "2027-11-07T14:00:00Z"},
		{"an opening that clocks skip comes as they have moved", span("America/New_York", "02:30", "05:00"), "2027-03-14T06:00:00Z", "2027-03-14T07:00:00Z"},
		{"also when little is left of it", span("America/New_York", "02:15", "03:10"), "2027-03-14T06:00:00Z", "2027-03-14T07:00:00Z"},
		{"a window that clocks skip whole comes the next day", span("America/New_York", "02:00", "03:00"), "2027-03-14T06:00:00Z", "2027-03-15T06:00:00Z"},
		{"or the next week", span("America/New_York", "02:00", "03:00", calling.Sunday), "2027-03-07T08:00:00Z", "2027-03-21T06:00:00Z"},
		{"a window in an hour that is repeated is open", span("America/New_York", "01:00", "02:00"), "2027-11-07T05:30:00Z", ""},
		{"and open again", span("America/New_York", "01:00", "02:00"), "2027-11-07T06:30:00Z", ""},
		{"between the two it waits for the second", span("America/New_York", "01:15", "01:30"), "2027-11-07T05:30:00Z", "2027-11-07T06:15:00Z"},
		{"clocks that go back may open it", span("America/New_York", "00:30", "01:30"), "2027-11-07T05:45:00Z", "2027-11-07T06:00:00Z"},
		{"half an hour skipped", span("Australia/Lord_Howe", "02:10", "02:40"), "2027-10-02T15:00:00Z", "2027-10-02T15:30:00Z"},
		{"a day without its first hour", span("Africa/Cairo", "00:00", "08:00", calling.Friday), "2027-04-29T12:00:00Z", "2027-04-29T22:00:00Z"},
		{"a day that never was", span("Pacific/Apia", "09:00", "17:00", calling.Friday), "2011-12-29T12:00:00Z", "2012-01-05T19:00:00Z"},

		{"a window without sense never opens", span("UTC", "18:00", "09:00"), "2027-02-01T12:00:00Z", never},
		{"nor one without hours", span("UTC", "", ""), "2027-02-01T12:00:00Z", never},
		{"nor one with a zone that is none", office("Local"), "2027-02-01T12:00:00Z", never},
		{"nor one on days that are none", office("UTC", "SOMEDAY"), "2027-02-01T12:00:00Z", never},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			now := instant(t, row.now)
			var want time.Time
			switch row.opens {
			case "":
				want = now
			case never:
				want = now.AddDate(1, 0, 0)
			default:
				want = instant(t, row.opens)
			}
			if got := row.window.Contains(now); got != (row.opens == "") {
				t.Errorf("Contains says %v", got)
			}
			if got := row.window.NextOpen(now); !got.Equal(want) {
				t.Errorf("NextOpen is %s, want %s", got.UTC(), want)
			}
		})
	}
}

// NextOpen is open, not before now, and nothing before it is open, wherever and
// whenever it is asked.
func TestCallWindowNextOpenIsTheFirst(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(3, 4))
	zones := []string{
		"America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Cairo",
		"Antarctica/Troll", "America/Santiago", "Asia/Kolkata", "Pacific/Apia", "America/Havana",
	}
	for range 120 {
		w := randomWindow(dice, zones[dice.IntN(len(zones))])
		times := wallTimes(dice, load(t, w.Timezone))
		now := times[dice.IntN(len(times))].Add(time.Duration(dice.IntN(6)-3) * time.Hour)
		next := w.NextOpen(now)
		if next.Before(now) || !w.Contains(next) {
			t.Errorf("%+v at %s opens at %s, which is not in it", *w, now, next)
		}
		if next.Sub(now) > 15*24*time.Hour {
			t.Errorf("%+v at %s opens only at %s", *w, now, next)
		}
		for _, between := range sample(dice, now, next) {
			if w.Contains(between) {
				t.Fatalf("%+v at %s opens at %s, but is open at %s", *w, now, next, between)
			}
		}
	}
}

func randomWindow(dice *rand.Rand, zone string) *calling.CallWindow {
	opens := dice.IntN(24 * 60)
	if dice.IntN(2) == 0 {
		opens = dice.IntN(4 * 60) // where clocks are changed
	}
	closes := opens + 1 + dice.IntN(min(24*60-opens, 3*60))
	w := span(zone, fmt.Sprintf("%02d:%02d", opens/60, opens%60), fmt.Sprintf("%02d:%02d", closes/60, closes%60))
	for _, day := range calling.Weekday("").Values() {
		if dice.IntN(2) == 0 {
			w.Days = append(w.Days, calling.Weekday(day))
		}
	}
	return w
}

// sample returns moments from one until just before the other: all minutes of
// the first and last hours, and some between.
func sample(dice *rand.Rand, from, until time.Time) []time.Time {
	if !until.After(from) {
		return nil
	}
	moments := []time.Time{until.Add(-time.Nanosecond)}
	for i := range 75 {
		moments = append(moments, from.Add(time.Duration(i)*time.Minute), until.Add(-time.Duration(i+1)*time.Minute),
			from.Add(time.Duration(dice.Int64N(int64(until.Sub(from))))))
	}
	within := moments[:0]
	for _, at := range moments {
		if !at.Before(from) && at.Before(until) {
			within = append(within, at)
		}
	}
	return within
}
