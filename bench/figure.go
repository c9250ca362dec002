package main

import (
	"fmt"
	"slices"
	"time"
)

// document is what -json writes.
type document struct {
	Machine  string    `json:"machine"`
	Database string    `json:"database"`
	Began    time.Time `json:"began"`
	Figures  []figure  `json:"figures"`
}

// figure is one line of the table: what was measured of the product and of the
// baseline, a value a round.
type figure struct {
	Row      int       `json:"row"`
	Name     string    `json:"name"`
	Unit     string    `json:"unit"`
	Product  []float64 `json:"product"`
	Baseline []float64 `json:"baseline,omitempty"` // same rounds; none where the target is absolute
	Target   float64   `json:"target,omitempty"`   // of the ratio, or of the product's value where there is no baseline; 0 = report only
	AtMost   bool      `json:"atMost,omitempty"`   // the target is an upper bound
	Note     string    `json:"note,omitempty"`

	Median spread `json:"median"` // of what the target is about
	Met    *bool  `json:"met,omitempty"`
}

// spread is a median and what the values lie between.
type spread struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := sorted[len(sorted)/2]
	if len(sorted)%2 == 0 {
		middle = (sorted[len(sorted)/2-1] + middle) / 2
	}
	return spread{middle, sorted[0], sorted[len(sorted)-1]}
}

// quantile returns the value that a share of all are not above.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// sum fills in what follows from the rounds. The ratio is taken in each round, so
// that what disturbs both does not count.
func (f *figure) sum() {
	values := f.Product
	if len(f.Baseline) > 0 {
		values = nil
		for i, p := range f.Product {
			values = append(values, p/f.Baseline[i])
		}
	}
	f.Median = spreadOf(values)
	if f.Target > 0 {
		met := f.Median.Median >= f.Target
		if f.AtMost {
			met = f.Median.Median <= f.Target
		}
		f.Met = &met
	}
}

func printHeader() {
	fmt.Printf("%-3s %-58s %12s %12s %22s %9s\n", "row", "", "Outdial", "baseline", "ratio", "target")
}

func (f *figure) print() {
	baseline, ratio, target := "", "", ""
	if len(f.Baseline) > 0 {
		baseline = number(spreadOf(f.Baseline).Median)
		ratio = fmt.Sprintf("%.3f [%.3f–%.3f]", f.Median.Median, f.Median.Least, f.Median.Most)
	} else if len(f.Product) > 1 {
		ratio = fmt.Sprintf("[%s–%s]", number(f.Median.Least), number(f.Median.Most))
	}
	if f.Target > 0 {
		target = "≥ "
		if f.AtMost {
			target = "≤ "
		}
		target += number(f.Target)
		if !*f.Met {
			target += " ✗"
		}
	}
	fmt.Printf("%-3d %-58s %12s %12s %22s %9s\n", f.Row, f.Name+", "+f.Unit, number(spreadOf(f.Product).Median), baseline, ratio, target)
	if f.Note != "" {
		fmt.Printf("    %s\n", f.Note)
	}
}

// number writes a value with about three figures that mean something.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
