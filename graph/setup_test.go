package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/graph"
	"github.com/outdial/outdial/graph/model"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// fakes stands where the queue, the carrier and the watchers are in the program.
type fakes struct{}

func (fakes) StartBatch(context.Context, *store.Tx, string, string, time.Time) error { return nil }

func (fakes) PlaceCalls(context.Context, *store.Tx, string, []uuid.UUID) error {
	return errors.New("a door places no calls")
}

func (fakes) HangUpCalls(context.Context, *store.Tx, string, []uuid.UUID) error { return nil }

func (fakes) DeliverWebhooks(context.Context, *store.Tx, string, []string) error { return nil }

func (fakes) Place(context.Context, calling.Call) (calling.Report, error) {
	return calling.Report{}, errors.New("a door places no calls")
}

func (fakes) Changed(string) {}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b) //nolint:wrapcheck // a buffer does not fail
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// bundle is the door before a real dialer on a real database, with the demo
// organization's key and another organization.
type bundle struct {
	store    *store.Store
	accounts *accounts.Accounts
	dialer   *dialer.Dialer
	feed     *feed
	handler  *graph.Handler
	server   *httptest.Server
	log      *lines
	queries  *counter
	key      string
	otherOrg string
	otherKey string
}

func moment() time.Time { return time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC) }

func setup(tb testing.TB, change ...func(*graph.Config)) *bundle {
	tb.Helper()
	return setupOn(tb, storetest.SQLite(tb, nil), change...)
}

// setupOn is setup on a database of the test's.
func setupOn(tb testing.TB, s *store.Store, change ...func(*graph.Config)) *bundle {
	tb.Helper()
	b := &bundle{
		store: s, log: &lines{}, queries: &counter{},
		feed: &feed{
			watchers: map[string][]chan calling.Progress{}, first: map[string]calling.Progress{},
			followers: map[string][]chan []calling.Progress{}, active: map[string][]calling.Progress{},
		},
	}
	b.store.Read().Intercept(b.queries)
	b.accounts = accounts.New(b.store, moment)
	var err error
	if b.key, err = b.accounts.SeedDemo(tb.Context(), ""); err != nil {
		tb.Fatal(err)
	}
	other, err := b.accounts.CreateOrganization(tb.Context(),
		accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 3, CreditMicros: calling.USD})
	if err != nil {
		tb.Fatal(err)
	}
	b.otherOrg, b.otherKey = other.ID, other.Key
	b.dialer = dialer.New(dialer.Config{
		Store: b.store, Queue: fakes{}, Carrier: fakes{}, Publisher: fakes{}, Now: moment, Log: slog.New(slog.DiscardHandler),
	})
	tb.Cleanup(b.dialer.Stop)
	log := slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	config := graph.Config{
		Store: b.store, Accounts: b.accounts, Dialer: b.dialer,
		Webhooks: hooks.New(hooks.Config{Store: b.store, Queue: fakes{}, Now: moment, Log: slog.New(slog.DiscardHandler)}), Progress: b.feed, Now: moment, Log: log,
		Carrier: model.CarrierInfo{Name: "simulator", Simulated: true},
	}
	for _, c := range change {
		c(&config)
	}
	b.handler = graph.New(config)
	b.server = httptest.NewUnstartedServer(edge.Wrap(b.handler, log))
	b.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	b.server.Start()
	tb.Cleanup(func() {
		b.handler.Drain()
		b.server.Close()
	})
	return b
}

// logger writes into the bundle's log.
func (b *bundle) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b.log, nil)) }

// again is the same bundle with another handler, whose progress is p.
func (b *bundle) again(tb testing.TB, p graph.Progress) *bundle {
	tb.Helper()
	other := *b
	other.handler = graph.New(graph.Config{Store: b.store, Accounts: b.accounts, Dialer: b.dialer, Progress: p, Now: moment, Log: b.logger()})
	other.server = httptest.NewServer(edge.Wrap(other.handler, b.logger()))
	tb.Cleanup(func() {
		other.handler.Drain()
		other.server.Close()
	})
	return &other
}

// system is the context of the program's own work.
func system(ctx context.Context) context.Context { return auth.WithSystem(ctx) }

// result is what came back.
type result struct {
	status int
	header http.Header
	raw    string
	Data   map[string]any `json:"data"`
	Errors []failure      `json:"errors"`
}

type failure struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

func (f failure) code() string { s, _ := f.Extensions["code"].(string); return s }

// codes returns the codes of all errors.
func (r result) codes() []string {
	var codes []string
	for _, e := range r.Errors {
		codes = append(codes, e.code())
	}
	return codes
}

// at returns what a path of the data leads to; "nodes.0.id".
func (r result) at(path string) any { return at(r.Data, path) }

func at(value any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			var n int
			if _, err := fmt.Sscan(step, &n); err != nil || n >= len(v) {
				return nil
			}
			value = v[n]
		default:
			return nil
		}
	}
	return value
}

