package hooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/webhookdelivery"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestDeliver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, secret := b.endpoint(t, r.URL+"/in?tenant=7")
		events := b.happen(t, e, 40)
		b.deliver(t, e)

		arrived := map[string]int{}
		for _, g := range r.all() {
			arrived[g.id()]++
			if verify(t, g, secret) != 1 {
				t.Errorf("the signature does not fit: %v", g)
			}
			if g.header.Get("Content-Type") != "application/json" || !json.Valid([]byte(g.body)) {
				t.Errorf("it is no JSON: %v", g)
			}
			if g.header.Get("webhook-timestamp") != fmt.Sprint(b.time().Unix()) {
				t.Errorf("the timestamp is %s", g.header.Get("webhook-timestamp"))
			}
		}
		for _, id := range events {
			if arrived[id] != 1 {
				t.Errorf("%s arrived %d times", id, arrived[id])
			}
		}
		for _, d := range b.log(t, e) {
			if d.Status != calling.DeliveryDelivered || d.Tries != 1 || d.ResponseStatus == nil || *d.ResponseStatus != 200 ||
				d.DeliveredAt == nil || !d.DeliveredAt.Equal(b.time()) || d.LeaseUntil != nil || d.Error != "" {
				t.Fatalf("the log says %v", d)
			}
		}
		if len(arrived) != len(events) {
			t.Errorf("%d events arrived, %d happened", len(arrived), len(events))
		}
		b.deliver(t, e)
		if len(r.all()) != len(events) {
			t.Error("a second poke sent something again")
		}
	})
}

// tries counts what a meter is told.
type tries struct{ taken, refused atomic.Int64 }

func (c *tries) WebhookTried(delivered bool, _ time.Duration) {
	if delivered {
		c.taken.Add(1)
	} else {
		c.refused.Add(1)
	}
}

func TestTriesAreCounted(t *testing.T) {
	t.Parallel()
	var meter tries
	b, r := setup(t, storetest.SQLite(t, nil), func(c *hooks.Config) { c.Meter = &meter }), newReceiver(t)
	e, _ := b.endpoint(t, r.URL)
	b.happen(t, e, 3)
	b.deliver(t, e)
	r.answers(status(http.StatusNotFound))
	b.happen(t, e, 1)
	b.deliver(t, e)
	if taken, refused := meter.taken.Load(), meter.refused.Load(); taken != 3 || refused != 1 {
		t.Errorf("counted are %d that were taken, %d that were not", taken, refused)
	}
}

// The published example of Standard Webhooks, which its libraries are tested by.
func TestPublishedSignature(t *testing.T) {
	t.Parallel()
	b, r := setup(t, storetest.SQLite(t, nil)), newReceiver(t)
	e, _ := b.endpoint(t, r.URL)
	b.set(time.Unix(1614265330, 0))
	err := b.store.InTx(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Ent.WebhookEndpoint.UpdateOneID(e.ID).SetSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").ExecX(ctx)
		return tx.Ent.WebhookDelivery.Create().SetID("delivery_1").SetOrganizationID(b.org).SetCreatedAt(b.time()).SetEndpointID(e.ID).
			SetEventID("msg_p5jXN8AQM9LWM0D4loKWxJek").SetEvent(calling.EventPing).SetPayload(`{"test": 2432232314}`).
			SetStatus(calling.DeliveryPending).SetNextTryAt(b.time()).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.deliver(t, e)
	if got := r.only(t).header.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("is signed %s", got)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		t.Run("a receiver that is down is asked again with growing waits, and then no more", func(t *testing.T) { //nolint:paralleltest // one step after the other
			b, r := setup(t, s), newReceiver(t)
			r.answers(status(http.StatusInternalServerError))
			e, _ := b.endpoint(t, r.URL)
			b.happen(t, e, 1)
			begun := b.time()
			var waits []time.Duration
			for {
				b.deliver(t, e)
				d := b.last(t, e)
				if d.Tries != len(r.all()) || d.Error != "It was answered with 500 Internal Server Error." || d.ResponseBody != "this is 500" {
					t.Fatalf("after %d requests the log says %v", len(r.all()), d)
				}
				if d.Status == calling.DeliveryFailed {
					break
				}
				waits = append(waits, d.NextTryAt.Sub(b.time()))
				b.set(d.NextTryAt.Add(-time.Microsecond))
				b.deliver(t, e)
				if len(r.all()) != d.Tries {
					t.Fatal("it was tried before it was due")
				}
				b.set(d.NextTryAt)
			}
			want := []time.Duration{
				10 * time.Second, 40 * time.Second, 160 * time.Second, 640 * time.Second, 2560 * time.Second, 10240 * time.Second,
				6 * time.Hour, 6 * time.Hour, 6 * time.Hour,
			}
			if diff := cmp.Diff(want, waits); diff != "" {
				t.Error(diff)
			}
			if all := b.time().Sub(begun); all < 20*time.Hour || all > 26*time.Hour {
				t.Errorf("it was tried for %s", all)
			}
			if got := ids(r.all()); len(slices.Compact(got)) != 1 {
				t.Errorf("one event came under the ids %v", got)
			}
		})
		t.Run("one that comes up again gets everything once", func(t *testing.T) { //nolint:paralleltest // one step after the other
			b, r := setup(t, s), newReceiver(t)
			r.answers(status(http.StatusBadGateway))
			e, _ := b.endpoint(t, r.URL)
			events := b.happen(t, e, 30)
			b.deliver(t, e)
			down := len(r.all())
			if down == 0 || down == 30 {
				t.Errorf("%d events were tried though the first ones failed", down)
			}
			if b.row(t, e).FailingSince == nil {
				t.Error("the endpoint is not known to fail")
			}
			r.answers(nil)
			b.pass(time.Minute)
			b.deliver(t, e)
			arrived := ids(r.all()[down:])
			slices.Sort(arrived)
			slices.Sort(events)
			if diff := cmp.Diff(events, arrived); diff != "" {
				t.Error(diff)
			}
			if b.row(t, e).FailingSince != nil {
				t.Error("the endpoint is still known to fail")
			}
		})
	})
}

