package dialer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchchange"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// HangUpCalls counts pokes as PlaceCalls does.
func (k *desk) HangUpCalls(_ context.Context, _ *store.Tx, _ string, attempts []uuid.UUID) error {
	k.pokes.Add(int64(len(attempts)))
	return nil
}

// end settles the calls in flight of a batch job, in the order of the upload,
// with these outcomes; the last one counts for all that are left. Nobody talks
// unless the outcome says so.
func (k *desk) end(t *testing.T, id string, outcomes ...calling.Outcome) {
	t.Helper()
	rows := k.store.Read().Attempt.Query().Where(attempt.BatchJobID(id), attempt.StatusNEQ(calling.AttemptEnded)).
		Order(attempt.ByContactField(contact.FieldRow)).AllX(k.ctx)
	if len(rows) == 0 {
		t.Fatal("no call is in flight")
	}
	for i, row := range rows {
		report := calling.Report{Outcome: outcomes[min(i, len(outcomes)-1)]}
		if report.Outcome == calling.OutcomeCompleted {
			report.Talk = time.Minute
		}
		if err := k.Settle(k.ctx, k.org, row.ID, report); err != nil {
			t.Fatal(err)
		}
	}
}

// later has time pass and the organization take a turn.
func (k *desk) later(t *testing.T, d time.Duration) {
	t.Helper()
	k.pass(d)
	if err := k.Dispatch(k.ctx, k.org); err != nil {
		t.Fatal(err)
	}
}

// spend leaves the organization with this much that is not held.
func (k *desk) spend(t *testing.T, left calling.Micros) {
	t.Helper()
	k.change(t, func(ctx context.Context, tx *store.Tx) error {
		org := tx.Ent.Organization.GetX(ctx, k.org)
		less := left - (org.BalanceMicros - org.HeldMicros)
		tx.Ent.Organization.UpdateOneID(k.org).AddBalanceMicros(less).ExecX(ctx)
		return tx.Ent.CreditEntry.Create().SetID(calling.PublicID(calling.CreditEntryPrefix, uuid.Must(uuid.NewV7()))).
			SetOrganizationID(k.org).SetCreatedAt(k.clock()).SetKind(calling.CreditTopUp).
			SetBalanceDeltaMicros(less).SetHeldDeltaMicros(0).Exec(ctx)
	})
}

func (k *desk) batch(id string) *ent.BatchJob { return k.store.Read().BatchJob.GetX(k.ctx, id) }

// history returns a line for each change of a batch job.
func (k *desk) history(id string) []string {
	var lines []string
	for _, c := range k.store.Read().BatchChange.Query().Where(batchchange.BatchJobID(id)).
		Order(batchchange.ByID()).AllX(k.ctx) {
		line := string(c.Action)
		if c.Actor == calling.ActorAPIKey {
			line += " by " + c.ActorName
		}
		if c.Reason != "" {
			line += ": " + c.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

// told returns the details of the last change of a kind.
func (k *desk) told(t *testing.T, id string, action calling.ChangeAction) map[string]any {
	t.Helper()
	row := k.store.Read().BatchChange.Query().Where(batchchange.BatchJobID(id), batchchange.ActionEQ(action)).
		Order(ent.Desc(batchchange.FieldID)).FirstX(k.ctx)
	told := map[string]any{}
	if err := json.Unmarshal(row.Details, &told); err != nil {
		t.Fatal(err)
	}
	return told
}

// refuses fails the test unless err has the code.
func refuses(t *testing.T, what string, err error, code calling.Code) {
	t.Helper()
	if err == nil || calling.CodeOf(err) != code {
		t.Errorf("%s says %v, want %s", what, err, code)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 1, upload(t, 3))
		if err := k.Pause(k.ctx, id, "  the script is wrong\n"); err != nil {
			t.Fatal(err)
		}
		if b := k.batch(id); b.PauseNote != "the script is wrong" || *b.PauseReason != calling.PausedByPerson {
			t.Errorf("paused with %v, %q", *b.PauseReason, b.PauseNote)
		}
		if err := k.Resume(k.ctx, id, ""); err != nil {
			t.Fatal(err)
		}
		if b := k.batch(id); b.PauseNote != "" || b.PauseReason != nil {
			t.Errorf("resumed with %v, %q", b.PauseReason, b.PauseNote)
		}
		if n, err := k.Cancel(k.ctx, id, false, "changed my mind"); n != 3 || err != nil {
			t.Errorf("cancelled %d, %v", n, err)
		}
		want := []string{
			"CREATED by demo key", "STARTED", "PAUSED by demo key: the script is wrong", "RESUMED by demo key",
			"CANCELLED by demo key: changed my mind", "ENDED",
		}
		if diff := cmp.Diff(want, k.history(id)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"contactsCancelled": 3.0, "hangUp": false}, k.told(t, id, calling.ChangeCancelled)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"status": "CANCELLED"}, k.told(t, id, calling.ChangeEnded)); diff != "" {
			t.Error(diff)
		}
		refuses(t, "a reason that is too long", k.Pause(k.ctx, id, strings.Repeat("ä", 501)), calling.CodeInvalidRequest)
		refuses(t, "a reason that is no text", k.Resume(k.ctx, id, "\xff"), calling.CodeInvalidRequest)
		testkit.Audit(t, s)
	})
}

