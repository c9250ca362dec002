package rest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/apikey"
	"github.com/outdial/outdial/rest"
	"github.com/outdial/outdial/store"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestRoutes(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, c := range map[string]struct {
		method, path string
		status       int
		code, allow  string
	}{
		"nothing there":         {"GET", "/nowhere", 404, "not_found", ""},
		"the root":              {"GET", "/", 404, "not_found", ""},
		"a slash too many":      {"POST", "/batch/create/", 404, "not_found", ""},
		"another case":          {"POST", "/Batch/Create", 404, "not_found", ""},
		"below a route":         {"POST", "/v1/batch/create/x", 404, "not_found", ""},
		"v1 of what has none":   {"GET", "/v1/healthz", 404, "not_found", ""},
		"GET of a create":       {"GET", "/batch/create", 405, "method_not_allowed", "POST"},
		"PUT of the twin":       {"PUT", "/v1/batch/create", 405, "method_not_allowed", "POST"},
		"OPTIONS":               {"OPTIONS", "/batch/create", 405, "method_not_allowed", "POST"},
		"DELETE of the health":  {"DELETE", "/healthz", 405, "method_not_allowed", "GET, HEAD"},
		"POST of the list":      {"POST", "/batch/jobs", 405, "method_not_allowed", "GET, HEAD"},
		"a list without a key":  {"GET", "/v1/batch/jobs", 401, "unauthenticated", ""},
		"a job without a key":   {"GET", "/batch/jobs/batch_1", 401, "unauthenticated", ""},
		"no id":                 {"GET", "/batch/jobs/", 404, "not_found", ""},
		"a method of one's own": {"DIAL", "/batch/create", 405, "method_not_allowed", "POST"},
		"alive":                 {"GET", "/healthz", 200, "", ""},
		"alive, head":           {"HEAD", "/healthz", 200, "", ""},
		"ready":                 {"GET", "/readyz", 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.send(t, c.method, c.path, "", nil, header("Authorization", ""))
			if got.status != c.status || got.code() != c.code || got.header.Get("Allow") != c.allow || got.header.Get("X-Request-Id") == "" {
				t.Errorf("%d %v %s", got.status, got.header, got.raw)
			}
			if c.method != http.MethodHead && got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%v", got.header)
			}
		})
	}

	t.Run("the twin under /v1", func(t *testing.T) {
		t.Parallel()
		got := b.send(t, http.MethodPost, "/v1/batch/create", "application/json", strings.NewReader(body()))
		if got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})
}

func TestContentType(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	formBody, contentType := encode(t, form())
	boundary := strings.TrimPrefix(contentType, "multipart/form-data; boundary=")
	for name, c := range map[string]struct {
		contentType string
		body        string
		status      int
	}{
		"JSON in UTF-8":         {"application/json; charset=utf-8", body(), 200},
		"JSON in another case":  {"Application/JSON", body(), 200},
		"a quoted boundary":     {`multipart/form-data; boundary="` + boundary + `"; charset=utf-8`, string(formBody), 200},
		"none":                  {"", body(), 415},
		"a form as curl has it": {"application/x-www-form-urlencoded", body(), 415},
		"text":                  {"text/plain", body(), 415},
		"CSV":                   {"text/csv", sample, 415},
		"multipart of mail":     {"multipart/mixed; boundary=" + boundary, string(formBody), 415},
		"nonsense":              {"///", body(), 415},
		"no boundary":           {"multipart/form-data", string(formBody), 400},
		"an empty boundary":     {`multipart/form-data; boundary=""`, string(formBody), 400},
		"a malformed boundary":  {"multipart/form-data; boundary=a b", string(formBody), 400},
		"a boundary of 71":      {"multipart/form-data; boundary=" + strings.Repeat("x", 71), string(formBody), 400},
		"another boundary":      {"multipart/form-data; boundary=x" + boundary, string(formBody), 400},
		"JSON called a form":    {"multipart/form-data; boundary=x", body(), 400},
		"a form called JSON":    {"application/json", string(formBody), 400},
		"nothing in a form":     {contentType, "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.send(t, http.MethodPost, "/batch/create", c.contentType, strings.NewReader(c.body))
			code := map[int]string{200: "", 400: "invalid_request", 415: "unsupported_media_type"}[c.status]
			if got.status != c.status || got.code() != code {
				t.Errorf("%d %s", got.status, got.raw)
			}
		})
	}

	t.Run("compressed", func(t *testing.T) {
		t.Parallel()
		if got := b.json(t, body(), header("Content-Encoding", "gzip")); got.status != http.StatusUnsupportedMediaType {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	revoked, readOnly := b.newKey(t), b.newKey(t)
	b.change(t, func(ctx context.Context, tx *store.Tx) error {
		tx.Ent.ApiKey.Update().Where(apikey.Hash(auth.HashKey(revoked))).SetRevokedAt(pageTime()).ExecX(ctx)
		tx.Ent.ApiKey.Update().Where(apikey.Hash(auth.HashKey(readOnly))).SetScopes([]string{string(auth.Read)}).ExecX(ctx)
		return nil
	})
	for name, c := range map[string]struct {
		change request
		status int
		code   string
	}{
		"x-api-key":    {func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("x-api-key", b.key) }, 200, ""},
		"none":         {header("Authorization", ""), 401, "unauthenticated"},
		"unknown":      {header("Authorization", "Bearer outdial_nobody"), 401, "unauthenticated"},
		"revoked":      {header("Authorization", "Bearer "+revoked), 401, "unauthenticated"},
		"two":          {header("x-api-key", revoked), 401, "unauthenticated"},
		"only reading": {header("Authorization", "Bearer "+readOnly), 403, "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.json(t, body(), c.change)
			if got.status != c.status || got.code() != c.code || (got.header.Get("WWW-Authenticate") == "Bearer") != (c.status == 401) {
				t.Errorf("%d %v %s", got.status, got.header, got.raw)
			}
		})
	}
}

