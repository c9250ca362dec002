package dialer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/ent/creditentry"
	"github.com/outdial/outdial/internal/testkit"
	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestReschedule(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		k.now = time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
		at, zone := "2027-02-01T10:00:00", "America/New_York" // 15:00 UTC
		id := k.dial(t, 2, upload(t, 2), func(r *dialer.CreateRequest) { r.ScheduledStartTime, r.Timezone = &at, &zone })
		for _, row := range []struct {
			start, zone string
			code        calling.Code
		}{
			{"2027-02-01T06:59:59", "", calling.CodePastScheduledTime},
			{"tomorrow", "", calling.CodeInvalidRequest},
			{"2027-02-01T10:00:00", "EST5", calling.CodeInvalidTimezone},
		} {
			_, err := k.Reschedule(k.ctx, id, calling.NewStart{ScheduledStartTime: &row.start, Timezone: &row.zone}, "")
			refuses(t, row.start, err, row.code)
		}
		later := "2027-02-01T12:00:00" // in the batch job's zone: 17:00 UTC
		answer, err := k.Reschedule(k.ctx, id, calling.NewStart{ScheduledStartTime: &later}, "lunch")
		if err != nil || !answer.StartAt.Equal(time.Date(2027, 2, 1, 17, 0, 0, 0, time.UTC)) {
			t.Fatalf("rescheduled to %+v, %v", answer, err)
		}
		k.pass(3 * time.Hour)
		if err := k.Dialer.Start(k.ctx, k.org, id, k.clock()); err != nil { // the old poke
			t.Fatal(err)
		}
		if b := k.batch(id); b.Status != calling.BatchScheduled || b.StartedAt != nil {
			t.Errorf("at the old start it is %s, started at %v", b.Status, b.StartedAt)
		}
		gap, paris := "2027-03-28T02:30:00", "Europe/Paris"
		answer, err = k.Reschedule(k.ctx, id, calling.NewStart{ScheduledStartTime: &gap, Timezone: &paris}, "")
		if err != nil || len(answer.Warnings) != 1 || answer.Warnings[0].Code != calling.WarnStartInGap {
			t.Errorf("in a gap: %+v, %v", answer, err)
		}
		if b := k.batch(id); b.Timezone != paris || !b.ScheduledStartAt.Equal(time.Date(2027, 3, 28, 1, 30, 0, 0, time.UTC)) {
			t.Errorf("starts at %v, %s", b.ScheduledStartAt, b.Timezone)
		}
		if answer, err = k.Reschedule(k.ctx, id, calling.NewStart{}, ""); err != nil || !answer.StartAt.IsZero() {
			t.Errorf("at once: %+v, %v", answer, err)
		}
		b := k.batch(id)
		if b.Status != calling.BatchRunning || b.ScheduledStartAt != nil || b.ContactsDialing != 2 {
			t.Errorf("started at once it is %s with %d calls, %v", b.Status, b.ContactsDialing, b.ScheduledStartAt)
		}
		want := []string{
			"CREATED by demo key", "RESCHEDULED by demo key: lunch", "RESCHEDULED by demo key", "RESCHEDULED by demo key", "STARTED",
		}
		if diff := cmp.Diff(want, k.history(id)); diff != "" {
			t.Error(diff)
		}
		told := map[string]any{
			"scheduledStartTime": map[string]any{"from": "2027-03-28T01:30:00Z", "to": nil},
			"timezone":           map[string]any{"from": paris, "to": paris},
		}
		if diff := cmp.Diff(told, k.told(t, id, calling.ChangeRescheduled)); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
	})
}

