package calling

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zones travel with the program, so every machine knows the same ones
	"unicode"
)

//go:generate go run ./zonelist

//go:embed zones.txt
var zoneList string

// ZoneNames returns every name of the IANA time zone list, links included,
// sorted. The slice is shared and must not be written to.
var ZoneNames = sync.OnceValue(func() []string { //nolint:gochecknoglobals // computed once, never written
	return strings.Fields(zoneList)
})

// LoadZone returns the time zone with exactly this IANA name; empty means UTC.
// The name is checked against the list itself, because Go's loader also takes
// "Local" and names of files. The error has CodeInvalidTimezone.
func LoadZone(name string) (*time.Location, *Error) {
	if name == "" {
		return time.UTC, nil
	}
	if _, found := slices.BinarySearch(ZoneNames(), name); !found {
		if meant := zoneInAnyCase(name); meant != "" {
			return nil, Errorf(CodeInvalidTimezone, "%s is not an IANA time zone; did you mean %s?", Quote(name), meant)
		}
		return nil, Errorf(CodeInvalidTimezone,
			"%s is not an IANA time zone; use a name such as America/New_York or UTC.", Quote(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, &Error{Code: CodeInvalidTimezone, Detail: "The time zone " + Quote(name) + " cannot be loaded.", Cause: err}
	}
	return zone, nil
}

// zoneInAnyCase returns the time zone whose name differs in case, spaces around it
// or spaces for underscores alone; empty when there is none.
func zoneInAnyCase(name string) string {
	name = strings.ReplaceAll(strings.TrimSpace(name), " ", "_")
	for _, zone := range ZoneNames() {
		if strings.EqualFold(zone, name) {
			return zone
		}
	}
	return ""
}

// Quote puts a value of the caller's into single quotes for a sentence,
// shortened to 60 characters and without control characters.
func Quote(s string) string {
	const most = 60
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return "'" + s + "'"
}
