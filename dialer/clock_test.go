package dialer_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// TestClocksThatDiffer has two nodes share a database, one of which is five
// minutes ahead, and the other an hour behind.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, storetest.Prepare) *store.Store{
		"postgres": storetest.Postgres, "mysql": storetest.MySQLWithPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, jobs.Migrate)
			off := func(by time.Duration) testkit.Options {
				return testkit.Options{
					Now: func() time.Time { return time.Now().Add(by) }, Lease: time.Second, TimeScale: 100,
					Log: slog.New(slog.DiscardHandler),
				}
			}
			b := setup(t, s, off(5*time.Minute))
			testkit.Start(t, s, off(-time.Hour))
			if wrong := time.Since(b.Dialer.Time()).Abs(); wrong > time.Minute {
				t.Errorf("the node's time is wrong by %s", wrong)
			}
			at := time.Now().Add(3 * time.Second)
			text := at.UTC().Format(time.RFC3339Nano)
			id := b.create(t, 5, upload(t, 20), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &text })
			p := b.until(t, id, func(p calling.Progress) bool { return p.Dialing > 0 || p.Status.Terminal() })
			if time.Now().Before(at.Add(-time.Second)) {
				t.Error("dialing began before the start time")
			}
			if p = b.finished(t, id); p.Status != calling.BatchCompleted || p.Attempts < 20 {
				t.Errorf("ended as %+v", p)
			}
			for _, a := range s.Read().Attempt.Query().AllX(b.ctx) {
				if a.Claims != 1 {
					t.Errorf("attempt %s was claimed %d times", a.ID, a.Claims)
				}
			}
			testkit.Audit(t, s)
		})
	}
}
