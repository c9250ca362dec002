package calling

import (
	"strings"
	"time"
)

// Wall is a date and a time of day on a wall clock, without a zone.
type Wall struct {
	Year                                  int
	Month                                 time.Month
	Day, Hour, Minute, Second, Nanosecond int
}

func (w Wall) in(zone *time.Location) time.Time {
	return time.Date(w.Year, w.Month, w.Day, w.Hour, w.Minute, w.Second, w.Nanosecond, zone)
}

// WallKind says whether a wall time exists once, never, or twice in a zone.
type WallKind string

// The kinds of wall time.
const (
	WallNormal  WallKind = "NORMAL"
	WallGap     WallKind = "GAP"     // clocks were moved forward over it
	WallOverlap WallKind = "OVERLAP" // clocks were moved back over it: it comes twice
)

// Values lists every kind.
func (WallKind) Values() []string { return names(WallNormal, WallGap, WallOverlap) }

// ResolvedTime is the instant a wall time stands for.
type ResolvedTime struct {
	At   time.Time // in the zone asked about
	Kind WallKind
}

// ResolveWall returns the instant of a wall time in a zone. A time in a gap is
// moved forward by the gap, never earlier than asked; of a time that comes
// twice the first is taken. (time.Date promises neither.)
func ResolveWall(w Wall, zone *time.Location) ResolvedTime {
	// time.Date of day 32 and the like is normalised first, without a zone.
	u := w.in(time.UTC)
	_, before := u.Add(-24 * time.Hour).In(zone).Zone()
	_, after := u.Add(24 * time.Hour).In(zone).Zone()
	first := u.Add(-time.Duration(before) * time.Second).In(zone)
	if before == after {
		return ResolvedTime{At: first, Kind: WallNormal}
	}
	second := u.Add(-time.Duration(after) * time.Second).In(zone)
	firstFits, secondFits := sameWall(first, u), sameWall(second, u)
	switch {
	case firstFits && secondFits:
		return ResolvedTime{At: first, Kind: WallOverlap}
	case firstFits:
		return ResolvedTime{At: first, Kind: WallNormal}
	case secondFits:
		return ResolvedTime{At: second, Kind: WallNormal}
	}
	// With the offset from before the gap the clock shows the gap's length more.
	return ResolvedTime{At: first, Kind: WallGap}
}

func sameWall(local, wanted time.Time) bool {
	_, offset := local.Zone()
	return local.Unix()+int64(offset) == wanted.Unix()
}

// startFormat is what people are told to write.
const startFormat = "an ISO 8601 date and time such as 2027-02-28T09:00:00 or 2027-02-28T09:00:00-05:00"

// ParseStartTime reads an ISO 8601 date and time. With an offset or Z that
// decides, without one it is wall time in zone. The error has
// CodeInvalidRequest; whether the time has passed is for the caller to see.
func ParseStartTime(s string, zone *time.Location) (ResolvedTime, *Error) {
	invalid := Errorf(CodeInvalidRequest, "scheduledStartTime %s must be %s.", Quote(s), startFormat)
	s = strings.TrimSpace(s)
	if len(s) < len("2006-01-02T15:04") || (s[10] != 'T' && s[10] != 't' && s[10] != ' ') {
		return ResolvedTime{}, invalid
	}
	date, clock := s[:10], s[11:]
	offset, hasOffset := "", false
	if i := strings.IndexAny(clock, "Zz+-"); i >= 0 {
		clock, offset, hasOffset = clock[:i], clock[i:], true
	}
	wall, ok := parseWall(date, strings.Replace(clock, ",", ".", 1))
	if !ok {
		return ResolvedTime{}, invalid
	}
	if !hasOffset {
		return ResolveWall(wall, zone), nil
	}
	seconds, ok := parseOffset(offset)
	if !ok {
		return ResolvedTime{}, invalid
	}
	return ResolvedTime{At: wall.in(time.FixedZone("", seconds)).In(zone), Kind: WallNormal}, nil
}

// parseWall reads "2027-02-28" and "09:00", "09:00:00" or "09:00:00.5"; dates
// and times that do not exist are refused.
func parseWall(date, clock string) (Wall, bool) {
	layout := "2006-01-02T15:04"
	if strings.Count(clock, ":") == 2 {
		layout += ":05"
	}
	if strings.HasSuffix(clock, ".") || (strings.Contains(clock, ".") && strings.Count(clock, ":") != 2) {
		return Wall{}, false
	}
	t, err := time.Parse(layout, date+"T"+clock)
	if err != nil || len(clock) < 5 || clock[2] != ':' {
		return Wall{}, false
	}
	return Wall{t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()}, true
}

// parseOffset reads Z, +05, +0530 and +05:30 into seconds east of UTC.
func parseOffset(s string) (int, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	sign := 1
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	body := s[1:]
	if len(body) == 5 && body[2] == ':' {
		body = body[:2] + body[3:]
	}
	if len(body) == 2 {
		body += "00"
	}
	h, ok1 := digits(body[:min(2, len(body))])
	m, ok2 := digits(body[min(2, len(body)):])
	if len(body) != 4 || !ok1 || !ok2 || h > 23 || m > 59 {
		return 0, false
	}
	return sign * (h*3600 + m*60), true
}
