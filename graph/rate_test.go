package graph_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/graph"
)

// limited lets ten operations in at once, and none after that: time does not pass.
func limited(c *graph.Config) { c.Rate = edge.NewLimiter(12, moment) }

func TestOperationsOverHTTPAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, limited)
	for range 10 {
		b.ask(t, "{ __typename }", nil)
	}
	got := b.post(t, "{ __typename }", nil)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "5" || len(got.Errors) != 1 ||
		got.Errors[0].code() != "RATE_LIMITED" || got.Errors[0].Extensions["retryAfterSeconds"] != 5.0 || got.Data != nil {
		t.Errorf("%d %v %s", got.status, got.header, got.raw)
	}
	if other := b.post(t, "{ __typename }", nil, as(b.otherKey)); other.status != http.StatusOK {
		t.Errorf("another key is answered %d %s", other.status, other.raw)
	}
}

func TestOperationsOverAWebSocketAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, limited)
	c := b.connect(t)
	for range 10 {
		c.subscribe("one", "{ __typename }", nil)
		c.expect("one", "next")
		c.expect("one", "complete")
	}
	c.subscribe("late", "{ __typename }", nil)
	var errors []failure
	if err := json.Unmarshal(c.expect("late", "error").Payload, &errors); err != nil {
		t.Fatal(err)
	}
	if len(errors) != 1 || errors[0].code() != "RATE_LIMITED" || errors[0].Extensions["retryAfterSeconds"] != 5.0 {
		t.Errorf("%v", errors)
	}
	c.say(`{"type": "ping"}`) // the connection itself goes on
	if m := c.hear(); m.Type != "pong" {
		t.Errorf("%+v", m)
	}
}
