package chaos

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// misbehaviour is how the carrier answers the first PUT of a call.
type misbehaviour string

const (
	behaves    misbehaviour = ""
	silent     misbehaviour = "silent"     // accepts and never answers
	resets     misbehaviour = "resets"     // accepts and resets the connection
	failsAfter misbehaviour = "failsAfter" // accepts and answers 500
	fails      misbehaviour = "fails"      // answers 500 without accepting
	full       misbehaviour = "full"       // answers 429 without accepting
)

// fate is how a call goes.
type fate struct {
	first   misbehaviour
	refused bool // for good, at once
	outcome string
	ring    time.Duration
	talk    time.Duration // 0 unless answered
}

// fate decides how a call goes, always the same for one seed, number and
// attempt.
func (o ObserverOptions) fate(to string, attempt int) fate {
	h := fnv.New64a()
	_, _ = h.Write([]byte(to)) // a hash never refuses bytes
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(attempt)) //nolint:gosec // attempts are small and positive
	_, _ = h.Write(n[:])
	dice := rand.New(rand.NewPCG(o.Seed, h.Sum64())) //nolint:gosec // repeatable on purpose

	var f fate
	ways := []misbehaviour{silent, resets, failsAfter, fails, full}
	if way := ways[dice.IntN(len(ways))]; dice.Float64() < o.Misbehaves {
		f.first = way
	}
	f.outcome = drawOutcome(dice)
	f.refused = f.outcome == "invalid_number"
	length := o.Shortest + time.Duration(dice.Int64N(int64(o.Longest-o.Shortest)+1))
	f.ring = length
	if f.outcome == "completed" || f.outcome == "voicemail" {
		f.ring = length / 4
		f.talk = length - f.ring
	}
	return f
}

func drawOutcome(dice *rand.Rand) string {
	at := dice.IntN(100)
	for _, share := range []struct {
		outcome string
		percent int
	}{
		{"completed", 62},
		{"voicemail", 8},
		{"no_answer", 10},
		{"busy", 8},
		{"timeout", 3},
		{"rejected", 4},
		{"blocked", 2},
		{"invalid_number", 2},
	} {
		if at -= share.percent; at < 0 {
			return share.outcome
		}
	}
	return "carrier_error"
}
