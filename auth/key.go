package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MinKeyLength is the shortest API key that is accepted when a key is chosen by
// a person instead of being made by NewKey.
const MinKeyLength = 20

// keyPrefix makes keys recognisable in code and to scanners of secrets.
const keyPrefix = "outdial_"

// shownPrefix is how much of a key is stored and shown to recognise it by.
const shownPrefix = 12

// NewKey makes an API key with 130 random bits.
func NewKey() string { return keyPrefix + strings.ToLower(rand.Text()) }

// NewToken makes a secret with 130 random bits for a cookie or a link.
func NewToken() string { return strings.ToLower(rand.Text()) }

// HashKey returns what is stored of a key or a token: its SHA-256 in hexadecimal.
// Both are long and random, so nothing slower is needed.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// KeyPrefix returns the part of a key that may be stored and shown.
func KeyPrefix(key string) string { return key[:min(shownPrefix, len(key))] }
