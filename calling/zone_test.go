package calling_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
)

func TestZoneNames(t *testing.T) {
	t.Parallel()
	names := calling.ZoneNames()
	t.Run("are sorted and unique", func(t *testing.T) {
		t.Parallel()
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Error("they are not")
		}
	})
	t.Run("load, every one, under their own name", func(t *testing.T) {
		t.Parallel()
		for _, name := range names {
			zone, err := calling.LoadZone(name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if zone.String() != name {
				t.Errorf("%s is called %s", name, zone)
			}
		}
	})
	t.Run("hold zones and links, old and new", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{
			"UTC", "GMT", "Etc/UTC", "Etc/GMT+5", "EST5EDT", "US/Eastern", "Asia/Calcutta", "Asia/Kolkata", "Europe/Kiev", "Europe/Kyiv",
			"America/Argentina/ComodRivadavia", "America/Ciudad_Juarez", "Pacific/Kanton", "Antarctica/Troll", "Africa/Casablanca",
		} {
			if !slices.Contains(names, name) {
				t.Errorf("%s is missing", name)
			}
		}
	})
	t.Run("hold no names of files", func(t *testing.T) {
		t.Parallel()
		for _, name := range names {
			if strings.HasPrefix(name, "posix") || strings.HasPrefix(name, "right/") || strings.ContainsAny(name, ". ") ||
				slices.Contains([]string{"Local", "localtime", "Factory", "tzdata", "zone", "leapseconds"}, name) {
				t.Errorf("%s is listed", name)
			}
		}
	})
}

func TestLoadZone(t *testing.T) {
	t.Parallel()
	zone, err := calling.LoadZone("")
	if err != nil || zone != time.UTC {
		t.Errorf("no name is %v: %v", zone, err)
	}
	for name, meant := range map[string]string{
		"europe/berlin": "did you mean Europe/Berlin?", "utc": "did you mean UTC?", "America/New York ": "did you mean America/New_York?",
		"Berlin": "use a name such as America/New_York or UTC.", "": "",
	} {
		_, err := calling.LoadZone(name)
		if (err == nil) != (meant == "") || err != nil && !strings.HasSuffix(err.Detail, meant) {
			t.Errorf("%q is answered with %v", name, err)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "''",
		"plain":                  "'plain'",
		"it's":                   "'it's'",
		"two\r\nlines\x00\x7f":   "'two  lines  '",
		"next\u0085line":         "'next line'",
		"\xff":                   "'?'",
		strings.Repeat("日", 60):  "'" + strings.Repeat("日", 60) + "'",
		strings.Repeat("日", 61):  "'" + strings.Repeat("日", 60) + "…'",
		strings.Repeat("ab", 99): "'" + strings.Repeat("ab", 30) + "…'",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if got := calling.Quote(text); got != want || !utf8.ValidString(got) {
				t.Errorf("is %s", got)
			}
		})
	}
}
