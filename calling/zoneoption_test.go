package calling_test

import (
	"slices"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
)

func TestZoneOptions(t *testing.T) {
	t.Parallel()
	options := map[string]calling.ZoneOption{}
	found := map[string]bool{}
	for _, o := range calling.ZoneOptions() {
		options[o.ID] = o
		found[o.ID] = true
		for _, alias := range o.Aliases {
			found[alias] = true
		}
		if o.Label == "" || slices.Contains(o.Aliases, o.ID) {
			t.Errorf("%+v", o)
		}
	}
	for _, name := range calling.ZoneNames() {
		if !found[name] {
			t.Errorf("%s is neither an option nor an alias of one", name)
		}
	}
	winter, summer := time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC), time.Date(2027, 7, 15, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		id, label      string
		aliases        []string
		winter, summer int
	}{
		{"America/New_York", "New York", []string{"US/Eastern", "United States"}, -300, -240},
		{"Asia/Kolkata", "Kolkata", []string{"Asia/Calcutta", "India"}, 330, 330},
		{"Asia/Kathmandu", "Kathmandu", []string{"Asia/Katmandu", "Nepal"}, 345, 345},
		{"America/Indiana/Knox", "Knox, Indiana", []string{"America/Knox_IN"}, -360, -300},
		{"America/Argentina/Buenos_Aires", "Buenos Aires", []string{"America/Buenos_Aires", "Argentina"}, -180, -180},
		{"Europe/London", "London", []string{"Britain (UK)", "GB"}, 0, 60},
		{"Europe/Zagreb", "Zagreb", []string{"Croatia"}, 60, 120},
		{"UTC", "UTC", []string{"Etc/UTC", "Zulu"}, 0, 0},
		{"Etc/GMT+5", "UTC-5", nil, -300, -300},
	} {
		o, ok := options[test.id]
		if !ok || o.Label != test.label || o.OffsetMinutes(winter) != test.winter || o.OffsetMinutes(summer) != test.summer {
			t.Errorf("%s: %+v, %d in winter, %d in summer", test.id, o, o.OffsetMinutes(winter), o.OffsetMinutes(summer))
		}
		for _, alias := range test.aliases {
			if !slices.Contains(o.Aliases, alias) {
				t.Errorf("%s is not found as %s: %v", test.id, alias, o.Aliases)
			}
		}
	}
}
