package calling

import (
	"encoding/base32"
	"strings"
)

// Prefixes of public ids, by what they name.
const (
	OrganizationPrefix = "org"
	ApiKeyPrefix       = "key"
	AgentPrefix        = "agent"
	PhoneNumberPrefix  = "phone"
	BatchJobPrefix     = "batch"
	ContactPrefix      = "contact"
	AttemptPrefix      = "attempt"
	CreditEntryPrefix  = "credit"
	IdempotencyPrefix  = "idem"
	BatchChangePrefix  = "change"
	SessionPrefix      = "session"
	SignInLinkPrefix   = "link"
	WebhookPrefix      = "hook"
	DeliveryPrefix     = "delivery"
	EventPrefix        = "event"
)

// PublicID turns 16 bytes (a UUIDv7) into a public id such as
// "batch_0695kqyb1nwqd8z1g0ctm2m5wr": opaque, and sorting as the bytes do.
func PublicID(prefix string, id [16]byte) string {
	return prefix + "_" + encoding().EncodeToString(id[:])
}

// ParsePublicID returns the bytes behind a public id with this prefix; false
// when it is not one.
func ParsePublicID(prefix, s string) ([16]byte, bool) {
	var id [16]byte
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != encoding().EncodedLen(len(id)) {
		return id, false
	}
	if _, err := encoding().Decode(id[:], []byte(rest)); err != nil {
		return [16]byte{}, false
	}
	if PublicID(prefix, id) != s {
		return [16]byte{}, false // another writing of the same bytes
	}
	return id, true
}

// encoding is Crockford's base 32 alphabet in lower case, which keeps the order
// of the bytes.
func encoding() *base32.Encoding {
	return base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
}
