package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/rest"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// fakes stands where the queue, the carrier and the watchers are in the program.
type fakes struct {
	mu     sync.Mutex
	starts map[string]time.Time // batch job → when it was asked to start
}

func (f *fakes) StartBatch(_ context.Context, _ *store.Tx, _, batchJobID string, at time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts[batchJobID] = at
	return nil
}

func (f *fakes) PlaceCalls(context.Context, *store.Tx, string, []uuid.UUID) error {
	return errors.New("a door places no calls")
}

func (f *fakes) HangUpCalls(context.Context, *store.Tx, string, []uuid.UUID) error { return nil }

func (f *fakes) Place(context.Context, calling.Call) (calling.Report, error) {
	return calling.Report{}, errors.New("a door places no calls")
}

func (f *fakes) Changed(string) {}

// bundle is the door before a real dialer on a real database, and the demo
// organization's key.
type bundle struct {
	store    *store.Store
	accounts *accounts.Accounts
	queue    *fakes
	log      *bytes.Buffer // complete once the server is closed
	url      string
	server   *httptest.Server
	key      string
}

// pageTime is before every date on the product page.
func pageTime() time.Time { return time.Date(2025, 1, 15, 12, 0, 0, 0, time.UTC) }

// setup starts the door at a moment that does not pass.
func setup(tb testing.TB, now time.Time, change ...func(*rest.Config)) *bundle {
	tb.Helper()
	clock := func() time.Time { return now }
	b := &bundle{store: storetest.SQLite(tb, nil), queue: &fakes{starts: map[string]time.Time{}}, log: &bytes.Buffer{}}
	b.accounts = accounts.New(b.store, clock)
	key, err := b.accounts.SeedDemo(tb.Context(), "")
	if err != nil {
		tb.Fatal(err)
	}
	b.key = key
	d := dialer.New(dialer.Config{
		Store: b.store, Queue: b.queue, Carrier: b.queue, Publisher: b.queue, Now: clock, Log: slog.New(slog.DiscardHandler),
	})
	tb.Cleanup(d.Stop)
	log := slog.New(slog.NewJSONHandler(b.log, nil))
	config := rest.Config{Dialer: d, Store: b.store, Accounts: b.accounts, Ready: []rest.Check{{Name: "database", Is: "cannot be reached", Run: b.store.Ping}}, Log: log}
	for _, c := range change {
		c(&config)
	}
	b.server = httptest.NewUnstartedServer(edge.Wrap(rest.New(config), log))
	b.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	b.server.Start()
	tb.Cleanup(b.server.Close)
	b.url = b.server.URL
	return b
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

func (a answer) code() string   { s, _ := a.body["code"].(string); return s }
func (a answer) detail() string { s, _ := a.body["detail"].(string); return s }
func (a answer) id() string     { s, _ := a.body["batchJobId"].(string); return s }

// fields returns the fields that errors blames.
func (a answer) fields() []string {
	var fields []string
	list, _ := a.body["errors"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		field, _ := m["field"].(string)
		fields = append(fields, field)
	}
	return fields
}

// request is a request that can be changed before it is sent.
type request = func(*http.Request)

func header(name, value string) request {
	return func(r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

// send sends a request with the demo key.
func (b *bundle) send(tb testing.TB, method, path, contentType string, body io.Reader, change ...request) answer {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, b.url+path, body)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.key)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range change {
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
	a := answer{status: got.StatusCode, header: got.Header, raw: raw}
	if len(raw) > 0 && !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			tb.Fatalf("the answer %d %q is not JSON: %v", got.StatusCode, raw, err)
		}
	}
	a.fitsDescription(tb, method, r.URL.Path)
	return a
}

// json posts a JSON body.
func (b *bundle) json(tb testing.TB, body string, change ...request) answer {
	tb.Helper()
	return b.send(tb, http.MethodPost, "/batch/create", "application/json", bytes.NewReader([]byte(body)), change...)
}

// form posts a multipart body.
func (b *bundle) form(tb testing.TB, parts []part, change ...request) answer {
	tb.Helper()
	body, contentType := encode(tb, parts)
	return b.send(tb, http.MethodPost, "/batch/create", contentType, bytes.NewReader(body), change...)
}

// post posts the form, or else the JSON.
func (b *bundle) post(tb testing.TB, json string, form []part) answer {
	tb.Helper()
	if form != nil {
		return b.form(tb, form)
	}
	return b.json(tb, json)
}

// part is a part of a multipart body; a file when it has a file name.
type part struct{ name, value, file string }

func field(name, value string) part { return part{name: name, value: value} }

func file(content string) part { return part{name: "file", value: content, file: "contacts.csv"} }

func encode(tb testing.TB, parts []part) (body []byte, contentType string) {
	tb.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, p := range parts {
		create := func() (io.Writer, error) { return w.CreateFormField(p.name) }
		if p.file != "" {
			create = func() (io.Writer, error) { return w.CreateFormFile(p.name, p.file) }
		}
		write, err := create()
		if err == nil {
			_, err = io.WriteString(write, p.value)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes(), w.FormDataContentType()
}

// system is the context of the test's own looks into the database.
func system(tb testing.TB) context.Context {
	tb.Helper()
	return auth.WithSystem(context.WithoutCancel(tb.Context()))
}

// batches returns every batch job in the database.
func (b *bundle) batches(tb testing.TB) []*ent.BatchJob {
	tb.Helper()
	all, err := b.store.Read().BatchJob.Query().All(system(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// change changes rows.
func (b *bundle) change(tb testing.TB, fn func(ctx context.Context, tx *store.Tx) error) {
	tb.Helper()
	if err := b.store.InTx(system(tb), fn); err != nil {
		tb.Fatal(err)
	}
}

const sample = "phone,name,customerName,renewalDate\n" +
	"+12025550101,John Smith,John Smith,Feb 1\n" +
	"+12025550102,Jane Doe,Jane Doe,Feb 5\n" +
	"+12025550103,Bob Johnson,Bob Johnson,Feb 10\n"

// Start takes every call.
func (*fakes) Start(context.Context, calling.Call) (refusal *calling.Report, err error) {
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Wait answers as Place does.
func (f *fakes) Wait(ctx context.Context, c calling.Call, _ func()) (report calling.Report, known bool, err error) {
	report, err = f.Place(ctx, c)
	return report, true, err
}

// HangUp does nothing.
func (*fakes) HangUp(context.Context, calling.Call) error { return nil }

// Keeps says that calls outlive the process.
func (*fakes) Keeps() bool { return true }
