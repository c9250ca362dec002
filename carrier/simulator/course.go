package simulator

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/outdial/outdial/calling"
)

// Course is how a simulated call goes, in simulated time.
type Course struct {
	Outcome   calling.Outcome
	Ring      time.Duration // until it is answered or ends; without a sound unless rings
	Talk      time.Duration // 0 unless answered
	NotDialed bool          // the carrier was full: nothing rang
	Forced    bool          // by the number's suffix: it ends so whatever the ring timeout
	Reason    string
}

// rings reports whether the phone rings at the other end.
func (c *Course) rings() bool {
	switch c.Outcome {
	case calling.OutcomeCompleted, calling.OutcomeVoicemail, calling.OutcomeNoAnswer, calling.OutcomeRejected,
		calling.OutcomeCancelled, calling.OutcomeUnknown:
		return !c.NotDialed
	case calling.OutcomeBusy, calling.OutcomeTimeout, calling.OutcomeBlocked, calling.OutcomeInvalidNumber, calling.OutcomeCarrierError:
	}
	return false
}

// Suffix forces what happens to numbers that end with its digits.
type Suffix struct {
	Digits  string
	Outcome calling.Outcome
	Full    int // the carrier is full for this many attempts before the outcome; 0 = never
	Meaning string
}

// Suffixes returns the magic numbers: the last three digits are the SIP status
// that would say the same, where there is one.
func Suffixes() []Suffix {
	return []Suffix{
		{"200", calling.OutcomeCompleted, 0, "answered, talks"},
		{"850", calling.OutcomeVoicemail, 0, "a voicemail answers"},
		{"480", calling.OutcomeNoAnswer, 0, "rings, nobody answers"},
		{"486", calling.OutcomeBusy, 0, "busy"},
		{"408", calling.OutcomeTimeout, 0, "is not connected in time"},
		{"603", calling.OutcomeRejected, 0, "declines"},
		{"608", calling.OutcomeBlocked, 0, "blocked on the way"},
		{"404", calling.OutcomeInvalidNumber, 0, "does not exist"},
		{"500", calling.OutcomeCarrierError, 0, "the carrier fails"},
		{"487", calling.OutcomeCancelled, 0, "hung up before the answer"},
		{"999", calling.OutcomeUnknown, 0, "nobody knows how it ended"},
		{"503", calling.OutcomeCompleted, 2, "the carrier is full twice, then as 200"},
	}
}

// share is how often an outcome comes in a hundred calls. Machines and missed
// calls are frequent in cold lists; most of the rest is spoken to.
type share struct {
	outcome calling.Outcome
	percent float64
}

func shares() []share {
	return []share{
		{calling.OutcomeCompleted, 58},
		{calling.OutcomeVoicemail, 15},
		{calling.OutcomeNoAnswer, 13},
		{calling.OutcomeBusy, 6},
		{calling.OutcomeRejected, 3},
		{calling.OutcomeInvalidNumber, 2},
		{calling.OutcomeTimeout, 1.5},
		{calling.OutcomeCarrierError, 1},
		{calling.OutcomeBlocked, 0.5},
	}
}

// The lengths of calls. Log-normal around the median; the mean of talking to a
// person is 120 s, which the product page's estimates assume.
const (
	ringMedian   = 9 * time.Second
	ringSpread   = 0.5
	ringNoAnswer = 30 * time.Second
	talkMean     = 120 * time.Second
	talkSpread   = 0.6
	voicemail    = 25 * time.Second
	setup        = 2 * time.Second // what a call that fails at once takes
)

// Course returns how the attempt at a number goes: always the same for the
// same seed, number and attempt.
func (s *Simulator) Course(to calling.Number, attempt int) Course {
	dice := s.dice(to, attempt)
	outcome, forced := draw(dice), false
	for _, magic := range Suffixes() {
		if !strings.HasSuffix(string(to), magic.Digits) {
			continue
		}
		outcome, forced = magic.Outcome, true
		if attempt <= magic.Full {
			return Course{Outcome: calling.OutcomeCarrierError, NotDialed: true, Forced: true, Reason: "simulated: the carrier is full"}
		}
	}
	c := course(outcome, dice)
	c.Forced = forced
	return c
}

