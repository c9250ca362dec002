package dialer_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// deadline is how long a test waits for something that should come at once.
const deadline = 2 * time.Minute

// bundle is an engine on a new database, signed in as the demo organization.
type bundle struct {
	*testkit.Engine

	ctx context.Context //nolint:containedctx // the viewer of the whole test
	key string
}

func setup(tb testing.TB, s *store.Store, options testkit.Options) *bundle {
	tb.Helper()
	e := testkit.Start(tb, s, options)
	key, err := e.Accounts.SeedDemo(tb.Context(), "")
	if err != nil {
		tb.Fatal(err)
	}
	viewer, err := e.Accounts.Authenticate(tb.Context(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return &bundle{Engine: e, ctx: auth.WithViewer(tb.Context(), viewer), key: key}
}

// upload has n contacts with made-up numbers that end in none of the
// simulator's magic suffixes.
func upload(tb testing.TB, n int) *contacts.Upload {
	tb.Helper()
	items := make([]contacts.Item, n)
	for i := range items {
		items[i] = contacts.Item{
			Phone:        fmt.Sprintf("+1202%05d%02d", i/90, 10+i%90),
			CustomFields: map[string]any{"customerName": "Jane", "planType": "Basic", "renewalDate": "Feb 1"},
		}
	}
	return read(tb, items)
}

func read(tb testing.TB, items []contacts.Item) *contacts.Upload {
	tb.Helper()
	u, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

func (b *bundle) create(tb testing.TB, limit int, u *contacts.Upload, change ...func(*dialer.CreateRequest)) string {
	tb.Helper()
	request := dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: "Run", ConcurrentCallLimit: &limit},
		Upload:       u,
	}
	for _, c := range change {
		c(&request)
	}
	created, err := b.Dialer.Create(b.ctx, request)
	if err != nil {
		tb.Fatal(err)
	}
	return created.BatchJobID
}

// finished watches a batch job to its end, as a dashboard does.
func (b *bundle) finished(tb testing.TB, id string) calling.Progress {
	tb.Helper()
	return b.until(tb, id, func(p calling.Progress) bool { return p.Status.Terminal() })
}

// until watches a batch job until done says so, checking every snapshot.
func (b *bundle) until(tb testing.TB, id string, done func(calling.Progress) bool) calling.Progress {
	tb.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, deadline)
	defer cancel()
	updates, err := b.Hub.Subscribe(ctx, id)
	if err != nil {
		tb.Fatal(err)
	}
	var last calling.Progress
	for p := range updates {
		if p.Version < last.Version {
			tb.Errorf("the version went from %d to %d", last.Version, p.Version)
		}
		if sum := p.Pending + p.Dialing + p.Completed + p.Failed + p.Cancelled; sum != p.Total {
			tb.Errorf("counts sum to %d of %d", sum, p.Total)
		}
		last = p
		if done(p) {
			return p
		}
	}
	tb.Fatalf("the wait ended with %+v", last)
	return last
}

