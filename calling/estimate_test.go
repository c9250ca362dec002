package calling_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

func TestEstimateBatch(t *testing.T) {
	t.Parallel()
	const (
		pipeline = calling.Micros(35_000)
		realtime = calling.Micros(70_000)
	)
	for _, row := range []struct {
		contacts, attempts, batchLimit, organizationLimit int
		perCall                                           calling.Micros

		limit                 int
		cost, worst, duration string
	}{
		{100, 3, 5, 20, pipeline, 5, "$3.50", "$10.50", "40 minutes"},
		{100, 3, 5, 20, realtime, 5, "$7.00", "$21.00", "40 minutes"},
		{2, 3, 5, 20, pipeline, 5, "$0.07", "$0.21", "2 minutes"},
		{1, 1, 1, 1, pipeline, 1, "$0.04", "$0.04", "2 minutes"}, // three and a half cents
		{5, 1, 5, 20, pipeline, 5, "$0.18", "$0.18", "2 minutes"},
		{6, 1, 5, 20, pipeline, 5, "$0.21", "$0.21", "4 minutes"},
		{165, 1, 5, 20, pipeline, 5, "$5.78", "$5.78", "1 hour 6 minutes"}, // 5.775
		{161, 1, 5, 20, pipeline, 5, "$5.64", "$5.64", "1 hour 6 minutes"}, // 5.635
		{9750, 1, 5, 20, pipeline, 5, "$341.25", "$341.25", "65 hours"},
		{10_000, 10, 50, 20, realtime, 20, "$700.00", "$7000.00", "16 hours 40 minutes"},
		{10_000, 10, 50, 50, pipeline, 50, "$350.00", "$3500.00", "6 hours 40 minutes"},
		{30, 1, 1, 50, pipeline, 1, "$1.05", "$1.05", "1 hour"},
		{0, 3, 5, 20, pipeline, 5, "$0.00", "$0.00", "0 minutes"},
		{3, 1, 5, 0, pipeline, 1, "$0.11", "$0.11", "6 minutes"}, // an organization without a limit that makes sense
	} {
		t.Run(fmt.Sprint(row.contacts, " contacts at ", row.perCall), func(t *testing.T) {
			t.Parallel()
			e := calling.EstimateBatch(row.contacts, row.attempts, row.batchLimit, row.organizationLimit, row.perCall)
			got := []any{
				e.Contacts, e.EffectiveLimit, calling.FormatUSD(e.CostMicros), calling.FormatUSD(e.WorstCaseCostMicros), calling.FormatDuration(e.Duration),
			}
			want := []any{row.contacts, row.limit, row.cost, row.worst, row.duration}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                           "0 minutes",
		59 * time.Second:            "0 minutes",
		time.Minute:                 "1 minute",
		2 * time.Minute:             "2 minutes",
		40 * time.Minute:            "40 minutes",
		59*time.Minute + 59*1e9:     "59 minutes",
		time.Hour:                   "1 hour",
		time.Hour + time.Minute:     "1 hour 1 minute",
		66 * time.Minute:            "1 hour 6 minutes",
		2*time.Hour + 2*time.Minute: "2 hours 2 minutes",
		65 * time.Hour:              "65 hours",
		20_000 * time.Minute:        "333 hours 20 minutes",
	} {
		t.Run(want+" "+d.String(), func(t *testing.T) {
			t.Parallel()
			if got := calling.FormatDuration(d); got != want {
				t.Errorf("is %q", got)
			}
		})
	}
}

func TestFormatUSD(t *testing.T) {
	t.Parallel()
	for micros, want := range map[calling.Micros]string{
		0:                     "$0.00",
		1:                     "$0.00",
		4_999:                 "$0.00",
		5_000:                 "$0.01",
		14_999:                "$0.01",
		15_000:                "$0.02",
		35_000:                "$0.04",
		994_999:               "$0.99",
		995_000:               "$1.00",
		3_500_000:             "$3.50",
		7 * calling.USD:       "$7.00",
		10_000 * calling.USD:  "$10000.00",
		-4_999:                "-$0.00",
		-5_000:                "-$0.01",
		-3_500_000:            "-$3.50",
		9_000_000_000_000_000: "$9000000000.00",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			if got := calling.FormatUSD(micros); got != want {
				t.Errorf("%d is %q, want %q", micros, got, want)
			}
		})
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 contacts", 1: "1 contact", 2: "2 contacts", 10_000: "10000 contacts"} {
		if got := calling.Plural(n, "contact"); got != want {
			t.Errorf("is %q, want %q", got, want)
		}
	}
}

func TestCallCost(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		perCall calling.Micros
		talk    time.Duration
		want    calling.Micros
	}{
		{35_000, 2 * time.Minute, 35_000},
		{70_000, 2 * time.Minute, 70_000},
		{35_000, 0, 0},
		{35_000, -time.Second, 0},
		{35_000, time.Nanosecond, 292}, // a begun second, and 291.67 rounded up
		{35_000, time.Second, 292},
		{35_000, time.Second + 1, 584},
		{35_000, time.Minute, 17_500},
		{35_000, 2*time.Minute + 1, 35_292},
		{35_000, 30 * time.Minute, 525_000},
		{120, time.Second, 1},
		{1, 119 * time.Second, 1},
		{0, 2 * time.Minute, 0},
	} {
		t.Run(fmt.Sprint(row.talk, " at ", row.perCall), func(t *testing.T) {
			t.Parallel()
			if got := calling.CallCost(row.perCall, row.talk); got != row.want {
				t.Errorf("is %d, want %d", got, row.want)
			}
		})
	}
}

func TestPerCall(t *testing.T) {
	t.Parallel()
	for architecture, want := range map[calling.Architecture]calling.Micros{
		calling.Pipeline: 35_000, calling.Realtime: 70_000, calling.Text: 0, "SOMETHING_NEW": 0,
	} {
		if got := calling.DefaultRates().PerCall(architecture); got != want {
			t.Errorf("a call of %s costs %d, want %d", architecture, got, want)
		}
	}
}