func (b *bundle) newKey(t *testing.T) string {
	t.Helper()
	org := b.store.Read().Organization.Query().OnlyX(system(t))
	key, err := b.accounts.CreateKey(t.Context(), org.ID, "another key")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// failing fails as it is told.
type failing struct {
	atRest

	err error
}

func (f failing) Create(context.Context, dialer.CreateRequest) (*dialer.Created, error) {
	if f.err == nil {
		panic("secret")
	}
	return nil, f.err
}

func TestFailures(t *testing.T) {
	t.Parallel()
	secret := errors.New("pq: relation secret does not exist")
	for name, c := range map[string]struct {
		err    error
		form   bool
		status int
		detail string
	}{
		"a defect, with a file": {fmt.Errorf("create batch job: %w", secret), true, 500, "Failed to process CSV file"},
		"a defect, with JSON":   {fmt.Errorf("create batch job: %w", secret), false, 500, "Something went wrong on our side. Quote the request id when you ask about it."},
		"a panic":               {nil, true, 500, "Something went wrong on our side. Quote the request id when you ask about it."},
		"no database":           {fmt.Errorf("secret: %w", context.DeadlineExceeded), true, 503, "The service cannot answer right now. Try again in a moment."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, pageTime(), func(config *rest.Config) { config.Dialer = failing{err: c.err} })
			var got answer
			if c.form {
				got = b.form(t, form())
			} else {
				got = b.json(t, body())
			}
			if got.status != c.status || got.detail() != c.detail || strings.Contains(string(got.raw), "secret") {
				t.Errorf("%d %s", got.status, got.raw)
			}
			b.server.Close()
			log, id := b.log.String(), got.header.Get("X-Request-Id")
			if strings.Count(log, `"level":"ERROR"`) != 1 || !strings.Contains(log, "secret") || !strings.Contains(log, id) {
				t.Errorf("log: %s", log)
			}
		})
	}

	t.Run("not ready", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime(), func(config *rest.Config) {
			config.Ready = append(config.Ready, rest.Check{
				Name: "queue", Is: "cannot be reached", Run: func(context.Context) error { return secret },
			})
		})
		got := b.send(t, http.MethodGet, "/readyz", "", nil)
		if got.status != http.StatusServiceUnavailable || got.code() != "unavailable" || strings.Contains(string(got.raw), "secret") ||
			got.detail() != "The server is not ready. The queue cannot be reached." || !slices.Equal(got.fields(), []string{"queue"}) {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})

	t.Run("the database is closed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		b.change(t, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.SQL().ExecContext(ctx, "ALTER TABLE contacts RENAME TO lost")
			return err
		})
		got := b.form(t, form())
		if got.status != http.StatusInternalServerError || got.detail() != "Failed to process CSV file" || strings.Contains(string(got.raw), "contacts") {
			t.Errorf("%d %s", got.status, got.raw)
		}
		if n := len(b.batches(t)); n > 0 || len(b.queue.starts) > 0 {
			t.Errorf("%d batch jobs, starts %v", n, b.queue.starts)
		}
	})
}

// The log of a request holds nothing of the request but its path.
func TestLogHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	b.form(t, form("file", sample+"(202) 555-0199,Rejected\n"))
	b.form(t, form("file", "phone\nnobody\n"))
	b.send(t, http.MethodPost, "/batch/create?phone=+12025550101", "application/json", strings.NewReader(pageJSON))
	b.server.Close()
	log := b.log.String()
	for _, secret := range []string{"2025550", "John", "Jane", "nobody", b.key, "outdial_"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q: %s", secret, log)
		}
	}
	if n := strings.Count(log, "\n"); n != 3 {
		t.Errorf("%d lines for 3 requests: %s", n, log)
	}
}

// docs/errors.md has one row a code, in the order of the code's own table.
func TestErrorsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []calling.CodeInfo
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\d+) \\| (.+?) \\| (.+?) \\|$").FindAllStringSubmatch(string(page), -1) {
		status, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, calling.CodeInfo{Code: calling.Code(m[1]), Status: status, Meaning: m[3]})
	}
	if diff := cmp.Diff(calling.Codes(), got); diff != "" {
		t.Errorf("docs/errors.md and calling.Codes differ: %s", diff)
	}
}