// all collects one field of every element of a list.
func all[T any](tb testing.TB, list any, field string) []T {
	tb.Helper()
	values := []T{}
	elements, _ := list.([]any)
	for _, e := range elements {
		v, ok := at(e, field).(T)
		if !ok {
			tb.Fatalf("%s of %v is not a %T", field, e, v)
		}
		values = append(values, v)
	}
	return values
}

type vars = map[string]any

// change changes a request before it is sent.
type change = func(*http.Request)

func header(name, value string) change {
	return func(r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

func as(key string) change { return header("Authorization", "Bearer "+key) }

// send sends a request with the demo key.
func (b *bundle) send(tb testing.TB, method, query, contentType string, body io.Reader, changes ...change) result {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, b.server.URL+query, body)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.key)
	r.Header.Set("Accept", "application/graphql-response+json")
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range changes {
		c(r)
	}
	got, err := b.server.Client().Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		tb.Fatal(err)
	}
	a := result{status: got.StatusCode, header: got.Header, raw: string(raw)}
	if strings.Contains(got.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &a); err != nil {
			tb.Fatalf("the answer %d %q is not JSON: %v", got.StatusCode, raw, err)
		}
	}
	return a
}

// post posts an operation.
func (b *bundle) post(tb testing.TB, query string, variables vars, changes ...change) result {
	tb.Helper()
	return b.send(tb, http.MethodPost, "/", "application/json", bytes.NewReader(operation(tb, query, variables)), changes...)
}

// ask posts an operation that must succeed.
func (b *bundle) ask(tb testing.TB, query string, variables vars, changes ...change) result {
	tb.Helper()
	r := b.post(tb, query, variables, changes...)
	if r.status != http.StatusOK || len(r.Errors) > 0 {
		tb.Fatalf("%s\n%v\n%d %s", query, variables, r.status, r.raw)
	}
	return r
}

func operation(tb testing.TB, query string, variables vars) []byte {
	tb.Helper()
	body, err := json.Marshal(vars{"query": query, "variables": variables})
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// viewer is the context of the demo organization's own work.
func (b *bundle) viewer(tb testing.TB, key string) context.Context {
	tb.Helper()
	v, err := b.accounts.Authenticate(tb.Context(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return auth.WithViewer(context.WithoutCancel(tb.Context()), v)
}

// create makes a batch job with n contacts, one rejected row and one duplicate.
func (b *bundle) create(tb testing.TB, name string, n int) string {
	tb.Helper()
	upload, err := contacts.ReadList(func(yield func(contacts.Item) bool) {
		for i := range n {
			fields := map[string]any{"customerName": "Jane", "planType": "Basic", "renewalDate": "Feb 1"}
			if !yield(contacts.Item{Phone: fmt.Sprintf("+1202%07d", i), CustomFields: fields}) {
				return
			}
		}
		_ = yield(contacts.Item{Phone: "202-555-0101"}) && yield(contacts.Item{Phone: "+12020000000"})
	})
	if err != nil {
		tb.Fatal(err)
	}
	created, err := b.dialer.Create(b.viewer(tb, b.key), dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: name}, Upload: upload,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return created.BatchJobID
}

// createFrom makes a batch job of a list of contacts.
func (b *bundle) createFrom(tb testing.TB, request calling.BatchRequest, items ...contacts.Item) string {
	tb.Helper()
	return b.createFromNumber(tb, "phone_abc123", request, items...)
}

// createFromNumber is createFrom for a phone number.
func (b *bundle) createFromNumber(tb testing.TB, number string, request calling.BatchRequest, items ...contacts.Item) string {
	tb.Helper()
	upload, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		tb.Fatal(err)
	}
	request.FromPhoneNumberID = number
	created, err := b.dialer.Create(b.viewer(tb, b.key), dialer.CreateRequest{BatchRequest: request, Upload: upload})
	if err != nil {
		tb.Fatal(err)
	}
	return created.BatchJobID
}

// write changes rows behind the dialer's back.
func (b *bundle) write(tb testing.TB, change func(ctx context.Context, rows *ent.Client) error) {
	tb.Helper()
	err := b.store.InTx(auth.WithSystem(tb.Context()), func(ctx context.Context, tx *store.Tx) error { return change(ctx, tx.Ent) })
	if err != nil {
		tb.Fatal(err)
	}
}

// snapshot tells how a batch job stands.
func (b *bundle) snapshot(id string, version int64, status calling.BatchStatus) calling.Progress {
	return calling.Progress{BatchJobID: id, Version: version, Status: status, OccurredAt: moment()}
}

// eventually waits until something is so.
func eventually(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// Start takes every call.
func (fakes) Start(context.Context, calling.Call) (refusal *calling.Report, err error) {
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Wait answers as Place does.
func (f fakes) Wait(ctx context.Context, c calling.Call, _ func()) (report calling.Report, known bool, err error) {
	report, err = f.Place(ctx, c)
	return report, true, err
}

// HangUp does nothing.
func (fakes) HangUp(context.Context, calling.Call) error { return nil }

// Keeps says that calls outlive the process.
func (fakes) Keeps() bool { return true }
