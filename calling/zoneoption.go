package calling

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed zoneoptions.txt
var zoneOptionList string

// ZoneOption is a time zone to choose.
type ZoneOption struct {
	ID      string   // IANA name
	Label   string   // for people: "New York", "Knox, Indiana", "UTC-5"
	Aliases []string // names that link to it, and its countries' names

	location *time.Location
}

// OffsetMinutes returns the zone's offset at a moment, east of UTC.
func (o ZoneOption) OffsetMinutes(at time.Time) int {
	_, seconds := at.In(o.location).Zone()
	return seconds / 60
}

// ZoneOptions returns the time zones to choose, sorted by id. A name of
// ZoneNames is the id of one of them or, being a link, an alias. The slice and
// what is in it are shared and must not be written to.
var ZoneOptions = sync.OnceValue(func() []ZoneOption { //nolint:gochecknoglobals // computed once, never written
	var options []ZoneOption
	for line := range strings.Lines(zoneOptionList) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		location, err := LoadZone(fields[0])
		if err != nil {
			continue // the list is made of the archive that zones are loaded from
		}
		options = append(options, ZoneOption{ID: fields[0], Label: zoneLabel(fields[0]), Aliases: fields[1:], location: location})
	}
	return options
})

// zoneLabel returns what people call a zone.
func zoneLabel(id string) string {
	// The signs of these zones are POSIX's: Etc/GMT+5 is five hours west.
	if hours, ok := strings.CutPrefix(id, "Etc/GMT"); ok {
		return "UTC" + strings.NewReplacer("+", "-", "-", "+").Replace(hours)
	}
	parts := strings.Split(strings.ReplaceAll(id, "_", " "), "/")
	if len(parts) > 1 {
		parts = parts[1:] // the continent or ocean
	}
	slices.Reverse(parts)
	if parts[len(parts)-1] == "Argentina" {
		parts = parts[:len(parts)-1] // the country, which is an alias
	}
	return strings.Join(parts, ", ")
}
