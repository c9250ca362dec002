package signin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/signin"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func moment() time.Time { return time.Date(2027, time.February, 1, 12, 0, 0, 0, time.UTC) }

// bundle is the door before real accounts.
type bundle struct {
	store    *store.Store
	accounts *accounts.Accounts
	server   *httptest.Server
	key      string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{store: storetest.SQLite(t, nil)}
	b.accounts = accounts.New(b.store, moment)
	var err error
	if b.key, err = b.accounts.SeedDemo(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	b.server = serve(t, b.accounts)
	return b
}

func serve(t *testing.T, door signin.Accounts) *httptest.Server {
	t.Helper()
	return serveLimited(t, door, nil)
}

func serveLimited(t *testing.T, door signin.Accounts, limiter *edge.Limiter) *httptest.Server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	server := httptest.NewServer(edge.Wrap(signin.New(door, edge.NewGuard(door, time.Now), limiter, log), log))
	t.Cleanup(server.Close)
	return server
}

// result is what came back.
type result struct {
	status int
	header http.Header
	body   map[string]any
	cookie *http.Cookie // the one that was set; nil = none
}

func send(t *testing.T, server *httptest.Server, method, body string, headers ...string) result {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/session", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Test browser")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := result{status: got.StatusCode, header: got.Header}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer.body); err != nil {
			t.Fatalf("%q is not JSON: %v", text, err)
		}
	}
	if cookies := got.Cookies(); len(cookies) > 0 {
		answer.cookie = cookies[0]
	}
	return answer
}

func (b *bundle) send(t *testing.T, method, body string, headers ...string) result {
	t.Helper()
	return send(t, b.server, method, body, headers...)
}