func TestTheCircuitBreakerIsInTheHistory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 10, upload(t, 12))
		k.end(t, id, calling.OutcomeCarrierError)
		b := k.batch(id)
		if b.Status != calling.BatchPaused || *b.PauseReason != calling.PausedByCircuitBreaker || b.PauseNote == "" {
			t.Fatalf("is %s, %q", b.Status, b.PauseNote)
		}
		if err := k.Resume(k.ctx, id, "the trunk is mended"); err != nil {
			t.Fatal(err)
		}
		n, err := k.Retry(k.ctx, id, []calling.Outcome{calling.OutcomeCarrierError}, "")
		if n != 10 || err != nil {
			t.Fatalf("retried %d, %v", n, err)
		}
		k.end(t, id, calling.OutcomeBusy) // one more failure would not do
		want := []string{
			"CREATED by demo key", "STARTED", "PAUSED: " + b.PauseNote, "RESUMED by demo key: the trunk is mended", "RETRIED by demo key",
		}
		if diff := cmp.Diff(want, k.history(id)); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
	})
}

func TestHangUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 2, upload(t, 5))
		k.abandon(t) // as if a node had claimed both
		calls := s.Read().Attempt.Query().AllX(k.ctx)
		hangUp := func() {
			t.Helper()
			for _, a := range calls {
				if err := k.Dialer.HangUp(k.ctx, k.org, a.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		hangUp()
		if len(k.hungUp) > 0 {
			t.Error("calls were hung up that nobody wanted to end")
		}
		if n, err := k.Cancel(k.ctx, id, false, ""); n != 3 || err != nil {
			t.Fatalf("cancelled %d, %v", n, err)
		}
		before := k.pokes.Load()
		if n, err := k.Cancel(k.ctx, id, true, "at once"); n != 0 || err != nil {
			t.Fatalf("cancelled %d more, %v", n, err)
		}
		if got := k.pokes.Load() - before; got != 2 {
			t.Errorf("%d calls were poked of 2", got)
		}
		hangUp()
		if len(k.hungUp) != 2 || k.hungUp[0].ID != calling.PublicID(calling.AttemptPrefix, calls[0].ID) || k.hungUp[0].To == "" {
			t.Errorf("hung up %+v", k.hungUp)
		}
		if b := k.batch(id); !b.HangUp || b.Status != calling.BatchCancelling {
			t.Errorf("is %s, hang up %v", b.Status, b.HangUp)
		}
		for i, report := range []calling.Report{{Outcome: calling.OutcomeCancelled, Talk: 30 * time.Second}, {Outcome: calling.OutcomeCompleted, Talk: time.Minute}} {
			if err := k.Settle(k.ctx, k.org, calls[i].ID, report); err != nil {
				t.Fatal(err)
			}
		}
		b := k.batch(id)
		if b.Status != calling.BatchCancelled || b.ContactsCancelled != 4 || b.ContactsCompleted != 1 || b.SpentMicros != 8750+17500 {
			t.Errorf("ended as %+v", b)
		}
		hangUp()
		if len(k.hungUp) != 2 {
			t.Error("calls were hung up that had ended")
		}
		want := []string{"CREATED by demo key", "STARTED", "CANCELLED by demo key", "CANCELLED by demo key: at once", "ENDED"}
		if diff := cmp.Diff(want, k.history(id)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]any{"contactsCancelled": 0.0, "hangUp": true, "callsHungUp": 2.0}, k.told(t, id, calling.ChangeCancelled)); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
	})
}

func TestHangUpByTheQueue(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{TimeScale: 1})
		id := b.create(t, 5, upload(t, 5))
		for end := time.Now().Add(deadline); b.Simulator.Peak(id) < 5; time.Sleep(time.Millisecond) { // all are with the carrier
			if time.Now().After(end) {
				t.Fatal("the calls did not begin")
			}
		}
		if _, err := b.Dialer.Cancel(b.ctx, id, true, ""); err != nil {
			t.Fatal(err)
		}
		// Calls of this simulator ring for seconds and talk for minutes.
		if p := b.finished(t, id); p.Status != calling.BatchCancelled || p.Cancelled == 0 {
			t.Errorf("ended as %+v", p)
		}
		testkit.Audit(t, s)
	})
}

