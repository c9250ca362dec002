package calling_test

import (
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
)

func TestEventBody(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, 2, 1, 13, 0, 0, 5000, time.FixedZone("", 3600))
	body, err := calling.EventBody(calling.EventContactFailed, at, map[string]int{"row": 1})
	want := `{"type":"contact.failed","timestamp":"2027-02-01T12:00:00.000005Z","data":{"row":1}}`
	if err != nil || string(body) != want {
		t.Errorf("is %s: %v", body, err)
	}
}

func TestDeliveryWait(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		tries int
		roll  float64
		asked time.Duration
		want  time.Duration
	}{
		{1, 0.5, 0, 10 * time.Second},
		{1, 0, 0, 8 * time.Second},
		{1, 1, 0, 12 * time.Second},
		{3, 0.5, 0, 160 * time.Second},
		{9, 0.5, 0, 6 * time.Hour},
		{1000, 0.5, 0, 6 * time.Hour},
		{1, 0.5, time.Minute, time.Minute},
		{4, 0.5, time.Minute, 640 * time.Second},
		{1, 0.5, 99 * time.Hour, 6 * time.Hour},
	} {
		if got := calling.DeliveryWait(row.tries, row.roll, row.asked); got != row.want {
			t.Errorf("after %d tries it waits %s, want %s", row.tries, got, row.want)
		}
	}
}
