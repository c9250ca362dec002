package graph_test

import (
	"context"
	"testing"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/progress"
)

const activity = `subscription { organizationActivity { batchJobs { version status batchJob { id name phoneNumber { id } agent { name } } }
	callsInFlight credits { availableMicros } occurredAt } }`

// organization returns the id of a key's organization.
func (b *bundle) organization(tb testing.TB, key string) string {
	tb.Helper()
	id, ok := b.ask(tb, `{ viewer { organization { id } } }`, nil, as(key)).at("viewer.organization.id").(string)
	if !ok {
		tb.Fatal("there is no organization")
	}
	return id
}

func TestOrganizationActivity(t *testing.T) {
	t.Parallel()
	b := setup(t)
	org := b.organization(t, b.key)
	c := b.connect(t)
	c.subscribe("1", activity, nil)
	first := c.expect("1", "next").data(t)
	if jobs, _ := first.at("organizationActivity.batchJobs").([]any); jobs == nil || len(jobs) > 0 || first.at("organizationActivity.callsInFlight") != 0.0 {
		t.Errorf("nothing is under way: %s", first.raw)
	}
	var changed []calling.Progress
	for range 5 {
		changed = append(changed, b.snapshot(b.create(t, "new", 2), 3, calling.BatchRunning))
	}
	var event result
	queries := b.queries.during(func() {
		b.feed.stir(org, changed...)
		event = c.expect("1", "next").data(t)
	})
	jobs, _ := event.at("organizationActivity.batchJobs").([]any)
	if len(jobs) != 5 || at(jobs[4], "batchJob.id") != changed[4].BatchJobID || at(jobs[0], "version") != 3.0 ||
		event.at("organizationActivity.credits.availableMicros") == nil || event.at("organizationActivity.occurredAt") != "2027-02-01T12:00:00Z" {
		t.Errorf("%s", event.raw)
	}
	if queries != 5 { // batch jobs, numbers, agents; the organization; calls in flight
		t.Errorf("%d queries for an event", queries)
	}
}

func TestOrganizationActivityIsShared(t *testing.T) {
	t.Parallel()
	b := setup(t)
	org := b.organization(t, b.key)
	clients := make([]*client, 5)
	for i := range clients {
		clients[i] = b.connect(t)
		clients[i].subscribe("1", activity, nil)
		if i > 0 { // whoever comes later has everything told again
			<-b.feed.asked[0]
			b.feed.stir(org)
		}
		for _, c := range clients[:i+1] {
			c.expect("1", "next")
		}
	}
	if n := len(b.feed.followers[org]); n != 1 {
		t.Errorf("%d executions", n)
	}
}

// TestOrganizationActivityLive has what is in a real database told by a real hub.
func TestOrganizationActivityLive(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, first *bundle) {
		load := func(ctx context.Context, ids ...string) ([]calling.Progress, error) {
			return first.dialer.Progress(system(ctx), ids...)
		}
		active := func(ctx context.Context, organizationID, after string) ([]calling.Progress, error) {
			return first.dialer.Active(system(ctx), organizationID, after)
		}
		hub := progress.NewHub(t.Context(), load, active, first.logger())
		t.Cleanup(hub.Close)
		b := first.again(t, hub)
		id := b.create(t, "before", 2)
		mine, theirs := b.connect(t), b.connectAs(t, b.otherKey)
		mine.subscribe("1", activity, nil)
		theirs.subscribe("1", activity, nil)
		if got := mine.expect("1", "next").data(t).at("organizationActivity.batchJobs.0.batchJob.id"); got != id {
			t.Errorf("tells of %v first", got)
		}
		if got, _ := theirs.expect("1", "next").data(t).at("organizationActivity.batchJobs").([]any); len(got) != 0 {
			t.Errorf("another organization is told %v", got)
		}
		second := b.create(t, "during", 1)
		hub.Changed(second)
		if got := mine.expect("1", "next").data(t).at("organizationActivity.batchJobs.0.batchJob.id"); got != second {
			t.Errorf("tells of %v then", got)
		}
		b.write(t, func(ctx context.Context, rows *ent.Client) error {
			return rows.BatchJob.UpdateOneID(id).SetStatus(calling.BatchCancelled).AddVersion(1).Exec(ctx)
		})
		hub.Changed(id)
		if got := mine.expect("1", "next").data(t); got.at("organizationActivity.batchJobs.0.batchJob.id") != id ||
			got.at("organizationActivity.batchJobs.0.status") != "CANCELLED" {
			t.Errorf("tells %s last", got.raw)
		}
	})
}
