package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/store"
)

const watch = `subscription ($id: ID!, $after: Int64) { batchProgress(batchJobId: $id, afterVersion: $after) { version status batchJob { name } } }`

// alone is a subscription that shares its execution with no other.
func alone(n int) string {
	return strings.Replace(watch, "version", fmt.Sprintf("v%d: version", n), 1)
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	t.Run("shows what is new until the batch job is over", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "Renewals", 1)
		b.feed.tell(b.snapshot(id, 1, calling.BatchPending))
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		if got := string(c.expect("1", "next").Payload); got != `{"data":{"batchProgress":{"version":1,"status":"PENDING","batchJob":{"name":"Renewals"}}}}` {
			t.Error(got)
		}
		b.feed.tell(b.snapshot(id, 1, calling.BatchPending)) // nothing new
		b.feed.tell(b.snapshot(id, 7, calling.BatchRunning))
		if got := c.expect("1", "next").data(t).at("batchProgress.version"); got != 7.0 {
			t.Errorf("version %v", got)
		}
		b.feed.tell(b.snapshot(id, 8, calling.BatchCompleted))
		if got := c.expect("1", "next").data(t).at("batchProgress.status"); got != "COMPLETED" {
			t.Errorf("status %v", got)
		}
		c.expect("1", "complete")
	})
	t.Run("leaves out what the client has", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "x", 1)
		b.feed.tell(b.snapshot(id, 5, calling.BatchRunning))
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id, "after": 5})
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		b.feed.tell(b.snapshot(id, 6, calling.BatchRunning))
		if got := c.expect("1", "next").data(t).at("batchProgress.version"); got != 6.0 {
			t.Errorf("version %v", got)
		}
		b.feed.tell(b.snapshot(id, 9, calling.BatchFailed))
		c.expect("1", "next")
		c.expect("1", "complete")
		c.subscribe("2", watch, vars{"id": id, "after": 9})
		c.expect("2", "complete")
	})
	t.Run("reads the batch job anew for each event", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "before", 1)
		b.feed.tell(b.snapshot(id, 1, calling.BatchRunning))
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		c.expect("1", "next")
		err := b.store.InTx(auth.WithSystem(t.Context()), func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.BatchJob.UpdateOneID(id).SetName("after").Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		b.feed.tell(b.snapshot(id, 2, calling.BatchRunning))
		if got := c.expect("1", "next").data(t).at("batchProgress.batchJob.name"); got != "after" {
			t.Errorf("name %v", got)
		}
	})
	t.Run("of an unknown batch job and of another organization's is the same error", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "secret", 1)
		b.feed.tell(b.snapshot(id, 1, calling.BatchRunning))
		c := b.dial(t, websocket.DialOptions{})
		c.say(`{"type": "connection_init", "payload": {"apiKey": "` + b.otherKey + `"}}`)
		c.expect("", "connection_ack")
		for _, id := range []string{id, "batch_unknown", "", "\x00"} {
			c.subscribe("1", watch, vars{"id": id})
			payload := string(c.expect("1", "error").Payload)
			if !strings.Contains(payload, `"code":"NOT_FOUND"`) || !strings.Contains(payload, `"path":["batchProgress"]`) {
				t.Errorf("%q: %s", id, payload)
			}
		}
		if n := b.feed.watching(id); n != 0 {
			t.Errorf("%d watch another organization's batch job", n)
		}
	})
	t.Run("ends when the client has enough", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "x", 1)
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		c.say(`{"type": "complete", "id": "1"}`)
		eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
		c.subscribe("1", `{ __typename }`, nil) // the id is free again
		c.expect("1", "next")
		c.expect("1", "complete")
	})
	t.Run("ends when the client is gone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		id := b.create(t, "x", 1)
		c := b.connect(t)
		c.subscribe("1", watch, vars{"id": id})
		eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
		if err := c.conn.CloseNow(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "nobody watches", func() bool { return b.feed.watching(id) == 0 })
	})
}

func TestSocketCarriesEveryOperation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.connect(t)
	c.subscribe("q", `{ viewer { organization { name } } }`, nil)
	if got := c.expect("q", "next").data(t).at("viewer.organization.name"); got != "Demo organization" {
		t.Errorf("name %v", got)
	}
	c.expect("q", "complete")
	c.subscribe("m", createMutation, vars{"input": input(nil)})
	if got := c.expect("m", "next").data(t).at("createBatchJob.totalContacts"); got != 1.0 {
		t.Errorf("contacts %v", got)
	}
	c.expect("m", "complete")
	c.subscribe("e", `{ batchJob(id: "x") { contacts(first: 0) { totalCount } } viewer { organization { agents(first: 0) { totalCount } } } }`, nil)
	if m := c.expect("e", "next"); len(m.data(t).Errors) != 1 {
		t.Errorf("%s", m.Payload)
	}
	c.expect("e", "complete")
	c.say(`{"type": "ping", "payload": {"n": 1}}`)
	if m := c.expect("", "pong"); string(m.Payload) != `{"n": 1}` {
		t.Errorf("%s", m.Payload)
	}
	c.say(`{"type": "pong"}`)
	c.say(`{"type": "complete", "id": "unknown"}`)
	c.subscribe("after", `{ __typename }`, nil)
	c.expect("after", "next")
}

// The protocol forbids a message after error; a client that gets one may take
// another operation on the same socket for ended.
func TestFailedOperationDoesNotDisturbOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	c := b.connect(t)
	c.subscribe("live", watch, vars{"id": id})
	eventually(t, "somebody watches", func() bool { return b.feed.watching(id) == 1 })
	for n := range 20 {
		failed := fmt.Sprint("failed", n)
		c.subscribe(failed, []string{`subscription { nope }`, `{`, `subscription { batchProgress(batchJobId: "x") { version } }`}[n%3], nil)
		c.expect(failed, "error")
		b.feed.tell(b.snapshot(id, int64(n+1), calling.BatchRunning))
		c.expect("live", "next")
	}
	b.feed.tell(b.snapshot(id, 100, calling.BatchCancelled))
	c.expect("live", "next")
	c.expect("live", "complete")
}
