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

func upload(t *testing.T, from, n int) *contacts.Upload {
	t.Helper()
	items := make([]contacts.Item, n)
	for i := range items {
		items[i] = contacts.Item{Phone: fmt.Sprintf("+1202%07d", from+i), CustomFields: map[string]any{
			"customerName": "Jane", "planType": "Basic", "renewalDate": "Feb 1",
		}}
	}
	u, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func demo(t *testing.T, e *testkit.Engine) context.Context {
	t.Helper()
	key, err := e.Accounts.SeedDemo(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := e.Accounts.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return auth.WithViewer(t.Context(), viewer)
}

func finished(t *testing.T, ctx context.Context, e *testkit.Engine, id string) calling.Progress {
	t.Helper()
	updates, err := e.Hub.Subscribe(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var last calling.Progress
	deadline := time.After(2 * time.Minute)
	for {
		select {
		case p, ok := <-updates:
			if !ok {
				return last
			}
			if p.Version < last.Version {
				t.Errorf("version went from %d to %d", last.Version, p.Version)
			}
			if sum := p.Pending + p.Dialing + p.Completed + p.Failed + p.Cancelled; sum != p.Total {
				t.Errorf("counts sum to %d of %d", sum, p.Total)
			}
			last = p
		case <-deadline:
			t.Fatalf("batch job did not end: %+v", last)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		e := testkit.Start(t, s, testkit.Options{})
		ctx := demo(t, e)
		limit := 50
		start := time.Now()
		created, err := e.Dialer.Create(ctx, dialer.CreateRequest{
			BatchRequest: calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: "Run", ConcurrentCallLimit: &limit},
			Upload:       upload(t, 1, 300),
		})
		if err != nil {
			t.Fatal(err)
		}
		p := finished(t, ctx, e, created.BatchJobID)
		t.Logf("%+v in %v; findings %+v; peak %d", p, time.Since(start), e.Dialer.Findings(), e.Simulator.Peak(created.BatchJobID))
	})
}
