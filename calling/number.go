package calling

import (
	"log/slog"
	"strings"
)

const (
	minNumberDigits = 7  // below this a number cannot be reached from abroad
	maxNumberDigits = 15 // E.164, section 6.2.1
)

// Number is a phone number in E.164 format: a plus sign and 7 to 15 ASCII
// digits, the first of which is not zero. Only ParseNumber makes one from text
// that came from outside.
type Number string

// ParseNumber returns the number written in s, once outer white space is
// removed, and whether there is one. Nothing else is repaired: a number with
// formatting characters or without its plus sign is refused.
func ParseNumber(s string) (Number, bool) {
	if s == "" || s[0] != '+' || s[len(s)-1]-'0' > 9 { // most numbers need no trimming
		s = strings.TrimSpace(s)
	}
	if len(s) < 1+minNumberDigits || len(s) > 1+maxNumberDigits || s[0] != '+' || s[1] == '0' {
		return "", false
	}
	for i := 1; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return "", false
		}
	}
	return Number(s), true
}

// LogValue masks the number, so that a log line never holds a whole one.
func (n Number) LogValue() slog.Value { return slog.StringValue(Mask(n)) }

// Mask returns the number with at least five digits hidden behind asterisks,
// for logs: "+12025550101" becomes "+1202*****01". Text that is not a number is
// hidden whole.
func Mask(n Number) string {
	const shownFirst, hidden, shownLast = len("+1202"), 5, len("01")
	if _, ok := ParseNumber(string(n)); !ok {
		return strings.Repeat("*", hidden)
	}
	first := min(shownFirst, len(n)-hidden-shownLast)
	last := len(n) - shownLast
	return string(n[:first]) + strings.Repeat("*", last-first) + string(n[last:])
}