func TestRescheduledStartsOnTime(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{})
		in := func(d time.Duration) *string {
			text := time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z")
			return &text
		}
		scheduled := func(d time.Duration) func(*dialer.CreateRequest) {
			return func(r *dialer.CreateRequest) { r.ScheduledStartTime = in(d) }
		}
		sooner := b.create(t, 5, upload(t, 5), scheduled(24*time.Hour))
		later := b.create(t, 5, upload(t, 5), scheduled(time.Second))
		to := map[string]*string{sooner: in(2 * time.Second), later: in(3 * time.Second)}
		for id, at := range to {
			if _, err := b.Dialer.Reschedule(b.ctx, id, calling.NewStart{ScheduledStartTime: at}, ""); err != nil {
				t.Fatal(err)
			}
		}
		for id, at := range to {
			p := b.finished(t, id)
			want, _ := time.Parse(time.RFC3339, *at)
			if late := p.StartedAt.Sub(want); late < 0 || late > 2*time.Second || p.Status != calling.BatchCompleted {
				t.Errorf("started %s after its time: %+v", late, p)
			}
		}
		testkit.Audit(t, s)
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 4, upload(t, 6))
		update := func(edit calling.BatchEdit) []calling.Warning {
			t.Helper()
			warnings, err := k.Update(k.ctx, id, edit, "")
			if err != nil {
				t.Fatal(err)
			}
			return warnings
		}
		one, two, ten, many, none, name, about := 1, 2, 10, 50, 0, " Spring ", "for the spring"
		long := strings.Repeat("x", 1001)
		for what, edit := range map[string]calling.BatchEdit{
			"nothing": {}, "no name": {Name: new(string)}, "no limit": {ConcurrentCallLimit: &none}, "no attempts": {MaxAttempts: &none},
			"a long description": {Description: &long},
		} {
			refuses(t, what, second(k.Update(k.ctx, id, edit, "")), calling.CodeInvalidRequest)
		}
		if w := update(calling.BatchEdit{Name: &name, Description: &about, ConcurrentCallLimit: &many}); len(w) != 1 || w[0].Code != calling.WarnLimitLowered {
			t.Errorf("a limit of 50 warns of %v", w)
		}
		if b := k.batch(id); b.Name != "Spring" || *b.Description != about || b.ContactsDialing != 6 {
			t.Errorf("updated to %+v", b)
		}
		told := map[string]any{
			"name": map[string]any{"from": "Create", "to": "Spring"}, "description": map[string]any{"from": "", "to": about},
			"concurrentCallLimit": map[string]any{"from": 4.0, "to": 50.0},
		}
		if diff := cmp.Diff(told, k.told(t, id, calling.ChangeUpdated)); diff != "" {
			t.Error(diff)
		}
		k.end(t, id, calling.OutcomeNoAnswer, calling.OutcomeBusy, calling.OutcomeCompleted, calling.OutcomeNoAnswer)
		update(calling.BatchEdit{ConcurrentCallLimit: &two, Description: new(string)})
		k.later(t, time.Hour)
		if b := k.batch(id); b.Description != nil || b.ContactsDialing != 2 || b.ContactsPending != 3 {
			t.Errorf("with a limit of 2 it has %d calls and %d waiting", b.ContactsDialing, b.ContactsPending)
		}
		update(calling.BatchEdit{MaxAttempts: &one}) // two are dialed a second time, three waited for theirs
		b := k.batch(id)
		if b.ContactsFailed != 3 || b.ContactsDialing != 2 || b.ContactsPending != 0 || b.Status != calling.BatchRunning {
			t.Errorf("with one attempt it is %+v", b)
		}
		if n := k.told(t, id, calling.ChangeUpdated)["contactsEnded"]; n != 3.0 {
			t.Errorf("the history says that %v contacts ended", n)
		}
		testkit.Audit(t, s)
		update(calling.BatchEdit{MaxAttempts: &ten})
		if b := k.batch(id); b.ContactsFailed != 3 {
			t.Error("more attempts brought back who had ended")
		}
		update(calling.BatchEdit{MaxAttempts: &one})
		k.end(t, id, calling.OutcomeBusy)
		b = k.batch(id)
		if b.Status != calling.BatchCompleted || b.ContactsFailed != 5 || b.HeldMicros != 0 {
			t.Errorf("ended as %+v", b)
		}
		testkit.Audit(t, s)
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		most := 2
		id := k.dial(t, 10, upload(t, 6), func(r *dialer.CreateRequest) { r.MaxAttempts = &most })
		k.end(t, id, calling.OutcomeBusy, calling.OutcomeBusy, calling.OutcomeVoicemail, calling.OutcomeCompleted, calling.OutcomeUnknown, calling.OutcomeCancelled)
		k.later(t, time.Hour)
		k.end(t, id, calling.OutcomeNoAnswer, calling.OutcomeBusy)
		ended := k.batch(id)
		if ended.Status != calling.BatchCompleted || ended.ContactsFailed != 3 || ended.ContactsCompleted != 2 || ended.HeldMicros != 0 {
			t.Fatalf("ended as %+v", ended)
		}
		for what, outcomes := range map[string][]calling.Outcome{
			"nothing": nil, "who was spoken with": {calling.OutcomeBusy, calling.OutcomeCompleted},
			"nobody": {calling.OutcomeRejected}, "no outcome": {"LOST"},
		} {
			refuses(t, what, second(k.Retry(k.ctx, id, outcomes, "")), calling.CodeInvalidRequest)
		}
		again := []calling.Outcome{calling.OutcomeVoicemail, calling.OutcomeNoAnswer, calling.OutcomeUnknown, calling.OutcomeNoAnswer, calling.OutcomeCancelled}
		n, err := k.Retry(k.ctx, id, again, "the number was wrong")
		if n != 4 || err != nil {
			t.Fatalf("retried %d, %v", n, err)
		}
		b := k.batch(id)
		if b.Status != calling.BatchRunning || b.EndedAt != nil || b.Version <= ended.Version || b.ContactsDialing != 4 ||
			b.ContactsFailed != 1 || b.ContactsCompleted != 1 || b.ContactsCancelled != 0 || b.HeldMicros != 4*35_000 {
			t.Errorf("retried it is %+v", b)
		}
		if diff := cmp.Diff(map[calling.Outcome]int{calling.OutcomeBusy: 1, calling.OutcomeCompleted: 1}, b.OutcomeCounts); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
		k.end(t, id, calling.OutcomeNoAnswer) // all four have one more attempt
		if b := k.batch(id); b.ContactsPending != 4 {
			t.Errorf("after the first new attempt it is %+v", b)
		}
		due := s.Read().Contact.Query().Where(contact.StatusEQ(calling.ContactPending)).AllX(k.ctx)
		for _, c := range due {
			if wait := c.NextAttemptAt.Sub(k.clock()); wait > 5*time.Minute {
				t.Errorf("a contact with %d attempts used waits %s for its second new one", c.AttemptsUsed, wait)
			}
		}
		k.later(t, time.Hour)
		k.end(t, id, calling.OutcomeNoAnswer)
		b = k.batch(id)
		if b.Status != calling.BatchCompleted || b.ContactsFailed != 5 || b.HeldMicros != 0 {
			t.Errorf("ended again as %+v", b)
		}
		want := []string{
			"CREATED by demo key", "STARTED", "ENDED", "RETRIED by demo key: the number was wrong", "ENDED",
		}
		if diff := cmp.Diff(want, k.history(id)); diff != "" {
			t.Error(diff)
		}
		testkit.Audit(t, s)
	})
}

