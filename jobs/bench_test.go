package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// stopwatch is a carrier whose calls take a fixed time. It notes when each of an
// organization's calls was started and when its end was told.
type stopwatch struct {
	length time.Duration

	mu     sync.Mutex
	starts map[string][]time.Time
	ends   map[string][]time.Time
}

func newStopwatch(length time.Duration) *stopwatch {
	return &stopwatch{length: length, starts: map[string][]time.Time{}, ends: map[string][]time.Time{}}
}

func (w *stopwatch) Start(_ context.Context, c calling.Call) (refusal *calling.Report, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts[c.OrganizationID] = append(w.starts[c.OrganizationID], time.Now())
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

func (w *stopwatch) Wait(_ context.Context, c calling.Call, _ func()) (report calling.Report, known bool, err error) {
	time.Sleep(w.length)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends[c.OrganizationID] = append(w.ends[c.OrganizationID], time.Now())
	return calling.Report{Outcome: calling.OutcomeCompleted}, true, nil
}

func (*stopwatch) HangUp(context.Context, calling.Call) error { return nil }
func (*stopwatch) Keeps() bool                                { return true }

// turnarounds are the times from the end of a call to the start of the one that
// got its slot: with limit slots, the one that many starts later.
func (w *stopwatch) turnarounds(limit int) []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []time.Duration
	for org, ends := range w.ends {
		for i, end := range ends {
			if i+limit < len(w.starts[org]) {
				all = append(all, w.starts[org][i+limit].Sub(end))
			}
		}
	}
	slices.Sort(all)
	return all
}

// BenchmarkSettle measures how many zero-length calls a node settles a second,
// with limits of 50, beside the no-op jobs a second of River alone with the same
// settings in the same minute.
func BenchmarkSettle(b *testing.B) {
	for _, organizations := range []int{1, 20} {
		b.Run(fmt.Sprintf("postgres/organizations=%d", organizations), func(b *testing.B) {
			settle(b, storetest.Postgres(b, jobs.Migrate), organizations, riverNoOps(b))
		})
	}
	b.Run("sqlite/organizations=1", func(b *testing.B) { settle(b, storetest.SQLite(b, jobs.Migrate), 1, 0) })
}

func settle(b *testing.B, s *store.Store, organizations int, river float64) {
	b.Helper()
	const limit = 50
	watch := newStopwatch(0)
	e := testkit.Start(b, s, testkit.Options{Carrier: watch})
	each := 10_000 / organizations
	for b.Loop() {
		began := time.Now()
		run(b, e, organizations, each, limit)
		rate := float64(organizations*each) / time.Since(began).Seconds()
		b.ReportMetric(rate, "calls/s")
		if river > 0 {
			b.ReportMetric(river, "river-no-ops/s")
			b.ReportMetric(rate/river, "of-river")
		}
	}
}

// BenchmarkTurnaround measures how long a slot stays empty between the end of a
// call and the next one's start, with calls of a second and a limit of 50.
func BenchmarkTurnaround(b *testing.B) {
	for name, open := range map[string]func(testing.TB, storetest.Prepare) *store.Store{
		"postgres": storetest.Postgres, "sqlite": storetest.SQLite,
	} {
		b.Run(name, func(b *testing.B) {
			watch := newStopwatch(time.Second)
			e := testkit.Start(b, open(b, jobs.Migrate), testkit.Options{Carrier: watch})
			for b.Loop() {
				run(b, e, 1, 1000, 50)
			}
			all := watch.turnarounds(50)
			b.ReportMetric(all[len(all)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(all[len(all)*99/100].Seconds()*1000, "p99-ms")
		})
	}
}

// run has each of the organizations call a batch job to its end.
func run(b *testing.B, e *testkit.Engine, organizations, each, limit int) {
	b.Helper()
	type started struct {
		ctx context.Context
		id  string
	}
	b.StopTimer()
	all := make([]started, 0, organizations)
	for i := range organizations {
		made, err := e.Accounts.CreateOrganization(b.Context(), accounts.NewOrganization{
			Name: fmt.Sprint("Organization ", i), ConcurrentCallLimit: limit, CreditMicros: 1e12,
			PhoneNumber: "+12025550199", Prompt: "You are calling {{name}}.",
		})
		if err != nil {
			b.Fatal(err)
		}
		viewer, err := e.Accounts.Authenticate(b.Context(), made.Key)
		if err != nil {
			b.Fatal(err)
		}
		ctx := auth.WithViewer(b.Context(), viewer)
		created, err := e.Dialer.Create(ctx, dialer.CreateRequest{
			BatchRequest: calling.BatchRequest{
				FromPhoneNumberID: made.PhoneNumberID, Name: "Run", ConcurrentCallLimit: &limit,
			},
			Upload: people(b, each),
		})
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, started{ctx, created.BatchJobID})
	}
	b.StartTimer()
	for _, a := range all {
		for {
			p, err := e.Dialer.Progress(a.ctx, a.id)
			if err != nil {
				b.Fatal(err)
			}
			if p[0].Status.Terminal() {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func people(b *testing.B, n int) *contacts.Upload {
	b.Helper()
	items := make([]contacts.Item, n)
	for i := range items {
		items[i] = contacts.Item{Phone: fmt.Sprintf("+1202%05d%02d", i/90, 10+i%90), CustomFields: map[string]any{"plan": "Basic"}}
	}
	u, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		b.Fatal(err)
	}
	return u
}

type noOpArgs struct{}

func (noOpArgs) Kind() string { return "no_op" }

// riverNoOps returns how many jobs a second River works that do nothing, with
// the settings of the queue of calls.
func riverNoOps(b *testing.B) float64 {
	b.Helper()
	const count = 20_000
	s := storetest.Postgres(b, jobs.Migrate)
	var worked atomic.Int64
	done := make(chan struct{})
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[noOpArgs]) error {
		if worked.Add(1) == count {
			close(done)
		}
		return nil
	}))
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{
		Logger: slog.New(slog.DiscardHandler), Workers: workers,
		FetchCooldown: 10 * time.Millisecond, FetchPollInterval: 100 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 500}},
	})
	if err != nil {
		b.Fatal(err)
	}
	params := make([]river.InsertManyParams, count)
	for i := range params {
		params[i].Args = noOpArgs{}
	}
	if _, err := client.InsertManyFast(b.Context(), params); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := client.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	<-done
	rate := count / time.Since(began).Seconds()
	if err := client.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	return rate
}
