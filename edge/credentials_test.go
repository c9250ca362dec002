package edge_test

import (
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	const session, key = "outdial_session=token", "Bearer outdial_key"
	cookie, bearer := auth.Credentials{Session: "token"}, auth.Credentials{Key: "outdial_key"}
	for name, c := range map[string]struct {
		method  string
		headers map[string]string
		want    auth.Credentials
		code    calling.Code // empty = none
	}{
		"nothing":                         {"POST", nil, auth.Credentials{}, calling.CodeUnauthenticated},
		"a key":                           {"POST", map[string]string{"Authorization": key}, bearer, ""},
		"a cookie":                        {"POST", map[string]string{"Cookie": session}, cookie, ""},
		"another cookie":                  {"POST", map[string]string{"Cookie": "session=token"}, auth.Credentials{}, calling.CodeUnauthenticated},
		"an empty cookie":                 {"POST", map[string]string{"Cookie": "outdial_session="}, auth.Credentials{}, calling.CodeUnauthenticated},
		"both: the key wins":              {"POST", map[string]string{"Cookie": session, "X-Api-Key": "outdial_key"}, bearer, ""},
		"a bad key beside a cookie":       {"POST", map[string]string{"Cookie": session, "Authorization": "Basic x"}, auth.Credentials{}, calling.CodeUnauthenticated},
		"a key from another page":         {"POST", map[string]string{"Authorization": key, "Origin": "https://evil.example"}, bearer, ""},
		"a cookie from the own page":      {"POST", map[string]string{"Cookie": session, "Origin": "http://example.com"}, cookie, ""},
		"a cookie from another page":      {"POST", map[string]string{"Cookie": session, "Origin": "https://evil.example"}, auth.Credentials{}, calling.CodeForbidden},
		"a cookie from another site":      {"DELETE", map[string]string{"Cookie": session, "Sec-Fetch-Site": "cross-site"}, auth.Credentials{}, calling.CodeForbidden},
		"a read from another page":        {"GET", map[string]string{"Cookie": session, "Sec-Fetch-Site": "cross-site"}, cookie, ""},
		"a socket from the own page":      {"GET", map[string]string{"Cookie": session, "Upgrade": "websocket", "Origin": "http://example.com"}, cookie, ""},
		"a socket from another page":      {"GET", map[string]string{"Cookie": session, "Upgrade": "websocket", "Origin": "https://evil.example"}, auth.Credentials{}, calling.CodeForbidden},
		"a cookie of plain HTTP over TLS": {"POST", map[string]string{"Cookie": session, "X-Forwarded-Proto": "https"}, auth.Credentials{}, calling.CodeUnauthenticated},
		"a cookie of TLS over TLS":        {"POST", map[string]string{"Cookie": "__Host-" + session, "X-Forwarded-Proto": "https"}, cookie, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), c.method, "http://example.com/graphql", nil)
			for name, value := range c.headers {
				r.Header.Set(name, value)
			}
			got, err := edge.Credentials(r)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (c.code == "") || (err != nil && calling.CodeOf(err) != c.code) {
				t.Errorf("error %v", err)
			}
			if r.Method != c.method {
				t.Errorf("the request is a %s now", r.Method)
			}
		})
	}
}
