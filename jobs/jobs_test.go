package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// idle returns a queue that works no jobs, at the moment now.
func idle(t *testing.T, s *store.Store, now time.Time) *jobs.Jobs {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	queue := jobs.Open(func() time.Time { return now }, log)
	d := dialer.New(dialer.Config{Store: s, Queue: queue, Carrier: newDesk(), Log: log})
	t.Cleanup(d.Stop)
	if err := queue.Connect(s, d, jobs.Config{Log: log}); err != nil {
		t.Fatal(err)
	}
	return queue
}

func inTx(t *testing.T, s *store.Store, do func(ctx context.Context, tx *store.Tx) error) error {
	t.Helper()
	return s.InTx(auth.WithSystem(t.Context()), do)
}

func TestStartBatch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		now := time.Now().UTC().Truncate(time.Microsecond) // River's own clock is that on the wall
		queue := idle(t, s, now)
		rows := []struct {
			behaviour string
			in        time.Duration // from now to the start
			early     time.Duration // how long before the start it is due; 0 = at once
		}{
			{"a start at once", 0, 0},
			{"a start that is past", -time.Hour, 0},
			{"a start in a second", time.Second, 0},
			{"a start that is too near for River's scheduler", 7 * time.Second, 0},
			{"a start just far enough", 7*time.Second + time.Millisecond, 1500 * time.Millisecond},
			{"a start tomorrow", 24 * time.Hour, 1500 * time.Millisecond},
			{"a start in ten years", 10 * 365 * 24 * time.Hour, 1500 * time.Millisecond},
		}
		for _, row := range rows {
			err := inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
				return queue.StartBatch(ctx, tx, "org_1", row.behaviour, now.Add(row.in))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		found := jobRows(t, s)
		if len(found) != len(rows) {
			t.Fatalf("%d jobs were made of %d", len(found), len(rows))
		}
		for i, row := range rows {
			got := found[i]
			at := now.Add(row.in)
			want := job{Kind: "start_batch", Queue: "control", State: "available", Args: got.Args, MaxAttempts: 3, ScheduledAt: got.ScheduledAt}
			if row.early > 0 {
				want.State, want.ScheduledAt = "scheduled", at.Add(-row.early)
			} else if got.ScheduledAt.After(time.Now().Add(time.Second)) {
				t.Errorf("%s is due only at %s", row.behaviour, got.ScheduledAt)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(sameMillisecond)); diff != "" {
				t.Errorf("%s: %s", row.behaviour, diff)
			}
			var args map[string]string
			if err := json.Unmarshal([]byte(got.Args), &args); err != nil {
				t.Fatal(err)
			}
			said := map[string]string{"organization_id": "org_1", "batch_job_id": row.behaviour, "starts_at": at.Format(time.RFC3339Nano)}
			if diff := cmp.Diff(said, args); diff != "" {
				t.Errorf("%s: %s", row.behaviour, diff)
			}
		}
	})
}

// sameMillisecond is how exactly SQLite's queue keeps an instant.
func sameMillisecond(a, b time.Time) bool { return a.Sub(b).Abs() < time.Millisecond }

func TestPlaceCalls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		if err := jobs.Migrate(t.Context(), s); err != nil {
			t.Errorf("migrating again says %v", err)
		}
		queue := idle(t, s, time.Now())
		rolledBack(t, s, queue)
		ids := []uuid.UUID{uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
		err := inTx(t, s, func(ctx context.Context, tx *store.Tx) error { return queue.PlaceCalls(ctx, tx, "org_1", ids) })
		if err != nil {
			t.Fatal(err)
		}
		var poked []string
		for _, j := range jobRows(t, s) {
			if j.Kind != "place_call" || j.Queue != "calls" || j.State != "available" || j.MaxAttempts != 3 {
				t.Errorf("the job is %+v", j)
			}
			var args struct {
				AttemptID string `json:"attempt_id"`
			}
			if err := json.Unmarshal([]byte(j.Args), &args); err != nil {
				t.Fatal(err)
			}
			poked = append(poked, args.AttemptID)
		}
		slices.Sort(poked) // as the ids, which sort by creation
		if diff := cmp.Diff([]string{ids[0].String(), ids[1].String(), ids[2].String()}, poked); diff != "" {
			t.Error(diff)
		}
	})
}

// rolledBack checks that jobs are part of the transaction they are made in.
func rolledBack(t *testing.T, s *store.Store, queue *jobs.Jobs) {
	t.Helper()
	changedMind := errors.New("changed my mind")
	err := inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
		if err := queue.StartBatch(ctx, tx, "org_1", "batch_1", time.Now()); err != nil {
			return err
		}
		if err := queue.PlaceCalls(ctx, tx, "org_1", []uuid.UUID{uuid.Must(uuid.NewV7())}); err != nil {
			return err
		}
		return changedMind
	})
	if !errors.Is(err, changedMind) {
		t.Fatalf("the transaction says %v", err)
	}
	if left := jobRows(t, s); len(left) > 0 {
		t.Errorf("what was rolled back left %+v", left)
	}
}