func TestRetryHoldsCredits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		most := 1
		id := k.dial(t, 10, upload(t, 4), func(r *dialer.CreateRequest) { r.MaxAttempts = &most })
		k.end(t, id, calling.OutcomeBusy, calling.OutcomeBusy, calling.OutcomeBusy, calling.OutcomeCompleted)
		k.spend(t, 2*35_000)
		before := k.batch(id)
		refuses(t, "a retry beyond the credits", second(k.Retry(k.ctx, id, []calling.Outcome{calling.OutcomeBusy}, "")), calling.CodeInsufficientCredits)
		if diff := cmp.Diff(before.String(), k.batch(id).String()); diff != "" {
			t.Error("what was refused changed", diff)
		}
		testkit.Audit(t, s)
		if _, err := k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 35_000}); err != nil {
			t.Fatal(err)
		}
		if n, err := k.Retry(k.ctx, id, []calling.Outcome{calling.OutcomeBusy}, ""); n != 3 || err != nil {
			t.Errorf("retried %d, %v", n, err)
		}
		testkit.Audit(t, s)
	})
}

func TestRetryOfARunningBatchJobUsesItsHold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		most := 1
		id := k.dial(t, 2, upload(t, 4), func(r *dialer.CreateRequest) { r.MaxAttempts = &most })
		k.end(t, id, calling.OutcomeBusy)
		k.spend(t, 0)
		if n, err := k.Retry(k.ctx, id, []calling.Outcome{calling.OutcomeBusy}, ""); n != 2 || err != nil {
			t.Errorf("retried %d, %v", n, err)
		}
		if b := k.batch(id); b.HeldMicros != 4*35_000 {
			t.Errorf("holds %d for four contacts", b.HeldMicros)
		}
		testkit.Audit(t, s)
	})
}

func TestRetryOfManyContacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, jobs.Migrate, func(t *testing.T, s *store.Store) {
		b := setup(t, s, testkit.Options{TimeScale: 20000})
		most := 1
		id := b.create(t, 20, upload(t, 300), func(r *dialer.CreateRequest) { r.MaxAttempts = &most })
		first := b.finished(t, id)
		n, err := b.Dialer.Retry(b.ctx, id, []calling.Outcome{calling.OutcomeNoAnswer, calling.OutcomeBusy, calling.OutcomeVoicemail}, "")
		if err != nil || n == 0 {
			t.Fatalf("retried %d of %+v: %v", n, first, err)
		}
		again := b.finished(t, id) // watched anew, it is not over before it is
		if again.Status != calling.BatchCompleted || again.Attempts != first.Attempts+n || again.Version <= first.Version {
			t.Errorf("of %d retried it ended as %+v, before as %+v", n, again, first)
		}
		testkit.Audit(t, s)
	})
}

func TestAddCredits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		k := newDesk(t, s)
		id := k.dial(t, 1, upload(t, 2))
		k.spend(t, 0)
		// The first call lasts so long that it uses up the hold of both.
		x := s.Read().Attempt.Query().Where(attempt.BatchJobID(id)).OnlyX(k.ctx)
		if err := k.Settle(k.ctx, k.org, x.ID, calling.Report{Outcome: calling.OutcomeCompleted, Talk: 4 * time.Minute}); err != nil {
			t.Fatal(err)
		}
		k.later(t, time.Second)
		if b := k.batch(id); b.Status != calling.BatchPaused || *b.PauseReason != calling.PausedByCredits {
			t.Fatalf("without credits it is %s", b.Status)
		}
		for _, amount := range []calling.Micros{0, -1, calling.MaxTopUp + 1} {
			refuses(t, "an amount out of bounds", second(k.AddCredits(k.ctx, calling.TopUp{AmountMicros: amount})), calling.CodeInvalidRequest)
		}
		refuses(t, "a long note", second(k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 1, Note: strings.Repeat("x", 501)})), calling.CodeInvalidRequest)
		viewer, _ := auth.FromContext(k.ctx)
		viewer.Scopes = []auth.Scope{auth.Read, auth.Write}
		refuses(t, "a key without the scope", second(k.AddCredits(auth.WithViewer(k.ctx, viewer), calling.TopUp{AmountMicros: 1})), calling.CodeForbidden)

		if got, err := k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 34_999, Note: "too little"}); err != nil || got.BatchJobsResumed != 0 {
			t.Errorf("with too little %+v, %v", got, err)
		}
		k.mu.Lock()
		if !slices.Contains(k.changed, k.org) {
			t.Error("who watches the organization is not told of credits that no batch job shows")
		}
		k.mu.Unlock()
		got, err := k.AddCredits(k.ctx, calling.TopUp{AmountMicros: 1, Note: " enough "})
		if diff := cmp.Diff(&dialer.Credits{BalanceMicros: 35_000, BatchJobsResumed: 1}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if b := k.batch(id); b.Status != calling.BatchRunning || b.ContactsDialing != 1 {
			t.Errorf("with credits it is %s with %d calls", b.Status, b.ContactsDialing)
		}
		want := []string{
			"CREATED by demo key", "STARTED", "PAUSED: The organization's credits do not cover one more call.", "RESUMED: There are credits again.",
		}
		if diff := cmp.Diff(want, k.history(id)); diff != "" {
			t.Error(diff)
		}
		line := s.Read().CreditEntry.Query().Where(creditentry.Note("enough")).OnlyX(k.ctx)
		if line.Kind != calling.CreditTopUp || line.CreatedBy != viewer.KeyID || line.BalanceDeltaMicros != 1 || line.BatchJobID != nil {
			t.Errorf("the ledger says %+v", line)
		}
		testkit.Audit(t, s)
	})
}