func (s *Simulator) dice(to calling.Number, attempt int) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(to)) // a hash never refuses bytes
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(attempt)) //nolint:gosec // attempts are small and positive
	_, _ = h.Write(n[:])
	return rand.New(rand.NewPCG(s.seed, h.Sum64())) //nolint:gosec // repeatable on purpose
}

func draw(dice *rand.Rand) calling.Outcome {
	at := dice.Float64() * 100
	for _, s := range shares() {
		if at -= s.percent; at < 0 {
			return s.outcome
		}
	}
	return calling.OutcomeCompleted
}

func course(outcome calling.Outcome, dice *rand.Rand) Course {
	c := Course{Outcome: outcome, Reason: reason(outcome)}
	switch outcome {
	case calling.OutcomeCompleted:
		c.Ring, c.Talk = logNormal(dice, ringMedian, ringSpread), logNormal(dice, talkMedian(), talkSpread)
	case calling.OutcomeVoicemail:
		c.Ring, c.Talk = logNormal(dice, 2*ringMedian, ringSpread), voicemail
	case calling.OutcomeNoAnswer, calling.OutcomeTimeout, calling.OutcomeUnknown:
		c.Ring = ringNoAnswer
	case calling.OutcomeRejected, calling.OutcomeCancelled:
		c.Ring = logNormal(dice, ringMedian, ringSpread)
	case calling.OutcomeBusy, calling.OutcomeBlocked, calling.OutcomeInvalidNumber, calling.OutcomeCarrierError:
		c.Ring = setup
	}
	return c
}

// reason says how a call ended in words that people read beside a contact.
func reason(outcome calling.Outcome) string {
	switch outcome {
	case calling.OutcomeCompleted:
		return "simulated: the call was answered"
	case calling.OutcomeVoicemail:
		return "simulated: a voicemail took the call"
	case calling.OutcomeNoAnswer:
		return "simulated: nobody answered"
	case calling.OutcomeBusy:
		return "simulated: the line was busy"
	case calling.OutcomeTimeout:
		return "simulated: the call was not connected in time"
	case calling.OutcomeRejected:
		return "simulated: the person declined the call"
	case calling.OutcomeBlocked:
		return "simulated: the call was blocked on its way"
	case calling.OutcomeInvalidNumber:
		return "simulated: the number does not exist"
	case calling.OutcomeCarrierError:
		return "simulated: the carrier failed"
	case calling.OutcomeCancelled:
		return "simulated: the call was hung up before the answer"
	case calling.OutcomeUnknown:
		return "simulated: nobody knows how the call ended"
	}
	return "simulated"
}

// talkMedian gives the log-normal the mean talkMean: mean = median·e^(σ²/2).
func talkMedian() time.Duration {
	return time.Duration(float64(talkMean) / math.Exp(talkSpread*talkSpread/2))
}

func logNormal(dice *rand.Rand, median time.Duration, spread float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*dice.NormFloat64())).Round(time.Millisecond)
}

// hangUp ends the call after it was talked for some time, which is negative when
// it was not answered yet.
func (c *Course) hangUp(talked time.Duration) {
	c.Outcome, c.Reason, c.NotDialed = calling.OutcomeCancelled, "simulated: the call was hung up", false
	c.Talk = min(c.Talk, max(0, talked))
}

// limit applies the call's own bounds: a call that rings too long is not
// answered, unless the answer is forced, and one that lasts too long is ended.
func (c *Course) limit(ring, talk time.Duration) {
	if ring > 0 && c.Ring > ring {
		c.Ring = ring
		if c.rings() && !c.Forced {
			c.Talk, c.Outcome, c.Reason = 0, calling.OutcomeNoAnswer, reason(calling.OutcomeNoAnswer)
		}
	}
	if talk > 0 {
		c.Talk = min(c.Talk, talk)
	}
}