// link makes a sign-in link.
func (b *bundle) link(t *testing.T, operator bool) string {
	t.Helper()
	token, err := b.accounts.CreateSignInLink(t.Context(), "", operator)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// with is the Cookie header that a browser sends back.
func with(cookie *http.Cookie) string { return cookie.Name + "=" + cookie.Value }

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		body     string
		operator bool
	}{
		"with a key":              {`{"key": "` + b.key + `"}`, false},
		"with spaces around it":   {`{"key": " ` + b.key + ` "}`, false},
		"with a link":             {`{"link": "` + b.link(t, false) + `"}`, false},
		"with an operator's link": {`{"link": "` + b.link(t, true) + `"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.send(t, http.MethodPost, c.body)
			if got.status != http.StatusNoContent || got.cookie == nil || got.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %v", got.status, got.header)
			}
			seen := b.send(t, http.MethodGet, "", "Cookie", with(got.cookie))
			want := map[string]any{
				"organizationId": seen.body["organizationId"], "sessionId": seen.body["sessionId"],
				"scopes": []any{"READ", "WRITE", "ADMIN"}, "operator": c.operator,
			}
			if diff := cmp.Diff(want, seen.body); seen.status != http.StatusOK || diff != "" {
				t.Errorf("%d %s", seen.status, diff)
			}
		})
	}
}

func TestTheCookie(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := `{"key": "` + b.key + `"}`

	t.Run("is out of reach of scripts and other sites", func(t *testing.T) {
		t.Parallel()
		got := b.send(t, http.MethodPost, body).cookie
		if got.Name != "outdial_session" || !got.HttpOnly || got.SameSite != http.SameSiteStrictMode || got.Path != "/" ||
			got.Domain != "" || got.Secure || got.MaxAge != 30*24*60*60 {
			t.Errorf("%s", got.Raw)
		}
	})
	t.Run("is bound to the host over TLS", func(t *testing.T) {
		t.Parallel()
		got := b.send(t, http.MethodPost, body, "X-Forwarded-Proto", "HTTPS, http").cookie
		if got.Name != "__Host-outdial_session" || !got.Secure || !got.HttpOnly || got.Path != "/" || got.Domain != "" {
			t.Errorf("%s", got.Raw)
		}
		if seen := b.send(t, http.MethodGet, "", "Cookie", with(got), "X-Forwarded-Proto", "https"); seen.status != http.StatusOK {
			t.Errorf("%d %v", seen.status, seen.body)
		}
	})
	t.Run("of another host's making does not count over TLS", func(t *testing.T) {
		t.Parallel()
		got := b.send(t, http.MethodPost, body).cookie
		if seen := b.send(t, http.MethodGet, "", "Cookie", with(got), "X-Forwarded-Proto", "https"); seen.status != http.StatusUnauthorized {
			t.Errorf("%d %v", seen.status, seen.body)
		}
	})
	t.Run("holds nothing that is stored", func(t *testing.T) {
		t.Parallel()
		got := b.send(t, http.MethodPost, body).cookie
		rows := b.store.Read().Session.Query().AllX(auth.WithSystem(t.Context()))
		known := false
		for _, row := range rows {
			known = known || row.Hash == auth.HashKey(got.Value)
			if row.Hash == got.Value || row.ID == got.Value || row.UserAgent != "Test browser" {
				t.Errorf("%v", row)
			}
		}
		if !known || len(got.Value) < 26 {
			t.Errorf("%q is no token of a session", got.Value)
		}
	})
}

func TestSigningInIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	used := b.link(t, false)
	b.send(t, http.MethodPost, `{"link": "`+used+`"}`)
	good := `{"key": "` + b.key + `"}`
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		code    string
	}{
		"a wrong key":               {`{"key": "outdial_nobody_has_this"}`, nil, 401, "unauthenticated"},
		"a link that was used":      {`{"link": "` + used + `"}`, nil, 401, "unauthenticated"},
		"a key as a link":           {`{"link": "` + b.key + `"}`, nil, 401, "unauthenticated"},
		"nothing":                   {``, nil, 400, "invalid_request"},
		"an empty object":           {`{}`, nil, 400, "invalid_request"},
		"both":                      {`{"key": "` + b.key + `", "link": "x"}`, nil, 400, "invalid_request"},
		"another type":              {`{"key": 1}`, nil, 400, "invalid_request"},
		"an array":                  {`["` + b.key + `"]`, nil, 400, "invalid_request"},
		"more after the object":     {good + `{}`, nil, 400, "invalid_request"},
		"a long body":               {`{"key": "` + strings.Repeat("k", 5000) + `"}`, nil, 413, "file_too_large"},
		"a form":                    {good, []string{"Content-Type", "text/plain"}, 415, "unsupported_media_type"},
		"another site":              {good, []string{"Sec-Fetch-Site", "cross-site"}, 403, "forbidden"},
		"another host of the site":  {good, []string{"Sec-Fetch-Site", "same-site"}, 403, "forbidden"},
		"another origin":            {good, []string{"Origin", "https://evil.example"}, 403, "forbidden"},
		"an origin without a name":  {good, []string{"Origin", "null"}, 403, "forbidden"},
		"another port of this host": {good, []string{"Origin", "http://127.0.0.1:1"}, 403, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.send(t, http.MethodPost, c.body, c.headers...)
			if got.status != c.status || got.body["code"] != c.code || got.body["success"] != false || got.body["requestId"] == "" || got.cookie != nil {
				t.Errorf("%d %v, %v", got.status, got.body, got.cookie)
			}
			if strings.Contains(fmt.Sprint(got.body), b.key) {
				t.Errorf("the answer repeats the key: %v", got.body)
			}
		})
	}
	t.Run("another method", func(t *testing.T) {
		t.Parallel()
		got := b.send(t, http.MethodPut, good)
		if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD, POST, DELETE" {
			t.Errorf("%d %v", got.status, got.header)
		}
	})
}

func TestOwnPagesSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, headers := range [][]string{{"Origin", b.server.URL}, {"Sec-Fetch-Site", "same-origin", "Origin", b.server.URL}} {
		if got := b.send(t, http.MethodPost, `{"key": "`+b.key+`"}`, headers...); got.status != http.StatusNoContent {
			t.Errorf("%v: %d %v", headers, got.status, got.body)
		}
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	signsOut(t, setup(t))
}

func signsOut(t *testing.T, b *bundle) {
	t.Helper()
	cookie := with(b.send(t, http.MethodPost, `{"key": "`+b.key+`"}`).cookie)

	t.Run("is not for other sites", func(t *testing.T) {
		if got := b.send(t, http.MethodDelete, "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"); got.status != http.StatusForbidden {
			t.Errorf("%d", got.status)
		}
		if got := b.send(t, http.MethodGet, "", "Cookie", cookie); got.status != http.StatusOK {
			t.Errorf("%d %v", got.status, got.body)
		}
	})
	t.Run("ends the session and clears the cookie", func(t *testing.T) {
		got := b.send(t, http.MethodDelete, "", "Cookie", cookie)
		if got.status != http.StatusNoContent || got.cookie == nil || got.cookie.Value != "" || got.cookie.MaxAge != -1 {
			t.Errorf("%d %v", got.status, got.cookie)
		}
		if got := b.send(t, http.MethodGet, "", "Cookie", cookie); got.status != http.StatusUnauthorized || got.body["code"] != "unauthenticated" {
			t.Errorf("%d %v", got.status, got.body)
		}
	})
	t.Run("is answered the same when nobody is signed in", func(t *testing.T) {
		for _, cookie := range []string{cookie, "outdial_session=x", "other=1"} {
			if got := b.send(t, http.MethodDelete, "", "Cookie", cookie); got.status != http.StatusNoContent {
				t.Errorf("%s: %d %v", cookie, got.status, got.body)
			}
		}
	})
}

func TestSigningInAgainEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := `{"key": "` + b.key + `"}`
	first := with(b.send(t, http.MethodPost, body).cookie)
	second := with(b.send(t, http.MethodPost, body, "Cookie", first).cookie)
	if got := b.send(t, http.MethodGet, "", "Cookie", first); got.status != http.StatusUnauthorized {
		t.Errorf("the first session is %d", got.status)
	}
	if got := b.send(t, http.MethodGet, "", "Cookie", second); got.status != http.StatusOK {
		t.Errorf("the second session is %d", got.status)
	}
}

// broken are accounts whose database is gone.
type broken struct{ signin.Accounts }

func (broken) SignInWithKey(context.Context, string, string) (*accounts.SignedIn, error) {
	return nil, errors.New("secret detail")
}

func TestADefectIsNotAWrongKey(t *testing.T) {
	t.Parallel()
	got := send(t, serve(t, broken{}), http.MethodPost, `{"key": "outdial_some_key_or_other"}`)
	if got.status != http.StatusInternalServerError || strings.Contains(fmt.Sprint(got.body), "secret") {
		t.Errorf("%d %v", got.status, got.body)
	}
}

func TestSigningInIsOneOfTheKeysRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const perMinute = 10
	server := serveLimited(t, b.accounts, edge.NewLimiter(perMinute, moment))
	body := fmt.Sprintf(`{"key": %q}`, b.key)
	for range perMinute {
		if got := send(t, server, http.MethodPost, body); got.status != http.StatusNoContent {
			t.Fatalf("%d %v", got.status, got.body)
		}
	}
	got := send(t, server, http.MethodPost, body)
	if got.status != http.StatusTooManyRequests || got.cookie != nil || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %v, Retry-After %q", got.status, got.body, got.header.Get("Retry-After"))
	}
	if n := b.store.Read().Session.Query().CountX(auth.WithSystem(t.Context())); n != perMinute {
		t.Errorf("%d sessions were begun", n)
	}
	link := fmt.Sprintf(`{"link": %q}`, b.link(t, false))
	if got := send(t, server, http.MethodPost, link); got.status != http.StatusNoContent {
		t.Errorf("with a link: %d %v", got.status, got.body)
	}
}
