package suites_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/graph"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store/storetest"
)

// door is the GraphQL endpoint of a server that can be restarted.
type door struct {
	config graph.Config

	mu      sync.Mutex
	handler *graph.Handler // guarded by mu
}

// restart sends everybody who is connected away, to a new server in its place.
func (d *door) restart() {
	d.mu.Lock()
	old := d.handler
	d.handler = graph.New(d.config)
	d.mu.Unlock()
	old.Drain()
}

func (d *door) current() *graph.Handler {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handler
}

// serve starts a server with the demo organization on a database of its own, and
// returns its address and the organization's key. POST /restart restarts it.
func serve(t *testing.T) (url, key string) {
	t.Helper()
	engine := testkit.Start(t, storetest.SQLite(t, jobs.Migrate), testkit.Options{})
	key, err := engine.Accounts.SeedDemo(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	d := &door{config: graph.Config{
		Store: engine.Store, Accounts: engine.Accounts, Dialer: engine.Dialer, Progress: engine.Hub, Log: log, Now: engine.Dialer.Time,
		Carrier: model.CarrierInfo{Name: "simulator", Simulated: true},
	}}
	d.handler = graph.New(d.config)
	mux := http.NewServeMux()
	mux.HandleFunc("/graphql", func(w http.ResponseWriter, r *http.Request) { d.current().ServeHTTP(w, r) })
	mux.HandleFunc("POST /restart", func(w http.ResponseWriter, _ *http.Request) {
		d.restart()
		w.WriteHeader(http.StatusNoContent)
	})
	server := httptest.NewServer(edge.Wrap(mux, log))
	t.Cleanup(func() {
		d.current().Drain()
		server.Close()
	})
	return server.URL, key
}
