package calling

import (
	"slices"
	"strings"
	"time"
)

// Weekday is a day of the week in a call window.
type Weekday string

// The days of the week.
const (
	Monday    Weekday = "MONDAY"
	Tuesday   Weekday = "TUESDAY"
	Wednesday Weekday = "WEDNESDAY"
	Thursday  Weekday = "THURSDAY"
	Friday    Weekday = "FRIDAY"
	Saturday  Weekday = "SATURDAY"
	Sunday    Weekday = "SUNDAY"
)

// Values lists every day, Monday first.
func (Weekday) Values() []string {
	return names(Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday)
}

// CallWindow is when contacts may be called: from Opens to before Closes, local
// time in Timezone, on Days. A nil window is always open.
type CallWindow struct {
	Days     []Weekday `json:"days"`     // empty = every day
	Opens    string    `json:"opens"`    // "09:00", 24-hour clock
	Closes   string    `json:"closes"`   // "18:30", later than Opens; "24:00" is midnight
	Timezone string    `json:"timezone"` // IANA name
}

const clockDetail = "must be a time of day such as 09:00"

// Check returns what is wrong with the window; nil when nothing is.
func (w *CallWindow) Check() []Problem {
	if w == nil {
		return nil
	}
	var problems []Problem
	opens, ok := clockMinutes(w.Opens)
	if !ok {
		problems = append(problems, Problem{Field: "callWindow.opens", Code: CodeInvalidRequest, Detail: "callWindow.opens " + clockDetail + "."})
	}
	closes, ok2 := clockMinutes(w.Closes)
	if !ok2 {
		problems = append(problems, Problem{Field: "callWindow.closes", Code: CodeInvalidRequest, Detail: "callWindow.closes " + clockDetail + "."})
	}
	if ok && ok2 && closes <= opens {
		problems = append(problems, Problem{Field: "callWindow.closes", Code: CodeInvalidRequest, Detail: "callWindow.closes must be later than callWindow.opens."})
	}
	for _, d := range w.Days {
		if !slices.Contains(d.Values(), string(d)) {
			problems = append(problems, Problem{Field: "callWindow.days", Code: CodeInvalidRequest, Detail: "callWindow.days must hold days such as MONDAY."})
		}
	}
	if _, err := LoadZone(w.Timezone); err != nil {
		problems = append(problems, Problem{Field: "callWindow.timezone", Code: CodeInvalidTimezone, Detail: err.Detail})
	}
	return problems
}

// Contains reports whether contacts may be called at now. A window that Check
// refuses contains nothing.
func (w *CallWindow) Contains(now time.Time) bool {
	if w == nil {
		return true
	}
	opens, closes, local, ok := w.at(now)
	return ok && w.open(opens, closes, local)
}

func (w *CallWindow) open(opens, closes int, local time.Time) bool {
	minute := local.Hour()*60 + local.Minute()
	return minute >= opens && minute < closes && w.on(local.Weekday())
}

// farthestOpening is how many days the next opening can be away: a week, and
// one more where clocks were moved over the only opening in it.
const farthestOpening = 15

// NextOpen returns the first moment from now on at which contacts may be
// called: now itself when the window is open. Where a window never opens the
// answer is a year ahead.
func (w *CallWindow) NextOpen(now time.Time) time.Time {
	if w == nil {
		return now
	}
	never := now.AddDate(1, 0, 0)
	opens, closes, local, ok := w.at(now)
	switch {
	case !ok:
		return never
	case w.open(opens, closes, local):
		return now
	}
	for at, last := local, local.AddDate(0, 0, farthestOpening); at.Before(last); {
		next := nextClock(at, opens)
		// A change of the zone's clocks may itself open the window.
		if _, change := at.ZoneBounds(); !change.IsZero() && change.Before(next) {
			next = change
		}
		if w.open(opens, closes, next) {
			return next
		}
		at = next
	}
	return never
}

// nextClock returns the first moment later than at when a clock that is not
// changed meanwhile shows this minute of the day.
func nextClock(at time.Time, minute int) time.Time {
	_, offset := at.Zone()
	next := time.Date(at.Year(), at.Month(), at.Day(), 0, minute, 0, 0, time.FixedZone("", offset))
	if !next.After(at) {
		next = next.Add(24 * time.Hour)
	}
	return next.In(at.Location())
}

func (w *CallWindow) at(now time.Time) (opens, closes int, local time.Time, ok bool) {
	zone, err := LoadZone(w.Timezone)
	if err != nil {
		return 0, 0, time.Time{}, false
	}
	opens, ok1 := clockMinutes(w.Opens)
	closes, ok2 := clockMinutes(w.Closes)
	return opens, closes, now.In(zone), ok1 && ok2
}

func (w *CallWindow) on(day time.Weekday) bool {
	return len(w.Days) == 0 || slices.Contains(w.Days, Weekday(strings.ToUpper(day.String())))
}

// clockMinutes reads "HH:MM" into minutes after midnight; 24:00 is allowed.
func clockMinutes(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, ok1 := digits(s[:2])
	m, ok2 := digits(s[3:])
	if !ok1 || !ok2 || m > 59 || h > 24 || (h == 24 && m != 0) {
		return 0, false
	}
	return h*60 + m, true
}

// digits reads a string of ASCII digits.
func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}
