package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"go.uber.org/goleak"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = 30 * time.Second

// desk is a carrier whose calls last until they are let go.
type desk struct {
	placed chan calling.Call // every ask
	end    chan struct{}     // closed: calls end

	mu    sync.Mutex
	asked map[string]int // by call
}

func newDesk() *desk {
	return &desk{placed: make(chan calling.Call, 1000), end: make(chan struct{}), asked: map[string]int{}}
}

func (d *desk) Place(ctx context.Context, call calling.Call) (calling.Report, error) {
	d.mu.Lock()
	d.asked[call.ID]++
	d.mu.Unlock()
	d.placed <- call
	select {
	case <-d.end:
		return calling.Report{Outcome: calling.OutcomeCompleted, Talk: time.Second}, nil
	case <-ctx.Done():
		return calling.Report{}, context.Cause(ctx)
	}
}

// asks returns how often each call was asked for.
func (d *desk) asks() (times []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.asked {
		times = append(times, n)
	}
	return times
}

// calls waits for n asks.
func (d *desk) calls(tb testing.TB, n int) []calling.Call {
	tb.Helper()
	all := make([]calling.Call, 0, n)
	for len(all) < n {
		select {
		case call := <-d.placed:
			all = append(all, call)
		case <-time.After(patience):
			tb.Fatalf("%d of %d calls were asked for", len(all), n)
		}
	}
	return all
}

// bundle is a node at work, signed in as the demo organization.
type bundle struct {
	*testkit.Engine

	viewer auth.Viewer
}

func setup(tb testing.TB, s *store.Store, options testkit.Options) *bundle {
	tb.Helper()
	b := &bundle{Engine: testkit.Start(tb, s, options)}
	key, err := b.Accounts.SeedDemo(tb.Context(), "")
	if err != nil {
		tb.Fatal(err)
	}
	if b.viewer, err = b.Accounts.Authenticate(tb.Context(), key); err != nil {
		tb.Fatal(err)
	}
	return b
}

func (b *bundle) context(tb testing.TB) context.Context {
	tb.Helper()
	return auth.WithViewer(tb.Context(), b.viewer)
}

// secret is in every contact of the tests, and must be in no job.
const secret = "Jane-Doe-of-Springfield"

func (b *bundle) create(tb testing.TB, n int, change ...func(*dialer.CreateRequest)) (batchJobID string) {
	tb.Helper()
	items := make([]contacts.Item, n)
	for i := range items {
		items[i] = contacts.Item{
			Phone: fmt.Sprintf("+1202555%04d", 1200+i), Name: new(secret),
			CustomFields: map[string]any{"customerName": secret, "planType": secret, "renewalDate": secret},
		}
	}
	upload, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		tb.Fatal(err)
	}
	request := dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: secret}, Upload: upload,
	}
	for _, c := range change {
		c(&request)
	}
	created, err := b.Dialer.Create(b.context(tb), request)
	if err != nil {
		tb.Fatal(err)
	}
	return created.BatchJobID
}

// finished watches a batch job to its end.
func (b *bundle) finished(tb testing.TB, batchJobID string) calling.Progress {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	updates, err := b.Hub.Subscribe(ctx, batchJobID)
	if err != nil {
		tb.Fatal(err)
	}
	var last calling.Progress
	for last = range updates { // until it is over
	}
	if !last.Status.Terminal() {
		tb.Fatalf("it is still %+v", last)
	}
	return last
}

// job is a row of the queue.
type job struct {
	Kind, Queue, State string
	Args               string
	MaxAttempts        int
	ScheduledAt        time.Time
}

// jobRows reads the queue past River, oldest first.
func jobRows(tb testing.TB, s *store.Store) []job {
	tb.Helper()
	s = s.Queue()
	args := "args::text"
	if s.Dialect() == dialect.SQLite {
		args = "json(args)"
	}
	rows, err := s.Writer().QueryContext(tb.Context(),
		"SELECT kind, queue, state, "+args+", max_attempts, scheduled_at FROM river_job ORDER BY id")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []job
	for rows.Next() {
		var j job
		if err := rows.Scan(&j.Kind, &j.Queue, &j.State, &j.Args, &j.MaxAttempts, &j.ScheduledAt); err != nil {
			tb.Fatal(err)
		}
		all = append(all, j)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

// settled waits until no more jobs than open have not been completed.
func settled(tb testing.TB, s *store.Store, open int) {
	tb.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var left []job
		for _, j := range jobRows(tb, s) {
			if j.State != "completed" {
				left = append(left, j)
			}
		}
		if len(left) <= open {
			return
		}
		if time.Now().After(end) {
			tb.Fatalf("there are jobs left: %+v", left)
		}
	}
}

// listener is a log that keeps what it is told.
type listener struct {
	slog.Handler

	mu   *sync.Mutex
	said *[]slog.Record
}

func newListener() listener {
	return listener{Handler: slog.DiscardHandler, mu: &sync.Mutex{}, said: &[]slog.Record{}}
}

func (l listener) Enabled(context.Context, slog.Level) bool { return true }

func (l listener) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.said = append(*l.said, r)
	return nil
}

func (l listener) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l listener) WithGroup(string) slog.Handler      { return l }

// check checks that a healthy run neither warns, nor tells River's everyday
// news, nor names anybody.
func (l listener) check(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range *l.said {
		text := r.Message
		r.Attrs(func(a slog.Attr) bool { text += " " + a.String(); return true })
		if r.Level >= slog.LevelWarn || strings.Contains(strings.ToLower(text), "river") ||
			strings.Contains(text, secret) || strings.Contains(text, "202555") {
			t.Errorf("the log says %s %s", r.Level, text)
		}
	}
}

// Start takes every call.
func (*desk) Start(context.Context, calling.Call) (refusal *calling.Report, err error) {
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Wait answers as Place does.
func (d *desk) Wait(ctx context.Context, c calling.Call, _ func()) (report calling.Report, known bool, err error) {
	report, err = d.Place(ctx, c)
	return report, true, err
}

// HangUp does nothing.
func (*desk) HangUp(context.Context, calling.Call) error { return nil }

// Keeps says that calls outlive the process.
func (*desk) Keeps() bool { return true }
