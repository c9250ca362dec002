package metrics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/metrics"
)

// newMetrics returns metrics that look up fixed numbers.
func newMetrics() *metrics.Metrics {
	m := metrics.New()
	m.Watch(metrics.Now{
		CallsCarried: func() int { return 3 }, Subscriptions: func() int { return 4 },
		LateStarts: func() int64 { return 5 }, ExpiredLeases: func() int64 { return 6 }, IdleSlots: func() int64 { return 7 },
	})
	return m
}

// ask asks for the metrics, from an address and with headers.
func ask(t *testing.T, m *metrics.Metrics, token, from string, headers ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	r.RemoteAddr = from
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	m.Handler(token, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })).ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestMetricsCount(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.CallStarted()
	m.CallSettled(calling.OutcomeBusy, true)
	m.CallSettled(calling.OutcomeCarrierError, false)
	m.TurnTaken(3*time.Millisecond, 12)
	m.WebhookTried(true, 20*time.Millisecond)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /batch/jobs/{id}", func(http.ResponseWriter, *http.Request) {})
	for _, request := range []struct{ method, path string }{{"GET", "/batch/jobs/batch_1"}, {"GET", "/batch/jobs/batch_2"}, {"BREW", "/secret"}} {
		r := httptest.NewRequestWithContext(t.Context(), request.method, request.path, http.NoBody)
		mux.ServeHTTP(httptest.NewRecorder(), r)
		m.RequestAnswered(r, http.StatusOK, time.Millisecond)
	}
	_, body := ask(t, m, "", "127.0.0.1:5000")
	for _, want := range []string{
		"outdial_calls_started_total 1\n",
		`outdial_calls_settled_total{dialed="true",outcome="BUSY"} 1` + "\n",
		`outdial_calls_settled_total{dialed="true",outcome="COMPLETED"} 0` + "\n",
		`outdial_calls_settled_total{dialed="false",outcome="CARRIER_ERROR"} 1` + "\n",
		"outdial_turn_seconds_count 1\n", "outdial_turn_endings_sum 12\n",
		"outdial_calls_carried 3\n", "outdial_graphql_subscriptions 4\n",
		`outdial_sweep_repairs_total{kind="late_start"} 5` + "\n",
		`outdial_sweep_repairs_total{kind="expired_lease"} 6` + "\n",
		`outdial_sweep_repairs_total{kind="idle_slot"} 7` + "\n",
		`outdial_http_request_seconds_count{method="GET",route="/batch/jobs/{id}",status="200"} 2` + "\n",
		`outdial_http_request_seconds_count{method="other",route="other",status="200"} 1` + "\n",
		`outdial_webhook_try_seconds_count{delivered="true"} 1` + "\n", `outdial_webhook_try_seconds_count{delivered="false"} 0` + "\n",
		"go_goroutines ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(body, "secret") || strings.Contains(body, "batch_1") {
		t.Error("paths of strangers are remembered")
	}
}

func TestWhoMaySeeTheMetrics(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	for name, row := range map[string]struct {
		token, from string
		headers     []string
		want        int
	}{
		"this machine":                      {"", "127.0.0.1:5000", nil, 200},
		"this machine over IPv6":            {"", "[::1]:5000", nil, 200},
		"another machine":                   {"", "192.0.2.1:5000", nil, 403},
		"through a proxy on this machine":   {"", "127.0.0.1:5000", []string{"X-Forwarded-For", "192.0.2.1"}, 403},
		"another machine with the token":    {"let-me-in", "192.0.2.1:5000", []string{"Authorization", "bearer let-me-in"}, 200},
		"another machine, wrong token":      {"let-me-in", "192.0.2.1:5000", []string{"Authorization", "Bearer let-me-inn"}, 403},
		"this machine without the token":    {"let-me-in", "127.0.0.1:5000", nil, 403},
		"a token where none is asked for":   {"", "192.0.2.1:5000", []string{"Authorization", "Bearer "}, 403},
		"something that is no bearer token": {"let-me-in", "192.0.2.1:5000", []string{"Authorization", "Basic let-me-in"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _ := ask(t, m, row.token, row.from, row.headers...); got != row.want {
				t.Errorf("is answered %d", got)
			}
		})
	}
}
