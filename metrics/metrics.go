// Package metrics counts what a node does, for Prometheus: calls, turns, repairs,
// webhooks, requests and subscriptions. It knows nobody's numbers, names or organizations,
// and nothing else depends on what it counts. Start reading at New; docs/metrics.md
// explains each one.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/outdial/outdial/calling"
)

// Now is what is looked up when somebody asks. Every field must be set, and be
// quick and safe for concurrent use.
type Now struct {
	CallsCarried  func() int
	Subscriptions func() int
	// What the sweep of this process had to repair so far.
	LateStarts, ExpiredLeases, IdleSlots func() int64
}

// Metrics counts. It is safe for concurrent use; its methods do not block.
type Metrics struct {
	registry *prometheus.Registry

	started  prometheus.Counter
	settled  *prometheus.CounterVec
	turns    prometheus.Histogram
	groups   prometheus.Histogram
	requests *prometheus.HistogramVec
	webhooks *prometheus.HistogramVec
}

// New returns metrics, all of them at zero. Watch adds what is looked up.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		started: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "outdial_calls_started_total", Help: "Calls that the carrier has taken from this node.",
		}),
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "outdial_calls_settled_total", Help: "Attempts whose end this node has recorded, by outcome and by whether anything rang.",
		}, []string{"outcome", "dialed"}),
		turns: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "outdial_turn_seconds", Help: "Turns of organizations, from begin to commit.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		groups: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "outdial_turn_endings", Help: "Ends of attempts that one turn records.",
			Buckets: []float64{0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000},
		}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "outdial_http_request_seconds", Help: "HTTP requests by route, method and status, until the end of the answer.",
			Buckets: []float64{0.005, 0.025, 0.1, 0.5, 2.5, 10, 60},
		}, []string{"route", "method", "status"}),
		webhooks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "outdial_webhook_try_seconds", Help: "Tries to deliver an event to a webhook endpoint, by whether it was taken.",
			Buckets: []float64{0.05, 0.25, 1, 2.5, 5, 10},
		}, []string{"delivered"}),
	}
	m.registry.MustRegister(m.started, m.settled, m.turns, m.groups, m.requests, m.webhooks,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, name := range calling.Outcome("").Values() { // so that one that never came is a zero
		m.settled.WithLabelValues(name, "true")
	}
	for _, delivered := range []string{"true", "false"} {
		m.webhooks.WithLabelValues(delivered)
	}
	return m
}

// Watch adds what is looked up. It must be called once.
func (m *Metrics) Watch(now Now) {
	for name, gauge := range map[string]struct {
		help string
		look func() int
	}{
		"outdial_calls_carried":         {"Calls that this node is carrying.", now.CallsCarried},
		"outdial_graphql_subscriptions": {"GraphQL subscriptions that are open on this node.", now.Subscriptions},
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: gauge.help},
			func() float64 { return float64(gauge.look()) }))
	}
	for kind, look := range map[string]func() int64{
		"late_start": now.LateStarts, "expired_lease": now.ExpiredLeases, "idle_slot": now.IdleSlots,
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "outdial_sweep_repairs_total", ConstLabels: prometheus.Labels{"kind": kind},
			Help: "What the sweep of this node found left undone, and had done. Zero in a healthy system.",
		}, func() float64 { return float64(look()) }))
	}
}

// CallStarted counts a call that the carrier has taken.
func (m *Metrics) CallStarted() { m.started.Inc() }

// CallSettled counts an attempt that has ended.
func (m *Metrics) CallSettled(outcome calling.Outcome, dialed bool) {
	m.settled.WithLabelValues(string(outcome), strconv.FormatBool(dialed)).Inc()
}

// TurnTaken counts an organization's turn.
func (m *Metrics) TurnTaken(took time.Duration, endings int) {
	m.turns.Observe(took.Seconds())
	m.groups.Observe(float64(endings))
}

// WebhookTried counts a try to deliver an event to a webhook endpoint.
func (m *Metrics) WebhookTried(delivered bool, took time.Duration) {
	m.webhooks.WithLabelValues(strconv.FormatBool(delivered)).Observe(took.Seconds())
}

// RequestAnswered counts an HTTP request. Strangers cannot make it remember more:
// paths are those of the routes, methods those that there are.
func (m *Metrics) RequestAnswered(r *http.Request, status int, took time.Duration) {
	m.requests.WithLabelValues(routeOf(r), methodOf(r), strconv.Itoa(status)).Observe(took.Seconds())
}
