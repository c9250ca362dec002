package calling

import (
	"fmt"
	"strings"
	"time"
)

// Estimate says what a batch job is expected to cost and how long it takes.
type Estimate struct {
	Contacts            int
	EffectiveLimit      int // calls at once: the lower of the batch job's and the organization's limit
	CostMicros          Micros
	WorstCaseCostMicros Micros // every attempt of every contact answered for AssumedCall
	Duration            time.Duration
}

// EstimateBatch applies the product page's arithmetic: contacts × the price of
// a two-minute call, and ⌈contacts ÷ calls at once⌉ × two minutes.
func EstimateBatch(contacts, maxAttempts, batchLimit, organizationLimit int, perCall Micros) Estimate {
	limit := max(1, min(batchLimit, organizationLimit))
	rounds := (contacts + limit - 1) / limit
	return Estimate{
		Contacts:            contacts,
		EffectiveLimit:      limit,
		CostMicros:          int64(contacts) * perCall,
		WorstCaseCostMicros: int64(contacts) * int64(maxAttempts) * perCall,
		Duration:            time.Duration(rounds) * AssumedCall,
	}
}

// FormatDuration shows a duration in whole minutes as the product page does:
// "2 minutes", "1 hour 6 minutes", "65 hours".
func FormatDuration(d time.Duration) string {
	minutes := int(d / time.Minute)
	var parts []string
	if hours := minutes / 60; hours > 0 {
		parts = append(parts, Plural(hours, "hour"))
	}
	if rest := minutes % 60; rest > 0 || len(parts) == 0 {
		parts = append(parts, Plural(rest, "minute"))
	}
	return strings.Join(parts, " ")
}

// Plural returns "1 contact", "2 contacts".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
