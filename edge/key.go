package edge

import (
	"net/http"
	"strings"

	"github.com/outdial/outdial/calling"
)

// Key returns the API key of a request: "Authorization: Bearer KEY", the scheme
// in any case, or "x-api-key: KEY". No key, one that cannot be one, or two that
// differ are an *calling.Error with CodeUnauthenticated. Whether the key is
// known is not looked up.
func Key(r *http.Request) (string, error) {
	key := ""
	for _, value := range r.Header.Values("Authorization") {
		scheme, token, _ := strings.Cut(strings.TrimSpace(value), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", unauthenticated("The Authorization header must read: Bearer YOUR_API_KEY.")
		}
		if err := agree(&key, token, "Authorization"); err != nil {
			return "", err
		}
	}
	for _, value := range r.Header.Values("X-Api-Key") {
		if err := agree(&key, value, "x-api-key"); err != nil {
			return "", err
		}
	}
	if key == "" {
		return "", unauthenticated("An API key is required: send the header Authorization: Bearer YOUR_API_KEY.")
	}
	return key, nil
}

// agree makes found the key, unless there is another one already.
func agree(key *string, found, header string) error {
	found = strings.TrimSpace(found)
	switch {
	case found == "":
		return unauthenticated("The " + header + " header holds no API key.")
	case strings.ContainsFunc(found, func(c rune) bool { return c <= ' ' || c > '~' }):
		return unauthenticated("The API key in the " + header + " header is malformed; it is letters, digits and signs without spaces.")
	case *key != "" && *key != found:
		return unauthenticated("The request carries two different API keys; send one.")
	}
	*key = found
	return nil
}

func unauthenticated(detail string) error {
	return &calling.Error{Code: calling.CodeUnauthenticated, Detail: detail}
}
