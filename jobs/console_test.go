package jobs_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// signIn takes the header Who for what it says.
func signIn(r *http.Request) (auth.Viewer, error) {
	switch who := r.Header.Get("Who"); who {
	case "operator":
		return auth.Viewer{OrganizationID: "org_1", Operator: true}, nil
	case "admin":
		return auth.Viewer{OrganizationID: "org_1", Scopes: auth.Scopes()}, nil
	case "broken":
		return auth.Viewer{}, errors.New("the database is away")
	}
	return auth.Viewer{}, calling.Errorf(calling.CodeUnauthenticated, "Sign in.")
}

func console(t *testing.T, queue *jobs.Jobs) *httptest.Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	pages, err := queue.Console(ctx, "/ops/river", signIn)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/ops/river/", pages)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// look asks for a page and returns the answer with its body.
func look(t *testing.T, server *httptest.Server, method, path, who string, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Who", who)
	for _, c := range change {
		c(r)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestConsole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		carrier := newDesk()
		b := setup(t, s, testkit.Options{Carrier: carrier})
		b.create(t, 3)
		carrier.calls(t, 3)
		server := console(t, b.Jobs)

		for who, want := range map[string]int{"": 401, "admin": 403, "broken": 503, "operator": 200} {
			for _, path := range []string{"/ops/river/", "/ops/river/api/queues", "/ops/river/jobs", "/ops/river/no-such-page"} {
				answer, body := look(t, server, http.MethodGet, path, who)
				if answer.StatusCode != want || want != 200 && (len(body) > 100 || strings.Contains(body, "away")) {
					t.Errorf("%q gets %d of %s, want %d", who, answer.StatusCode, path, want)
				}
				if answer.Header.Get("Content-Security-Policy") == "" || answer.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s has the headers %v", path, answer.Header)
				}
			}
		}

		_, body := look(t, server, http.MethodGet, "/ops/river/api/queues?limit=20", "operator")
		for _, queue := range []string{"calls", "control", "webhooks"} {
			if !strings.Contains(body, `"name":"`+queue+`"`) {
				t.Errorf("no queue %s in %s", queue, body)
			}
		}
		settled(t, s, 0)
		_, body = look(t, server, http.MethodGet, "/ops/river/api/jobs?limit=20&state=completed", "operator")
		if !strings.Contains(body, "start_batch") || strings.Contains(body, secret) || strings.Contains(body, "+1202555") {
			t.Errorf("the jobs are %s", body)
		}

		crossSite := func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example.com")
		}
		if answer, _ := look(t, server, http.MethodPut, "/ops/river/api/queues/calls/pause", "operator", crossSite); answer.StatusCode != http.StatusForbidden {
			t.Errorf("another site gets %d", answer.StatusCode)
		}
		close(carrier.end)
	})
}

// The pages are those that are promised, smaller on the way, and what they need
// is there.
func TestConsolePages(t *testing.T) {
	t.Parallel()
	server := console(t, setup(t, storetest.SQLite(t, jobs.Migrate), testkit.Options{}).Jobs)
	_, page := look(t, server, http.MethodGet, "/ops/river/", "operator")
	_, script, ok := strings.Cut(page, `src="/ops/river/`)
	script, _, ok2 := strings.Cut(script, `"`)
	if !ok || !ok2 {
		t.Fatalf("no script in %s", page)
	}
	path := "/ops/river/" + script
	plain, body := look(t, server, http.MethodGet, path, "operator", func(r *http.Request) { r.Header.Set("Accept-Encoding", "identity") })
	zipped, packed := look(t, server, http.MethodGet, path, "operator", func(r *http.Request) {
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("Range", "bytes=0-99")
	})
	reader, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatalf("%v: %v", zipped.Header, err)
	}
	unpacked, err := io.ReadAll(reader)
	if err != nil || string(unpacked) != body || len(packed) > len(body)/2 || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("%d bytes become %d: %v", len(body), len(packed), err)
	}
	if got := zipped.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a file with its own name is %s", got)
	}
	answer, raw := look(t, server, http.MethodGet, "/ops/river/api/features", "operator")
	var features map[string]any
	if err := json.Unmarshal([]byte(raw), &features); err != nil || answer.StatusCode != 200 || features["job_list_hide_args_by_default"] != true {
		t.Errorf("the features are %s", raw)
	}
}

func TestConsoleBeforeConnect(t *testing.T) {
	t.Parallel()
	queue := jobs.Open(nil, slog.New(slog.DiscardHandler))
	if _, err := queue.Console(t.Context(), "/ops/river", signIn); err == nil {
		t.Error("there are pages of nothing")
	}
}