func TestPokes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		const callsAtOnce, pokes = 3, 10
		carrier := newDesk()
		b := setup(t, s, testkit.Options{Carrier: carrier})
		batch := b.create(t, callsAtOnce)
		var attempts []uuid.UUID
		for _, call := range carrier.calls(t, callsAtOnce) {
			id, ok := calling.ParsePublicID(calling.AttemptPrefix, call.ID)
			if !ok {
				t.Fatalf("the carrier is asked for the call %s", call.ID)
			}
			attempts = append(attempts, id)
		}
		poke := func() {
			t.Helper()
			for range pokes {
				err := inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
					return b.Jobs.PlaceCalls(ctx, tx, b.viewer.OrganizationID, attempts)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		poke() // while the calls last
		settled(t, s, callsAtOnce)
		close(carrier.end)
		p := b.finished(t, batch)
		poke() // and after they ended
		settled(t, s, 0)

		if diff := cmp.Diff([]int{1, 1, 1}, carrier.asks()); diff != "" {
			t.Error("the carrier was asked", diff)
		}
		if p.Completed != callsAtOnce || p.Attempts != callsAtOnce {
			t.Errorf("ended as %+v", p)
		}
		if n := s.Read().Attempt.Query().CountX(b.context(t)); n != callsAtOnce {
			t.Errorf("there are %d attempts", n)
		}
		testkit.Audit(t, s)
	})
}

func TestStrayPokesAreHarmless(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		carrier := newDesk()
		b := setup(t, s, testkit.Options{Carrier: carrier})
		err := inTx(t, s, func(ctx context.Context, tx *store.Tx) error {
			unknown := []uuid.UUID{uuid.Must(uuid.NewV7())}
			for _, organization := range []string{b.viewer.OrganizationID, "org_unknown"} {
				if err := b.Jobs.PlaceCalls(ctx, tx, organization, unknown); err != nil {
					return err
				}
			}
			return b.Jobs.StartBatch(ctx, tx, b.viewer.OrganizationID, "batch_unknown", time.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		settled(t, s, 0)
		if asks := carrier.asks(); len(asks) > 0 {
			t.Errorf("the carrier was asked for %v", asks)
		}
	})
}

func TestNothingPersonalIsSaid(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		log := newListener()
		b := setup(t, s, testkit.Options{Log: slog.New(log), Calls: 2}) // so that the others are poked for
		b.create(t, 1, func(r *dialer.CreateRequest) {
			tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
			r.ScheduledStartTime = &tomorrow
		})
		b.finished(t, b.create(t, 5))
		keys := map[string]map[string]bool{}
		for _, j := range jobRows(t, s) {
			if strings.Contains(j.Args, secret) || strings.Contains(j.Args, "202555") {
				t.Errorf("%s says %s", j.Kind, j.Args)
			}
			var args map[string]any
			if err := json.Unmarshal([]byte(j.Args), &args); err != nil {
				t.Fatal(err)
			}
			if keys[j.Kind] == nil {
				keys[j.Kind] = map[string]bool{}
			}
			for name := range args {
				keys[j.Kind][name] = true
			}
		}
		got := map[string][]string{}
		for kind, names := range keys {
			got[kind] = slices.Sorted(maps.Keys(names))
		}
		want := map[string][]string{
			"place_call":  {"attempt_id", "organization_id"},
			"start_batch": {"batch_job_id", "organization_id", "starts_at"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		b.Stop()
		log.check(t)
	})
}

func TestStopHandsCallsOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		const callsAtOnce = 4
		carrier := newDesk()
		before := setup(t, s, testkit.Options{Carrier: carrier, Lease: time.Minute})
		batch := before.create(t, callsAtOnce)
		started := map[string]time.Time{}
		for _, call := range carrier.calls(t, callsAtOnce) {
			started[call.ID] = call.StartedAt
		}
		before.Stop()

		for _, a := range s.Read().Attempt.Query().AllX(before.context(t)) {
			if a.Status != calling.AttemptDialing || a.Node != "" || a.EndedAt != nil {
				t.Errorf("attempt %s is %s at %q", a.ID, a.Status, a.Node)
			}
		}
		for _, j := range jobRows(t, s) {
			if j.Kind == "place_call" && (j.State == "running" || j.State == "completed" || j.ScheduledAt.After(time.Now().Add(time.Second))) {
				t.Errorf("nobody will look: %+v", j)
			}
		}
		testkit.Audit(t, s)

		// Another node is asked for the same calls at once, long before a lease
		// would have run out.
		next := newDesk()
		close(next.end)
		after := &bundle{Engine: testkit.Start(t, s, testkit.Options{Carrier: next, Lease: time.Minute}), viewer: before.viewer}
		again := map[string]time.Time{}
		for _, call := range next.calls(t, callsAtOnce) {
			again[call.ID] = call.StartedAt
		}
		if diff := cmp.Diff(started, again); diff != "" {
			t.Error(diff)
		}
		if p := after.finished(t, batch); p.Completed != callsAtOnce || p.Attempts != callsAtOnce {
			t.Errorf("ended as %+v", p)
		}
		testkit.Audit(t, s)
	})
}

func TestStopWaitsForCallsThatEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		carrier := newDesk()
		b := setup(t, s, testkit.Options{Carrier: carrier})
		b.create(t, 5)
		carrier.calls(t, 5)
		stopped := make(chan error, 1)
		go func() { stopped <- b.Jobs.Stop(t.Context(), patience) }()
		select {
		case err := <-stopped:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		close(carrier.end)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		for _, a := range s.Read().Attempt.Query().AllX(b.context(t)) {
			if a.Status != calling.AttemptEnded || *a.Outcome != calling.OutcomeCompleted {
				t.Errorf("attempt %s is %s", a.ID, a.Status)
			}
		}
		if diff := cmp.Diff([]int{1, 1, 1, 1, 1}, carrier.asks()); diff != "" {
			t.Error("the carrier was asked", diff)
		}
	})
}
