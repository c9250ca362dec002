package graph_test

import (
	"testing"

	"github.com/outdial/outdial/calling"
)

func TestSubscriptionsAreShared(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	b.feed.tell(b.snapshot(id, 1, calling.BatchRunning))
	clients := make([]*client, 20)
	for i := range clients {
		clients[i] = b.connect(t)
		clients[i].subscribe("1", watch, vars{"id": id})
		if got := clients[i].expect("1", "next").data(t).at("batchProgress.version"); got != 1.0 {
			t.Fatalf("client %d is told version %v first", i, got)
		}
	}
	if n := b.feed.watching(id); n != 1 {
		t.Errorf("%d executions", n)
	}
	clients[0].say(`{"type": "complete", "id": "1"}`) // whoever came first is not needed
	clients[0].subscribe("2", `{ __typename }`, nil)
	clients[0].expect("2", "next")
	queries := b.queries.during(func() {
		b.feed.tell(b.snapshot(id, 2, calling.BatchRunning))
		for _, c := range clients[1:] {
			if got := c.expect("1", "next").data(t).at("batchProgress.version"); got != 2.0 {
				t.Errorf("version %v", got)
			}
		}
	})
	if queries != 1 { // the batch job, for all
		t.Errorf("%d queries for one event", queries)
	}
	late := b.connect(t)
	late.subscribe("1", watch, vars{"id": id})
	if got := late.expect("1", "next").data(t).at("batchProgress.version"); got != 2.0 {
		t.Errorf("one who comes late is told version %v", got)
	}
	b.feed.tell(b.snapshot(id, 3, calling.BatchCompleted))
	for _, c := range clients[1:] {
		c.expect("1", "next")
		c.expect("1", "complete")
	}
}

func TestSharedSubscriptionEndsWithWhoLeavesLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "y", 1)
	b.feed.tell(b.snapshot(id, 1, calling.BatchRunning))
	one, two := b.connect(t), b.connect(t)
	one.subscribe("1", watch, vars{"id": id})
	two.subscribe("1", watch, vars{"id": id})
	one.expect("1", "next")
	two.expect("1", "next")
	one.say(`{"type": "complete", "id": "1"}`)
	two.subscribe("2", `{ __typename }`, nil)
	two.expect("2", "next")
	two.expect("2", "complete")
	if b.feed.watching(id) != 1 {
		t.Error("the execution ended with who left first")
	}
	if err := two.conn.CloseNow(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
}

func TestOtherScopesAndVariablesShareNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "z", 1)
	reader, err := b.accounts.CreateKey(t.Context(), b.viewerOrg(t), "reader")
	if err != nil {
		t.Fatal(err)
	}
	one := b.connect(t)
	one.subscribe("1", watch, vars{"id": id})
	one.subscribe("2", watch, vars{"id": id, "after": 1})
	eventually(t, "two watch", func() bool { return b.feed.watching(id) == 2 })
	b.key = reader
	b.restrict(t, "READ")
	b.connect(t).subscribe("1", watch, vars{"id": id})
	eventually(t, "three watch", func() bool { return b.feed.watching(id) == 3 })
}

// viewerOrg returns the demo organization's id.
func (b *bundle) viewerOrg(tb testing.TB) string {
	tb.Helper()
	id, _ := b.ask(tb, `{ viewer { organization { id } } }`, nil).at("viewer.organization.id").(string)
	return id
}