func ids(all []got) (ids []string) {
	for _, g := range all {
		ids = append(ids, g.id())
	}
	return ids
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	b, r := setup(t, storetest.SQLite(t, nil)), newReceiver(t)
	e, _ := b.endpoint(t, r.URL)
	for header, want := range map[string]time.Duration{"120": 2 * time.Minute, "1": 10 * time.Second, "999999999": 6 * time.Hour, "x": 10 * time.Second} {
		r.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		b.happen(t, e, 1)
		b.deliver(t, e)
		if d := b.last(t, e); d.NextTryAt.Sub(b.time()) != want {
			t.Errorf("with Retry-After: %s the next try is in %s, want %s", header, d.NextTryAt.Sub(b.time()), want)
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		t.Run("by 410 Gone", func(t *testing.T) { //nolint:paralleltest // one step after the other
			b, r := setup(t, s), newReceiver(t)
			e, _ := b.endpoint(t, r.URL)
			if len(b.asked(t, b.org)) == 0 {
				t.Fatal("no event is wanted")
			}
			r.answers(status(http.StatusGone))
			b.happen(t, e, 40)
			b.deliver(t, e)
			row := b.row(t, e)
			if row.Enabled || !strings.Contains(row.DisabledReason, "410") || b.asked(t, b.org) != nil {
				t.Errorf("the endpoint is %v, wanted are %v", row, b.asked(t, b.org))
			}
			tried := 0
			for _, d := range b.log(t, e) {
				if d.Status != calling.DeliveryFailed || d.Error == "" {
					t.Fatalf("a delivery is %v", d)
				}
				tried += d.Tries
			}
			if n := len(r.all()); n != tried || n == 40 {
				t.Errorf("%d requests, %d tries", n, tried)
			}
			on := true
			if _, err := b.Update(b.ctx, e.ID, hooks.EndpointEdit{Enabled: &on}); err != nil {
				t.Fatal(err)
			}
			if row := b.row(t, e); !row.Enabled || row.DisabledReason != "" || row.FailingSince != nil || len(b.asked(t, b.org)) != len(wanted()) {
				t.Errorf("switched on again it is %v", row)
			}
		})
		t.Run("by days without a success", func(t *testing.T) { //nolint:paralleltest // one step after the other
			b, r := setup(t, s), newReceiver(t)
			e, _ := b.endpoint(t, r.URL)
			r.answers(status(http.StatusNotFound))
			for day := 1; b.row(t, e).Enabled; day++ {
				if day > 5 {
					t.Fatal("it is never switched off")
				}
				if day > 1 && day < 4 && b.row(t, e).FailingSince == nil {
					t.Fatal("it is not known to fail")
				}
				b.happen(t, e, 1)
				for range calling.MaxDeliveryTries {
					b.deliver(t, e)
					b.set(b.last(t, e).NextTryAt)
				}
			}
			if d := b.time().Sub(newClock().time()); d < 3*24*time.Hour {
				t.Errorf("it was switched off after %s", d)
			}
			if reason := b.row(t, e).DisabledReason; !strings.Contains(reason, "since 2027-02-01 12:00 UTC") {
				t.Errorf("the reason is %s", reason)
			}
		})
		t.Run("by a person: what waits is given up, and nothing is sent", func(t *testing.T) { //nolint:paralleltest // one step after the other
			b, r := setup(t, s), newReceiver(t)
			e, _ := b.endpoint(t, r.URL)
			b.happen(t, e, 3)
			off := false
			if _, err := b.Update(b.ctx, e.ID, hooks.EndpointEdit{Enabled: &off}); err != nil {
				t.Fatal(err)
			}
			b.happen(t, e, 3) // as a turn does that read the endpoint before
			b.deliver(t, e)
			for _, d := range b.log(t, e) {
				if d.Status != calling.DeliveryFailed {
					t.Errorf("a delivery is %v", d)
				}
			}
			if n := len(r.all()); n > 0 {
				t.Errorf("%d requests", n)
			}
		})
	})
}

