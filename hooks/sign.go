package hooks

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks, https://www.standardwebhooks.com.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

const (
	secretMark  = "whsec_"
	secretBytes = 32
	shownSecret = len(secretMark) + 4 // 24 of its 256 bits
)

// errSecret is a defect: a secret that was not made by newSecret.
var errSecret = errors.New("the secret is not written as Standard Webhooks has it")

// newSecret makes a secret with 256 random bits.
func newSecret() string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // it never fails
	return secretMark + base64.StdEncoding.EncodeToString(secret)
}

// SecretPrefix returns the part of a secret that may be shown.
func SecretPrefix(secret string) string { return secret[:min(shownSecret, len(secret))] }

// sign puts the headers of Standard Webhooks on a request: one signature for
// each secret, which receivers accept when any of them fits.
func sign(header http.Header, eventID string, at time.Time, body []byte, secrets ...string) error {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		encoded, ok := strings.CutPrefix(secret, secretMark)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil {
			return errSecret
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(eventID + "." + timestamp + "."))
		_, _ = mac.Write(body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	header.Set(headerID, eventID)
	header.Set(headerTimestamp, timestamp)
	header.Set(headerSignature, strings.Join(signatures, " "))
	return nil
}
