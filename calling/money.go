package calling

import (
	"fmt"
	"time"
)

// Micros is an amount of money in millionths of a US dollar.
type Micros = int64

// USD is one dollar.
const USD Micros = 1_000_000

// AssumedCall is how long a call is assumed to last where a cost or a duration
// is estimated (product page: two minutes).
const AssumedCall = 2 * time.Minute

// Rates says what a call of AssumedCall costs, by the agent's architecture.
type Rates struct {
	Pipeline Micros
	Realtime Micros
}

// DefaultRates are the product page's: 0.035 $ and 0.07 $ for two minutes.
func DefaultRates() Rates { return Rates{Pipeline: 35_000, Realtime: 70_000} }

// PerCall returns the price of a call of AssumedCall; 0 for an agent that
// cannot speak.
func (r Rates) PerCall(a Architecture) Micros {
	switch a {
	case Pipeline:
		return r.Pipeline
	case Realtime:
		return r.Realtime
	case Text:
		return 0
	}
	return 0
}

// CallCost returns what a call that was answered for talk costs where a call of
// AssumedCall costs perCall: by the second, a begun second counting whole,
// rounded up to a whole micro-dollar.
func CallCost(perCall Micros, talk time.Duration) Micros {
	if talk <= 0 {
		return 0
	}
	seconds := int64((talk + time.Second - 1) / time.Second)
	whole := int64(AssumedCall / time.Second)
	return (perCall*seconds + whole - 1) / whole
}

// FormatUSD shows an amount as "$3.50": two decimals, half a cent rounded away
// from zero.
func FormatUSD(m Micros) string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	cents := (m + 5_000) / 10_000
	return fmt.Sprintf("%s$%d.%02d", sign, cents/100, cents%100)
}