// A poke that is lost costs seconds; a poke that comes often does no harm.
func TestSweep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, _ := b.endpoint(t, r.URL)
		idle, _ := b.endpoint(t, r.URL)
		b.happen(t, e, 2)
		b.sweep(t)
		if got := b.queue.taken(); len(got) > 0 {
			t.Errorf("%v were poked before their own pokes had a chance", got)
		}
		b.pass(3 * time.Second)
		b.sweep(t)
		if diff := cmp.Diff([]string{e.ID}, b.queue.taken()); diff != "" {
			t.Fatal(diff)
		}
		poked := 0
		for range 1200 { // an hour in which nobody has time for it
			b.pass(3 * time.Second)
			b.sweep(t)
			poked += len(b.queue.taken())
		}
		if poked < 10 || poked > 25 {
			t.Errorf("it was poked %d times in an hour", poked)
		}
		b.deliver(t, e)
		b.sweep(t)
		if len(r.all()) != 2 || b.queue.taken() != nil {
			t.Errorf("%d requests", len(r.all()))
		}
		r.answers(status(http.StatusServiceUnavailable))
		b.happen(t, e, 1)
		b.deliver(t, e)
		b.pass(9 * time.Second)
		b.sweep(t)
		if b.queue.taken() != nil {
			t.Error("a wait was not kept")
		}
		b.pass(3 * time.Second)
		b.sweep(t)
		if diff := cmp.Diff([]string{e.ID}, b.queue.taken()); diff != "" {
			t.Error(diff)
		}
		if len(b.log(t, idle)) > 0 {
			t.Error("the other endpoint has deliveries")
		}
	})
}

func (b *bundle) sweep(t *testing.T) {
	t.Helper()
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// errDead is what a node's transactions end with once it is dead.
var errDead = errors.New("the node is dead")

func TestNodeThatDies(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		e, _ := b.endpoint(t, r.URL)
		events := b.happen(t, e, 1)
		var begun atomic.Int32
		doomed := hooks.New(hooks.Config{
			Queue: b.queue, Now: b.time, AllowPrivate: true, Log: slog.New(slog.DiscardHandler),
			Store: s.Guarded(func(m store.Moment) error {
				if m == store.BeforeBegin && begun.Add(1) > 1 {
					return errDead // after it has sent, before it has noted that
				}
				return nil
			}),
		})
		if _, err := doomed.Deliver(t.Context(), b.org, e.ID); !errors.Is(err, errDead) {
			t.Fatalf("it says %v", err)
		}
		(&bundle{Hooks: doomed}).closeIdle()
		b.deliver(t, e)
		if n := len(r.all()); n != 1 {
			t.Fatalf("%d requests while the dead node's lease is good", n)
		}
		b.pass(time.Minute)
		b.sweep(t)
		if diff := cmp.Diff([]string{e.ID}, b.queue.taken()); diff != "" {
			t.Fatal(diff)
		}
		b.deliver(t, e)
		if diff := cmp.Diff([]string{events[0], events[0]}, ids(r.all())); diff != "" {
			t.Error(diff)
		}
		if d := b.last(t, e); d.Status != calling.DeliveryDelivered {
			t.Errorf("it is %v", d)
		}
	})
}

// Two nodes, and two pokes on each, deliver each event once.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		b, r := setup(t, s), newReceiver(t)
		other := setup(t, s)
		other.set(b.time())
		e, _ := b.endpoint(t, r.URL)
		events := b.happen(t, e, 300)
		for end := time.Now().Add(patience); ; {
			var work sync.WaitGroup
			for _, node := range []*bundle{b, other, b, other} {
				work.Go(func() {
					if _, err := node.Deliver(t.Context(), b.org, e.ID); err != nil {
						t.Error(err)
					}
				})
			}
			work.Wait()
			if left := s.Read().WebhookDelivery.Query().Where(webhookdelivery.StatusEQ(calling.DeliveryPending)).
				CountX(auth.WithSystem(t.Context())); left == 0 || time.Now().After(end) {
				break
			}
		}
		arrived := ids(r.all())
		slices.Sort(arrived)
		slices.Sort(events)
		if diff := cmp.Diff(events, arrived); diff != "" {
			t.Error(diff)
		}
	})
}
