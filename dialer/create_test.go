package dialer_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/organization"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// twins runs a create n times at once and returns what each was told.
func (b *bundle) twins(n int, request dialer.CreateRequest) (created []*dialer.Created, errs []error) {
	var mu sync.Mutex
	var work sync.WaitGroup
	for range n {
		work.Go(func() {
			c, err := b.Dialer.Create(b.ctx, request)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			created = append(created, c)
		})
	}
	work.Wait()
	return created, errs
}

func request(u *contacts.Upload) dialer.CreateRequest {
	return dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: "Create"}, Upload: u,
	}
}

func TestCreateIdempotency(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		r := request(upload(t, 3))
		r.IdempotencyKey = "once"
		created, errs := b.twins(30, r)
		if len(errs) > 0 {
			t.Fatalf("twins failed: %v", errors.Join(errs...))
		}
		replayed := 0
		for _, c := range created {
			if c.BatchJobID != created[0].BatchJobID {
				t.Errorf("one key made %s and %s", created[0].BatchJobID, c.BatchJobID)
			}
			if c.Replayed {
				replayed++
			}
		}
		if replayed != 29 {
			t.Errorf("%d of 30 were replays", replayed)
		}
		if n := s.Read().BatchJob.Query().CountX(b.ctx); n != 1 {
			t.Errorf("%d batch jobs were made", n)
		}
		r.Name = "Another request"
		if _, err := b.Dialer.Create(b.ctx, r); calling.CodeOf(err) != calling.CodeConflict {
			t.Errorf("the key with another request says %v", err)
		}
		testkit.Audit(t, s)
	})
}

func TestCreateReplayIsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t, jobs.Migrate), testkit.Options{})
	r := request(upload(t, 3))
	r.IdempotencyKey = "twice"
	soon := time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339)
	r.ScheduledStartTime = &soon
	first, err := b.Dialer.Create(b.ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	b.finished(t, first.BatchJobID)
	second, err := b.Dialer.Create(b.ctx, r) // its start time has passed, but it is the same request
	if err != nil {
		t.Fatal(err)
	}
	first.Replayed = true
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the second answer differs: %s", diff)
	}
}

func TestCreateCannotOverspend(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		r := request(upload(t, 10))
		r.ScheduledStartTime = &later // so that nothing is spent meanwhile
		viewer, _ := auth.FromContext(b.ctx)
		err := s.InTx(auth.WithSystem(b.ctx), func(ctx context.Context, tx *store.Tx) error {
			// Exactly seven of these batch jobs can be paid for.
			want := 7*350_000 + 349_999 - 10_000*calling.USD
			if err := tx.Ent.CreditEntry.Create().SetID("credit_test").SetCreatedAt(time.Now()).SetOrganizationID(viewer.OrganizationID).
				SetKind(calling.CreditTopUp).SetBalanceDeltaMicros(want).SetHeldDeltaMicros(0).Exec(ctx); err != nil {
				return err
			}
			return tx.Ent.Organization.Update().Where(organization.ID(viewer.OrganizationID)).AddBalanceMicros(want).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		created, errs := b.twins(40, r)
		if len(created) != 7 {
			t.Errorf("%d batch jobs were made with credits for seven", len(created))
		}
		for _, err := range errs {
			if calling.CodeOf(err) != calling.CodeInsufficientCredits {
				t.Errorf("the rest were told %v", err)
			}
		}
		testkit.Audit(t, s)
	})
}

func TestCreateStoresNothingWhenRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		for number, want := range map[string]calling.Code{
			"phone_nowhere": calling.CodeNotFound, "phone_text": calling.CodeAgentNotVoiceCapable, "phone_noagent": calling.CodeNoOutboundAgent,
		} {
			r := request(upload(t, 2))
			r.FromPhoneNumberID, r.IdempotencyKey = number, "refused"
			if _, err := b.Dialer.Create(b.ctx, r); calling.CodeOf(err) != want {
				t.Errorf("%s is answered %v, want %s", number, err, want)
			}
		}
		if n := s.Read().BatchJob.Query().CountX(b.ctx) + s.Read().Contact.Query().CountX(b.ctx) + s.Read().IdempotencyRecord.Query().CountX(b.ctx); n != 0 {
			t.Errorf("%d rows were left behind", n)
		}
		testkit.Audit(t, s)
	})
}

func TestTenants(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		id := b.create(t, 5, upload(t, 3))
		made, err := b.Accounts.CreateOrganization(t.Context(), accounts.NewOrganization{
			Name: "Another", ConcurrentCallLimit: 5, CreditMicros: 100 * calling.USD,
		})
		if err != nil {
			t.Fatal(err)
		}
		viewer, err := b.Accounts.Authenticate(t.Context(), made.Key)
		if err != nil {
			t.Fatal(err)
		}
		other := auth.WithViewer(t.Context(), viewer)
		if _, err := b.Dialer.Create(other, request(upload(t, 1))); calling.CodeOf(err) != calling.CodeNotFound {
			t.Errorf("another organization's number is answered %v", err)
		}
		if _, err := b.Dialer.Cancel(other, id, false, ""); calling.CodeOf(err) != calling.CodeNotFound {
			t.Errorf("another organization's batch job is answered %v", err)
		}
		if found, err := b.Dialer.Progress(other, id); err != nil || len(found) != 0 {
			t.Errorf("another organization's progress is answered %v, %v", found, err)
		}
		if _, err := s.Read().BatchJob.Query().All(t.Context()); err == nil {
			t.Error("rows can be read without a viewer")
		}
		err = s.InTx(other, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Ent.BatchJob.Update().SetName("stolen").Save(ctx)
			if n != 0 {
				t.Errorf("%d rows of another organization were changed", n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestScheduledStart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		start := time.Now().Add(1500 * time.Millisecond).UTC().Truncate(time.Millisecond)
		text := start.Format("2006-01-02T15:04:05.999Z07:00")
		id := b.create(t, 5, upload(t, 3), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &text })
		if p := b.until(t, id, func(calling.Progress) bool { return true }); p.Status != calling.BatchScheduled {
			t.Errorf("waits as %+v", p)
		}
		p := b.finished(t, id)
		first := slices.MinFunc(s.Read().Attempt.Query().AllX(b.ctx), compareStarts)
		t.Logf("started %v late, first call %v late", p.StartedAt.Sub(start), first.StartedAt.Sub(start))
		if p.StartedAt.Before(start) || first.StartedAt.Before(start) {
			t.Errorf("started %v, %v before its time", p.StartedAt, start)
		}
		if f := b.Dialer.Findings(); f != (dialer.Findings{}) {
			t.Errorf("the sweep had to repair a healthy system: %+v", f)
		}
	})
}

func TestStartAfterDowntime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		text := time.Now().Add(time.Second).UTC().Format(time.RFC3339Nano)
		id := b.create(t, 5, upload(t, 3), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &text })
		b.Stop()
		time.Sleep(1500 * time.Millisecond) // the start passes while nothing runs
		after := &bundle{Engine: testkit.Start(t, s, testkit.Options{}), ctx: b.ctx}
		if p := after.finished(t, id); p.Status != calling.BatchCompleted {
			t.Errorf("ended as %+v", p)
		}
		testkit.Audit(t, s)
	})
}

func compareStarts(a, b *ent.Attempt) int { return a.StartedAt.Compare(*b.StartedAt) }