func TestRun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		t.Run("dials every contact to its end within both limits", func(t *testing.T) {
			b := setup(t, s, testkit.Options{})
			first := b.create(t, 15, upload(t, 120))
			second := b.create(t, 8, upload(t, 60))
			for _, id := range []string{first, second} {
				p := b.finished(t, id)
				if p.Status != calling.BatchCompleted || p.Final() != p.Total {
					t.Errorf("ended as %+v", p)
				}
			}
			if peak := b.Simulator.Peak(first); peak > 15 {
				t.Errorf("the first batch job had %d calls in flight, 15 allowed", peak)
			}
			if peak := b.Simulator.Peak(second); peak > 8 {
				t.Errorf("the second batch job had %d calls in flight, 8 allowed", peak)
			}
			viewer, _ := auth.FromContext(b.ctx)
			if peak := b.Simulator.Peak(viewer.OrganizationID); peak > 20 {
				t.Errorf("the organization had %d calls in flight, 20 allowed", peak)
			}
			if f := b.Dialer.Findings(); f != (dialer.Findings{}) {
				t.Errorf("the sweep had to repair a healthy system: %+v", f)
			}
			testkit.Audit(t, s)
		})
	})
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		var items []contacts.Item
		for _, suffix := range []string{"200", "850", "480", "486", "408", "603", "608", "404", "500", "487", "999", "503"} {
			items = append(items, contacts.Item{Phone: "+12025550" + suffix})
		}
		id := b.create(t, 20, read(t, items), func(r *dialer.CreateRequest) { two := 2; r.MaxAttempts = &two })
		b.finished(t, id)
		type end struct {
			Status         calling.ContactStatus
			Outcome        calling.Outcome
			Used, Attempts int
		}
		want := map[string]end{
			"200": {calling.ContactCompleted, calling.OutcomeCompleted, 1, 1},
			"850": {calling.ContactCompleted, calling.OutcomeVoicemail, 1, 1},
			"480": {calling.ContactFailed, calling.OutcomeNoAnswer, 2, 2},
			"486": {calling.ContactFailed, calling.OutcomeBusy, 2, 2},
			"408": {calling.ContactFailed, calling.OutcomeTimeout, 2, 2},
			"603": {calling.ContactFailed, calling.OutcomeRejected, 1, 1},
			"608": {calling.ContactFailed, calling.OutcomeBlocked, 1, 1},
			"404": {calling.ContactFailed, calling.OutcomeInvalidNumber, 1, 1},
			"500": {calling.ContactFailed, calling.OutcomeCarrierError, 1, 1},
			"487": {calling.ContactCancelled, calling.OutcomeCancelled, 1, 1},
			"999": {calling.ContactFailed, calling.OutcomeUnknown, 1, 1},
			"503": {calling.ContactCompleted, calling.OutcomeCompleted, 1, 3}, // full twice, which spends nothing
		}
		for _, c := range s.Read().Contact.Query().AllX(b.ctx) {
			suffix := string(c.Phone)[len(c.Phone)-3:]
			got := end{c.Status, *c.LastOutcome, c.AttemptsUsed, c.LastAttempt}
			if got != want[suffix] {
				t.Errorf("%s ended as %+v, want %+v", suffix, got, want[suffix])
			}
		}
		testkit.Audit(t, s)
	})
}

func TestRestart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		before := setup(t, s, testkit.Options{TimeScale: 200})
		id := before.create(t, 20, upload(t, 120))
		before.until(t, id, func(p calling.Progress) bool { return p.Final() > 20 })
		before.Stop()
		flying := s.Read().Attempt.Query().CountX(before.ctx)
		after := &bundle{Engine: testkit.Start(t, s, testkit.Options{TimeScale: 200}), ctx: before.ctx}
		p := after.finished(t, id)
		if p.Final() != 120 || p.Status != calling.BatchCompleted {
			t.Errorf("ended as %+v", p)
		}
		if peak := after.Simulator.Peak(id); peak > 20 || flying == 0 {
			t.Errorf("%d attempts before, a peak of %d after", flying, peak)
		}
		testkit.Audit(t, s)
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{TimeScale: 500})
		id := b.create(t, 10, upload(t, 200))
		b.until(t, id, func(p calling.Progress) bool { return p.Final() > 10 })
		if err := b.Dialer.Pause(b.ctx, id, ""); err != nil {
			t.Fatal(err)
		}
		paused := b.until(t, id, func(p calling.Progress) bool { return p.Dialing == 0 })
		if paused.Status != calling.BatchPaused || paused.PauseReason != calling.PausedByPerson {
			t.Errorf("paused as %+v", paused)
		}
		if err := b.Dialer.Pause(b.ctx, id, ""); calling.CodeOf(err) != calling.CodeActionNotAllowed {
			t.Errorf("a second pause says %v", err)
		}
		testkit.Audit(t, s)
		if err := b.Dialer.Resume(b.ctx, id, ""); err != nil {
			t.Fatal(err)
		}
		b.until(t, id, func(p calling.Progress) bool { return p.Final() > paused.Final()+10 })
		cancelled, err := b.Dialer.Cancel(b.ctx, id, false, "")
		if err != nil || cancelled == 0 {
			t.Fatalf("cancelled %d contacts: %v", cancelled, err)
		}
		p := b.finished(t, id)
		if p.Status != calling.BatchCancelled || p.Final() != 200 {
			t.Errorf("ended as %+v", p)
		}
		if _, err := b.Dialer.Cancel(b.ctx, id, false, ""); calling.CodeOf(err) != calling.CodeActionNotAllowed {
			t.Errorf("cancelling what is over says %v", err)
		}
		if _, err := b.Dialer.Cancel(b.ctx, "batch_unknown", false, ""); calling.CodeOf(err) != calling.CodeNotFound {
			t.Errorf("cancelling what is not there says %v", err)
		}
		testkit.Audit(t, s)
	})
}
