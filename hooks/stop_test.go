package hooks_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/webhookendpoint"
	"github.com/outdial/outdial/store/storetest"
)

// A stop lets what is under way end and leaves the rest to others, at once.
func TestStop(t *testing.T) {
	t.Parallel()
	b, r := setup(t, storetest.SQLite(t, nil)), newReceiver(t)
	e, _ := b.endpoint(t, r.URL)
	b.happen(t, e, 10)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r.answers(func(http.ResponseWriter, *http.Request) { stop() })
	if more, err := b.Deliver(ctx, b.org, e.ID); more || err != nil {
		t.Fatalf("it says %t, %v", more, err)
	}
	delivered := 0
	for _, d := range b.log(t, e) {
		if d.LeaseUntil != nil || d.Tries > 0 && d.Status != calling.DeliveryDelivered {
			t.Errorf("a delivery is %v", d)
		}
		delivered += d.Tries
	}
	if n := len(r.all()); n != delivered || n == 10 {
		t.Errorf("%d requests, %d noted", n, delivered)
	}
	b.deliver(t, e)
	if n := len(slices.Compact(slices.Sorted(slices.Values(ids(r.all()))))); n != 10 {
		t.Errorf("%d events arrived", n)
	}
}

// An endpoint to which much is due lets others have their turn.
func TestTurns(t *testing.T) {
	t.Parallel()
	b, r := setup(t, storetest.SQLite(t, nil)), newReceiver(t)
	e, _ := b.endpoint(t, r.URL)
	b.happen(t, e, 40)
	r.answers(func(http.ResponseWriter, *http.Request) { b.pass(time.Second) })
	more, err := b.Deliver(t.Context(), b.org, e.ID)
	if err != nil || !more || len(r.all()) == 40 {
		t.Errorf("it says %t, %v after %d of 40", more, err, len(r.all()))
	}
	if s := b.store.Read().WebhookEndpoint.Query().Where(webhookendpoint.ID(e.ID)).OnlyX(auth.WithSystem(t.Context())); !s.Enabled {
		t.Error("it is off")
	}
}
