package hooks_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// event is what arrives at a receiver.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		calling.ContactEvent

		Status            string                  `json:"status"`
		ContactsCompleted int                     `json:"contactsCompleted"`
		ContactsFailed    int                     `json:"contactsFailed"`
		TotalContacts     int                     `json:"totalContacts"`
		Outcomes          map[calling.Outcome]int `json:"outcomes"`
		SpentMicros       int64                   `json:"spentMicros"`
	} `json:"data"`
}

// wholeRun is a batch job of many contacts, told to a receiver by every node.
func wholeRun(t *testing.T, s *store.Store, nodes, size int) {
	t.Helper()
	engines := make([]*testkit.Engine, nodes)
	for i := range engines {
		engines[i] = testkit.Start(t, s, testkit.Options{TimeScale: 20_000})
	}
	key, err := engines[0].Accounts.SeedDemo(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := engines[0].Accounts.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := auth.WithViewer(t.Context(), viewer)
	r := newReceiver(t)
	_, secret, err := engines[0].Hooks.Create(ctx, hooks.NewEndpoint{URL: r.URL, Events: wanted()})
	if err != nil {
		t.Fatal(err)
	}
	items := make([]contacts.Item, size)
	for i := range items {
		items[i] = contacts.Item{Phone: fmt.Sprintf("+1202%07d", i), CustomFields: map[string]any{"customerName": "Jane"}}
	}
	upload, err := contacts.ReadList(slices.Values(items))
	if err != nil {
		t.Fatal(err)
	}
	limit := calling.MaxConcurrentCalls
	created, err := engines[0].Dialer.Create(ctx, dialer.CreateRequest{
		BatchRequest: calling.BatchRequest{FromPhoneNumberID: "phone_abc123", Name: "Run", ConcurrentCallLimit: &limit}, Upload: upload,
	})
	if err != nil {
		t.Fatal(err)
	}
	wait(t, "the batch job has not ended", func() bool {
		return s.Read().BatchJob.GetX(ctx, created.BatchJobID).Status == calling.BatchCompleted
	})
	all := arrivals(t, r, secret, size+2) // every contact, and that it started and ended
	checkArrivals(t, s, created.BatchJobID, all)
	testkit.Audit(t, s)
}

// wait returns once something is so.
func wait(t *testing.T, otherwise string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}

// arrivals waits for so many requests and reads them.
func arrivals(t *testing.T, r *receiver, secret string, want int) (all []event) {
	t.Helper()
	wait(t, "not every event has arrived", func() bool { return len(r.all()) >= want })
	seen := map[string]bool{}
	for _, g := range r.all() {
		if seen[g.id()] || verify(t, g, secret) != 1 {
			t.Errorf("%s came twice, or is not signed", g.id())
		}
		seen[g.id()] = true
		var e event
		if err := json.Unmarshal([]byte(g.body), &e); err != nil {
			t.Fatalf("%s: %v", g.body, err)
		}
		all = append(all, e)
	}
	return all
}

// checkArrivals compares what arrived with the rows.
func checkArrivals(t *testing.T, s *store.Store, id string, all []event) {
	t.Helper()
	ctx := auth.WithSystem(t.Context())
	batch := s.Read().BatchJob.GetX(ctx, id)
	outcomes := maps.Clone(batch.OutcomeCounts)
	if batch.ContactsCancelled > 0 {
		outcomes[calling.OutcomeCancelled] += batch.ContactsCancelled
	}
	types, byContact := map[string]int{}, map[string]event{}
	for _, e := range all {
		types[e.Type]++
		if e.Data.ContactID != "" {
			byContact[e.Data.ContactID] = e
		} else if e.Type == "batch.completed" && (e.Data.Status != "COMPLETED" || e.Data.ContactsCompleted != batch.ContactsCompleted ||
			e.Data.ContactsFailed != batch.ContactsFailed || e.Data.SpentMicros != batch.SpentMicros ||
			cmp.Diff(outcomes, e.Data.Outcomes) != "") {
			t.Errorf("batch.completed says %+v, the row %v", e.Data, batch)
		}
		if e.Data.BatchJobID != id || e.Timestamp.IsZero() {
			t.Errorf("an event says %+v", e)
		}
	}
	want := map[string]int{"batch.started": 1, "batch.completed": 1, "contact.completed": batch.ContactsCompleted, "contact.failed": batch.ContactsFailed + batch.ContactsCancelled}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Error(diff)
	}
	var cost int64
	for _, c := range s.Read().Contact.Query().Where(contact.BatchJobID(id)).AllX(ctx) {
		e, ok := byContact[calling.PublicID(calling.ContactPrefix, c.ID)]
		if !ok || e.Data.Row != c.Row || e.Data.Phone != c.Phone || e.Data.Status != string(c.Status) ||
			*e.Data.Outcome != *c.LastOutcome || e.Data.Attempts != c.AttemptsUsed || e.Data.AttemptID == "" {
			t.Fatalf("contact %v, and the event %+v", c, e)
		}
		cost += e.Data.CostMicros
	}
	if cost != batch.SpentMicros {
		t.Errorf("the events cost %d, the batch job %d", cost, batch.SpentMicros)
	}
	// The receiver has its answer before the log has it.
	wait(t, "not every delivery is noted", func() bool {
		return !s.Read().WebhookDelivery.Query().Where(webhookdelivery.StatusNEQ(calling.DeliveryDelivered)).ExistX(ctx)
	})
	if n := s.Read().WebhookDelivery.Query().Where(webhookdelivery.TriesNEQ(1)).CountX(ctx); n > 0 {
		t.Errorf("%d deliveries took several tries", n)
	}
}

// A batch job of 1,000 contacts is told exactly as it went, by River's jobs.
func TestWholeRun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) { wholeRun(t, s, 1, 1000) })
}

func TestWholeRunOnTwoNodes(t *testing.T) {
	t.Parallel()
	wholeRun(t, storetest.Postgres(t, jobs.Migrate), 2, 500)
}

// Endpoints that do not answer keep the others waiting for no longer than a turn
// of theirs.
func TestSlowEndpoints(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t, jobs.Migrate)
	engine := testkit.Start(t, s, testkit.Options{})
	key, err := engine.Accounts.SeedDemo(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	viewer, err := engine.Accounts.Authenticate(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := auth.WithViewer(t.Context(), viewer)
	hung := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(hung.Close)
	t.Cleanup(engine.Stop)
	r := newReceiver(t)
	for i := range hooks.MaxEndpoints {
		url := hung.URL
		if i == hooks.MaxEndpoints-1 {
			url = r.URL
		}
		e, _, err := engine.Hooks.Create(ctx, hooks.NewEndpoint{URL: url, Events: wanted()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.Hooks.Ping(ctx, e.ID); err != nil {
			t.Fatal(err)
		}
	}
	wait(t, "nothing has arrived", func() bool { return len(r.all()) > 0 })
}
