package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/progress"
	"github.com/outdial/outdial/store"
)

// engine is a node as the program makes it, without its HTTP doors.
type engine struct {
	store    *store.Store
	dialer   *dialer.Dialer
	jobs     *jobs.Jobs
	accounts *accounts.Accounts
	hub      *progress.Hub
	end      context.CancelFunc
	work     sync.WaitGroup
}

func (b *bench) start(ctx context.Context, s *store.Store, carrier dialer.Carrier) (*engine, error) {
	e := &engine{store: s}
	clock := func() time.Time { return e.dialer.Time() }
	e.accounts, e.jobs = accounts.New(s, clock), jobs.Open(clock, b.log)
	e.hub = progress.NewHub(ctx, func(ctx context.Context, ids ...string) ([]calling.Progress, error) {
		return e.dialer.Progress(auth.WithSystem(ctx), ids...)
	}, func(ctx context.Context, organizationID, after string) ([]calling.Progress, error) {
		return e.dialer.Active(auth.WithSystem(ctx), organizationID, after)
	}, b.log)
	relay := progress.NewRelay(e.hub, s, b.log)
	e.dialer = dialer.New(dialer.Config{Store: s, Queue: e.jobs, Publisher: relay, Carrier: carrier, Log: b.log})
	if err := e.jobs.Connect(s, e.dialer, jobs.Config{CallsPerNode: 5000, Log: b.log}); err != nil {
		return nil, err
	}
	if err := errors.Join(e.dialer.SetClock(ctx), e.jobs.Start(ctx)); err != nil {
		return nil, err
	}
	ctx, e.end = context.WithCancel(ctx)
	e.work.Go(func() { relay.Run(ctx) })
	e.work.Go(func() { e.dialer.Run(ctx) })
	return e, nil
}

// stop ends the node and closes its database.
func (e *engine) stop() error {
	err := e.jobs.Stop(context.Background(), time.Second)
	e.end()
	e.dialer.Stop()
	e.work.Wait()
	e.hub.Close()
	return errors.Join(err, e.store.Close())
}

// customer is an organization and who acts for it.
type customer struct {
	ctx    context.Context //nolint:containedctx // carries the viewer
	number string
}

func (e *engine) customer(ctx context.Context, limit int) (customer, error) {
	made, err := e.accounts.CreateOrganization(ctx, accounts.NewOrganization{
		Name: "Bench", ConcurrentCallLimit: limit, CreditMicros: 1e12, PhoneNumber: "+12025550199", Prompt: "You are calling {{name}} about {{plan}}.",
	})
	if err != nil {
		return customer{}, err
	}
	viewer, err := e.accounts.Authenticate(ctx, made.Key)
	return customer{auth.WithViewer(ctx, viewer), made.PhoneNumberID}, err
}

// create makes a batch job of n contacts, to start at a moment, or at once.
func (e *engine) create(c customer, n, limit int, at *time.Time) (string, error) {
	upload, err := people(n)
	if err != nil {
		return "", err
	}
	request := dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{FromPhoneNumberID: c.number, Name: "Run", ConcurrentCallLimit: &limit},
		Upload:       upload,
	}
	if at != nil {
		text := at.UTC().Format(time.RFC3339Nano)
		request.ScheduledStartTime = &text
	}
	created, err := e.dialer.Create(c.ctx, request)
	if err != nil {
		return "", err
	}
	return created.BatchJobID, nil
}

// finished waits until a batch job is over.
func (e *engine) finished(c customer, id string) error {
	for {
		p, err := e.dialer.Progress(c.ctx, id)
		if err != nil {
			return err
		}
		if p[0].Status.Terminal() {
			return nil
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
}

func people(n int) (*contacts.Upload, error) {
	items := make([]contacts.Item, n)
	for i := range items {
		name := fmt.Sprint("Person ", i)
		items[i] = contacts.Item{
			Phone: phone(i), Name: &name,
			CustomFields: map[string]any{"plan": "Basic", "renewalDate": "2027-03-01", "city": "Springfield", "account": fmt.Sprint("A-", i)},
		}
	}
	return contacts.ReadList(slices.Values(items))
}

// phone returns a number that is valid and nobody else's of n.
func phone(i int) string { return fmt.Sprintf("+1202%05d%02d", 20_000+i/90, 10+i%90) }

// stopwatch is a carrier whose calls take a fixed time. It notes when each was
// started and ended.
type stopwatch struct {
	length time.Duration
	expect int           // how many calls there will be; 0 = nobody waits for them
	all    chan struct{} // closed when so many have ended

	mu     sync.Mutex
	starts []time.Time
	ends   []time.Time
	byJob  map[string]time.Time // the first start of each batch job
}

// Start implements dialer.Carrier.
func (w *stopwatch) Start(_ context.Context, c calling.Call) (refusal *calling.Report, err error) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts = append(w.starts, now)
	if w.byJob == nil {
		w.byJob = map[string]time.Time{}
	}
	if _, known := w.byJob[c.BatchJobID]; !known {
		w.byJob[c.BatchJobID] = now
	}
	return nil, nil //nolint:nilnil // nil is how a carrier says that it has the call
}

// Wait implements dialer.Carrier.
func (w *stopwatch) Wait(ctx context.Context, _ calling.Call, _ func()) (report calling.Report, known bool, err error) {
	if w.length > 0 {
		select {
		case <-time.After(w.length):
		case <-ctx.Done():
			return report, true, context.Cause(ctx)
		}
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, now)
	if len(w.ends) == w.expect {
		close(w.all)
	}
	return calling.Report{Outcome: calling.OutcomeCompleted, Talk: w.length}, true, nil
}

// HangUp implements dialer.Carrier.
func (*stopwatch) HangUp(context.Context, calling.Call) error { return nil }

// Keeps implements dialer.Carrier.
func (*stopwatch) Keeps() bool { return true }

// reset forgets what was noted.
func (w *stopwatch) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts, w.ends, w.byJob = nil, nil, nil
}

// noted returns when calls were started and ended, in order.
func (w *stopwatch) noted() (starts, ends []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(slices.Values(w.starts), time.Time.Compare), slices.SortedFunc(slices.Values(w.ends), time.Time.Compare)
}
