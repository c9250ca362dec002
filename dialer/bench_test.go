package dialer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func databases(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.SQLite(b, jobs.Migrate)) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.Postgres(b, jobs.Migrate)) })
}

// BenchmarkTenThousand runs one batch job of 10,000 contacts to its end. Beside
// the time it reports the most calls in flight the carrier saw, for the batch
// job (limit 50) and the organization (limit 20).
func BenchmarkTenThousand(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		e := setup(b, s, testkit.Options{TimeScale: 1000, RetryDelay: 300 * time.Millisecond})
		viewer, _ := auth.FromContext(e.ctx)
		for b.Loop() {
			began := time.Now()
			id := e.create(b, 50, upload(b, 10_000))
			b.ReportMetric(float64(time.Since(began).Milliseconds()), "create-ms")
			p := e.finished(b, id)
			b.ReportMetric(float64(p.Completed), "completed")
			b.ReportMetric(float64(p.Failed), "failed")
			b.ReportMetric(float64(p.Attempts)/time.Since(began).Seconds(), "calls/s")
			b.ReportMetric(float64(e.Simulator.Peak(id)), "peak-batch")
			b.ReportMetric(float64(e.Simulator.Peak(viewer.OrganizationID)), "peak-organization")
		}
		testkit.Audit(b, s)
	})
}

// BenchmarkStart measures how late scheduled batch jobs start: 50 of them, 100
// ms apart, each with one contact. Lateness is that of the first claim.
func BenchmarkStart(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		e := setup(b, s, testkit.Options{TimeScale: 10_000})
		for b.Loop() {
			var ids []string
			first := time.Now().Add(9 * time.Second).UTC().Truncate(time.Millisecond)
			for i := range 50 {
				text := first.Add(time.Duration(i) * 100 * time.Millisecond).Format("2006-01-02T15:04:05.999Z07:00")
				ids = append(ids, e.create(b, 1, upload(b, 1), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &text }))
			}
			for _, id := range ids {
				e.until(b, id, func(p calling.Progress) bool { return p.Status.Terminal() })
			}
			late := lateness(e, s)
			b.ReportMetric(late[len(late)/2].Seconds()*1000, "p50-late-ms")
			b.ReportMetric(late[len(late)*99/100].Seconds()*1000, "p99-late-ms")
		}
	})
}

func lateness(e *bundle, s *store.Store) []time.Duration {
	var late []time.Duration
	for _, a := range s.Read().Attempt.Query().WithBatchJob().AllX(e.ctx) {
		if a.Number == 1 {
			late = append(late, a.StartedAt.Sub(*a.Edges.BatchJob.ScheduledStartAt))
		}
	}
	slices.Sort(late)
	return late
}
