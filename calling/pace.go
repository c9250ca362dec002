package calling

import "time"

// Pace slows a batch job down while its carrier is full or unreachable: nobody is
// dialed for a while, then with fewer calls at once than the limit allows, and
// step by step with all of them again.
type Pace struct {
	Until time.Time // nobody is dialed before; zero = the carrier was never full
	Level int       // how often in a row the carrier was full
}

// maxPaceLevel bounds the slowing: with level 6 one call at once of 64.
const maxPaceLevel = 6

// maxPaceWait bounds how long nobody is dialed, whatever the carrier wishes.
const maxPaceWait = 5 * time.Minute

// Refused is the pace after the carrier refused a call because it was full.
// Refusals that come while nobody is dialed anyway belong to the one before.
// wish is what the carrier asked for, 0 = nothing; step is the shortest wait.
func (p Pace) Refused(now time.Time, wish, step time.Duration) Pace {
	if now.Before(p.Until) {
		return p
	}
	level := min(p.level(now, step)+1, maxPaceLevel)
	wait := min(max(wish, step<<(level-1)), maxPaceWait)
	return Pace{Until: now.Add(wait), Level: level}
}

// level is what is left of the slowing: it falls by one for every wait of the
// same length that passed without a refusal.
func (p Pace) level(now time.Time, step time.Duration) int {
	level := p.Level
	for at := p.Until; level > 0 && step > 0; level-- {
		at = at.Add(step << (level - 1))
		if now.Before(at) {
			break
		}
	}
	return level
}

// Room is how many calls at once are allowed now of a limit that is at least 1.
func (p Pace) Room(limit int, now time.Time, step time.Duration) int {
	if now.Before(p.Until) {
		return 0
	}
	return max(1, limit>>p.level(now, step))
}

// Next is when Room may grow by itself; zero when it is as wide as it gets.
func (p Pace) Next(now time.Time, step time.Duration) time.Time {
	if now.Before(p.Until) {
		return p.Until
	}
	level := p.level(now, step)
	if level == 0 || step <= 0 {
		return time.Time{}
	}
	at := p.Until
	for l := p.Level; l >= level; l-- {
		at = at.Add(step << (l - 1))
	}
	return at
}