// TestControlRefuses tries every verb in every status that does not allow it,
// and on another organization's batch jobs.
func TestControlRefuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		name := "Another"
		outcomes := []calling.Outcome{calling.OutcomeBusy}
		verbs := map[calling.BatchAction]func(context.Context, string) error{
			calling.ActionPause:  func(ctx context.Context, id string) error { return k.Pause(ctx, id, "") },
			calling.ActionResume: func(ctx context.Context, id string) error { return k.Resume(ctx, id, "") },
			calling.ActionCancel: func(ctx context.Context, id string) error { _, err := k.Cancel(ctx, id, false, ""); return err },
			calling.ActionHangUp: func(ctx context.Context, id string) error { _, err := k.Cancel(ctx, id, true, ""); return err },
			calling.ActionReschedule: func(ctx context.Context, id string) error {
				_, err := k.Reschedule(ctx, id, calling.NewStart{}, "")
				return err
			},
			calling.ActionUpdate: func(ctx context.Context, id string) error {
				_, err := k.Update(ctx, id, calling.BatchEdit{Name: &name}, "")
				return err
			},
			calling.ActionRetry: func(ctx context.Context, id string) error { _, err := k.Retry(ctx, id, outcomes, ""); return err },
		}
		other, err := accounts.New(s, k.clock).CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 1})
		if err != nil {
			t.Fatal(err)
		}
		foreign := auth.WithViewer(t.Context(), auth.Viewer{OrganizationID: other.ID, KeyID: "key_other", Scopes: auth.Scopes()})
		reader := auth.WithViewer(t.Context(), auth.Viewer{OrganizationID: k.org, KeyID: "key_reader", Scopes: []auth.Scope{auth.Read, auth.Admin}})
		later := k.clock().Add(time.Hour).Format(time.RFC3339)
		id := k.dial(t, 1, upload(t, 1), func(r *dialer.CreateRequest) { r.ScheduledStartTime = &later })
		for _, status := range calling.BatchStatus("").Values() {
			k.change(t, func(ctx context.Context, tx *store.Tx) error {
				return tx.Ent.BatchJob.UpdateOneID(id).SetStatus(calling.BatchStatus(status)).Exec(ctx)
			})
			for action, do := range verbs {
				refuses(t, fmt.Sprintf("%s by another organization of one that is %s", action, status), do(foreign, id), calling.CodeNotFound)
				refuses(t, fmt.Sprintf("%s without the scope", action), do(reader, id), calling.CodeForbidden)
				permit := action.Permit(calling.BatchStatus(status))
				if permit.Allowed {
					continue
				}
				err := do(k.ctx, id)
				refuses(t, fmt.Sprintf("%s of one that is %s", action, status), err, calling.CodeActionNotAllowed)
				if err != nil && !strings.Contains(err.Error(), permit.Reason) {
					t.Errorf("%s says %v, the table %s", action, err, permit.Reason)
				}
			}
		}
		for action, do := range verbs {
			refuses(t, fmt.Sprintf("%s of an unknown one", action), do(k.ctx, "batch_unknown"), calling.CodeNotFound)
		}
		if diff := cmp.Diff([]string{"CREATED by demo key"}, k.history(id)); diff != "" {
			t.Error("what was refused left", diff)
		}
	})
}

// TestControlsAtOnce has many people turn every knob of one batch job at once.
func TestControlsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 4, upload(t, 40))
		outcomes := []calling.Outcome{calling.OutcomeNoAnswer, calling.OutcomeVoicemail, calling.OutcomeCarrierError}
		var work sync.WaitGroup
		for worker := range 4 {
			work.Go(func() {
				for i := range 25 {
					most := 1 + (worker+i)%3
					for _, err := range []error{
						k.Pause(k.ctx, id, "race"),
						k.Resume(k.ctx, id, "race"),
						second(k.Update(k.ctx, id, calling.BatchEdit{MaxAttempts: &most}, "race")),
						second(k.Retry(k.ctx, id, outcomes, "race")),
						second(k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 1, Note: "race"})),
					} {
						code := calling.CodeOf(err)
						if err != nil && code != calling.CodeActionNotAllowed && code != calling.CodeInvalidRequest {
							t.Error(err)
						}
					}
					for n, a := range s.Read().Attempt.Query().Where(attempt.StatusNEQ(calling.AttemptEnded)).AllX(k.ctx) {
						report := calling.Report{Outcome: outcomes[(n+i)%3]}
						if err := k.Settle(k.ctx, k.org, a.ID, report); err != nil {
							t.Error(err)
						}
					}
					k.pass(time.Minute)
				}
			})
		}
		work.Wait()
		testkit.Audit(t, s)
		if _, err := k.Cancel(k.ctx, id, true, ""); err != nil && calling.CodeOf(err) != calling.CodeActionNotAllowed {
			t.Error(err)
		}
		testkit.Audit(t, s)
	})
}

func second[T any](_ T, err error) error { return err }
