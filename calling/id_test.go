package calling_test

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
)

func prefixes() []string {
	return []string{
		calling.OrganizationPrefix, calling.ApiKeyPrefix, calling.AgentPrefix, calling.PhoneNumberPrefix, calling.BatchJobPrefix,
		calling.ContactPrefix, calling.AttemptPrefix, calling.CreditEntryPrefix, calling.IdempotencyPrefix,
	}
}

func randomID(dice *rand.Rand) (id [16]byte) {
	for i := range id {
		id[i] = byte(dice.Uint32())
	}
	return id
}

func TestPublicID(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(5, 6))
	form := regexp.MustCompile(`^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$`) // no i, l, o, u
	seen := map[string]bool{}
	for _, prefix := range prefixes() {
		if seen[prefix] {
			t.Errorf("the prefix %s names two kinds", prefix)
		}
		seen[prefix] = true
		for range 200 {
			id := randomID(dice)
			public := calling.PublicID(prefix, id)
			if !form.MatchString(public) || !strings.HasPrefix(public, prefix+"_") {
				t.Errorf("%s is no public id", public)
			}
			if got, ok := calling.ParsePublicID(prefix, public); !ok || got != id {
				t.Errorf("%s is read back as %x, %v; want %x", public, got, ok, id)
			}
		}
	}
}

func TestPublicIDSortsAsItsBytes(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		a, b := randomID(dice), randomID(dice)
		copy(b[:dice.IntN(17)], a[:]) // alike up to some byte
		want := bytes.Compare(a[:], b[:])
		if got := cmp.Compare(calling.PublicID("x", a), calling.PublicID("x", b)); got != want {
			t.Errorf("%x and %x compare as %d, their ids as %d", a, b, want, got)
		}
	}
}

func TestParsePublicIDRefuses(t *testing.T) {
	t.Parallel()
	id := [16]byte{0x01, 0x94, 0xab, 15: 0xff}
	good := calling.PublicID("batch", id)
	for behaviour, text := range map[string]string{
		"nothing":                           "",
		"the prefix alone":                  "batch_",
		"no prefix":                         strings.TrimPrefix(good, "batch_"),
		"another kind's id":                 calling.PublicID("contact", id),
		"a prefix in capitals":              "BATCH" + strings.TrimPrefix(good, "batch"),
		"capitals":                          "batch_" + strings.ToUpper(strings.TrimPrefix(good, "batch_")),
		"one character too few":             good[:len(good)-1],
		"one character too many":            good + "0",
		"a character outside the alphabet":  good[:10] + "u" + good[11:],
		"a character that looks like one":   good[:10] + "o" + good[11:],
		"bits that no byte holds":           good[:len(good)-1] + "z",
		"padding":                           good[:len(good)-1] + "=",
		"a line break, which decoders skip": good[:10] + "\n" + good[11:],
		"spaces around it":                  " " + good[:len(good)-1],
		"characters of many bytes":          "batch_" + strings.Repeat("é", 13),
		"a demo id":                         "phone_abc123",
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			if got, ok := calling.ParsePublicID("batch", text); ok || got != [16]byte{} {
				t.Errorf("%q is read as %x, %v", text, got, ok)
			}
		})
	}
}

func FuzzParsePublicID(f *testing.F) {
	f.Add("batch", calling.PublicID("batch", [16]byte{1, 2, 3}))
	f.Add("batch", "batch_00000000000000000000000000")
	f.Add("batch", "batch_0000000000000000000000000z")
	f.Add("", "_zzzzzzzzzzzzzzzzzzzzzzzzzw")
	f.Add("batch", "batch_0000000000\n000000000000000")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		id, ok := calling.ParsePublicID(prefix, text)
		switch {
		case ok && calling.PublicID(prefix, id) != text:
			t.Errorf("%q is read as %x, which is written %q", text, id, calling.PublicID(prefix, id))
		case !ok && id != [16]byte{}:
			t.Errorf("%q is refused, but read as %x", text, id)
		}
	})
}
