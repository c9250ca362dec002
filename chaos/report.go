package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is what a run found.
type Report struct {
	Plan       Plan
	History    *History
	Folder     string // of logs and journals
	Took       time.Duration
	Settled    time.Duration // from the last mend to the end of everything
	Violations []Violation

	Batches, Contacts, Calls int
	Lost                     int            // creates that no client was told of and that exist
	Faults                   map[string]int // by kind
	Controls                 int            // pauses, resumes and cancels that were done
	Events                   map[string]int // of the observer
	Unknown                  int            // attempts that ended as UNKNOWN
	Peak                     int            // most calls at a time of an organization
	Takeovers                []time.Duration
}

// count fills in the numbers.
func (r *Report) count(h *History) {
	r.Batches, r.Contacts = len(h.State.Batches), len(h.State.Contacts)
	r.Faults, r.Events = map[string]int{}, map[string]int{}
	for _, f := range h.Faults {
		r.Faults[f.Kind]++
	}
	for _, line := range h.Lines {
		r.Events[line.Event]++
	}
	r.Calls = r.Events[eventAccepted]
	for _, c := range h.Controls {
		if c.Done {
			r.Controls++
		}
	}
	for _, a := range h.State.Attempts {
		if a.Outcome == "UNKNOWN" {
			r.Unknown++
		}
	}
	told := map[string]bool{}
	for _, c := range h.Creates {
		told[c.Batch] = true
	}
	for _, b := range h.State.Batches {
		if !told[b.ID] {
			r.Lost++
		}
	}
	r.Takeovers, r.Peak = takeovers(h), h.peak()
}

// takeovers returns how long after the death of its node each call was followed
// by another, or by the next life of the same.
func takeovers(h *History) []time.Duration {
	died := map[string]time.Time{}
	for _, f := range h.Faults {
		if f.Kind == faultKill {
			died[f.Node] = f.At
		}
	}
	last := map[string]string{} // call -> who followed it last
	var all []time.Duration
	for _, line := range h.Lines {
		if line.Key == "" || line.Node == "" {
			continue
		}
		before := last[line.Key]
		if at, dead := died[before]; dead && before != line.Node && line.At.After(at) {
			all = append(all, line.At.Sub(at))
		}
		last[line.Key] = line.Node
	}
	slices.Sort(all)
	return all
}

// Of returns how many violations of one kind there are.
func (r *Report) Of(kind Kind) int {
	n := 0
	for _, v := range r.Violations {
		if v.Kind == kind {
			n++
		}
	}
	return n
}

// String is the report for people.
func (r *Report) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s "+format+"\n", append([]any{name}, args...)...)
	}
	line("seed", "%d", r.Plan.Seed)
	line("took", "%s, and %s from the last mend to the end of everything", r.Took.Round(time.Second), r.Settled.Round(100*time.Millisecond))
	line("batch jobs", "%d with %d contacts, %d of them made although no client was told", r.Batches, r.Contacts, r.Lost)
	line("calls", "%d accepted, at most %d at a time in an organization", r.Calls, r.Peak)
	line("faults", "%s", numbers(r.Faults))
	line("controls", "%d pauses, resumes and cancels done", r.Controls)
	line("observer", "%s", numbers(r.Events))
	line("taken over", "%d calls, p50 %s, p99 %s, longest %s", len(r.Takeovers), r.takeover(50), r.takeover(99), r.takeover(100))
	line("unknown", "%d attempts", r.Unknown)
	kinds := map[string]int{}
	for _, kind := range []Kind{Double, Lost, Phantom, OverLimit, Torn, Books, Unknown, Stopped, Shared, Changed, Broke} {
		kinds[string(kind)] = r.Of(kind)
	}
	line("violations", "%s", numbers(kinds))
	const most = 10
	for i, v := range r.Violations {
		if i == most {
			fmt.Fprintf(&b, "  … and %d more\n", len(r.Violations)-most)
			break
		}
		fmt.Fprintf(&b, "  %s\n", v)
	}
	return b.String()
}

// takeover is a percentile of the takeover times.
func (r *Report) takeover(percent int) time.Duration {
	if len(r.Takeovers) == 0 {
		return 0
	}
	return r.Takeovers[min(len(r.Takeovers)*percent/100, len(r.Takeovers)-1)].Round(10 * time.Millisecond)
}

// numbers shows counts, the most frequent first.
func numbers(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, 0, len(names))
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
