package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// rows are what a batch job needs, and itself.
type rows struct{ organization, batch string }

func seed(tb testing.TB, s *store.Store, suffix string) rows {
	tb.Helper()
	r := rows{"org_" + suffix, "batch_" + suffix}
	now := time.Now()
	err := s.InTx(auth.WithSystem(tb.Context()), func(ctx context.Context, tx *store.Tx) error {
		c := tx.Ent
		c.Organization.Create().SetID(r.organization).SetName("Test").SetCreatedAt(now).ExecX(ctx)
		c.Agent.Create().SetID("agent_" + suffix).SetCreatedAt(now).SetOrganizationID(r.organization).SetName("Agent").
			SetArchitecture(calling.Pipeline).SetSystemPrompt("Hello").ExecX(ctx)
		c.PhoneNumber.Create().SetID("phone_" + suffix).SetCreatedAt(now).SetOrganizationID(r.organization).
			SetNumber("+12025550199").ExecX(ctx)
		return c.BatchJob.Create().SetID(r.batch).SetCreatedAt(now).SetOrganizationID(r.organization).SetName("Batch 📞").
			SetStatus(calling.BatchRunning).SetPhoneNumberID("phone_" + suffix).SetFromNumber("+12025550199").
			SetAgentID("agent_" + suffix).SetArchitecture(calling.Pipeline).SetSystemPrompt("Hello").SetConcurrentCallLimit(5).
			SetMaxAttempts(3).SetTimezone("UTC").SetCreatedBy("key_1").SetTotalContacts(0).
			SetOutcomeCounts(map[calling.Outcome]int{calling.OutcomeBusy: 1}).SetPricePerCallMicros(1).Exec(ctx)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// awkward are texts that break what is put together by hand.
func awkward() []string {
	return []string{
		"", " ", "O'Brien", `"quoted"`, "`ticks`", `back\slash`, `\`, `\'; DROP TABLE contacts; --`, "%_?$1:name", "NULL", "\\N",
		"tab\tnewline\nreturn\r", "😀🏳️‍🌈👩‍👩‍👧", "日本語 العربية ไทย", "e\u0301 \u00e9", "\u200b\ufeff\u2028", "\x01\x1a\x7f", strings.Repeat("長い😀", 5000),
	}
}

func contactColumns() []string {
	return []string{
		contact.FieldID, contact.FieldOrganizationID, contact.FieldBatchJobID, contact.FieldRow, contact.FieldPhone,
		contact.FieldName, contact.FieldCustomFields, contact.FieldStatus, contact.FieldAttemptsUsed, contact.FieldLastAttempt,
		contact.FieldNextAttemptAt,
	}
}

// insertContacts loads n contacts whose names come from text.
func insertContacts(tb testing.TB, s *store.Store, r rows, status calling.ContactStatus, n int, text func(i int) string) []uuid.UUID {
	tb.Helper()
	ids := make([]uuid.UUID, n)
	due := store.Instant(time.Now())
	err := s.InTx(auth.WithSystem(tb.Context()), func(ctx context.Context, tx *store.Tx) error {
		return tx.Insert(ctx, contact.Table, contactColumns(), func(yield func([]any) bool) {
			for i := range ids {
				ids[i] = uuid.Must(uuid.NewV7())
				fields := fmt.Sprintf(`{ "a":%d.0,  "a":"%d"}`, i, i)
				if !yield([]any{
					ids[i], r.organization, r.batch, i + 1, fmt.Sprintf("+1202%07d", i), text(i), fields, string(status), 0, 0, due,
				}) {
					return
				}
			}
		})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ids
}

func TestInsertTenThousand(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		const n = 10_000
		r := seed(t, s, "1")
		texts := awkward()
		name := func(i int) string {
			if i%len(texts) == len(texts)-1 && i > 500 {
				return "not all of them are that long"
			}
			return texts[i%len(texts)]
		}
		ids := insertContacts(t, s, r, calling.ContactPending, n, name)
		found := s.Read().Contact.Query().Order(contact.ByRow()).AllX(auth.WithSystem(t.Context()))
		if len(found) != n {
			t.Fatalf("%d rows", len(found))
		}
		for i, c := range found {
			fields := fmt.Sprintf(`{ "a":%d.0,  "a":"%d"}`, i, i)
			if c.ID != ids[i] || c.Row != i+1 || c.Name != name(i) || string(c.CustomFields) != fields || c.ExtraAttempts != 0 || c.LastOutcome != nil {
				t.Fatalf("row %d came back as %+v", i, c)
			}
		}
	})
}

func TestInsertIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r := seed(t, s, "1")
		ctx := auth.WithSystem(t.Context())
		row := func(n int) []any {
			return []any{uuid.Must(uuid.NewV7()), r.organization, r.batch, n, "+12025550100", "", "{}", "PENDING", 0, 0, time.Now()}
		}
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Insert(ctx, contact.Table, contactColumns(), func(yield func([]any) bool) {
				_ = yield(row(1)) && yield(row(2)) && yield(row(2))
			})
		})
		if err == nil || s.Read().Contact.Query().CountX(ctx) != 0 {
			t.Errorf("the same row twice says %v", err)
		}
	})
}

// attemptsOf makes an attempt in flight for each contact.
func attemptsOf(tb testing.TB, s *store.Store, r rows, contacts []uuid.UUID) []uuid.UUID {
	tb.Helper()
	ids := make([]uuid.UUID, len(contacts))
	columns := []string{"id", "organization_id", "batch_job_id", "contact_id", "number", "status", "reason", "dialed", "node", "lease_until", "queued_at", "talk_seconds", "cost_micros"}
	now := store.Instant(time.Now())
	err := s.InTx(auth.WithSystem(tb.Context()), func(ctx context.Context, tx *store.Tx) error {
		return tx.Insert(ctx, "attempts", columns, func(yield func([]any) bool) {
			for i, c := range contacts {
				ids[i] = uuid.Must(uuid.NewV7())
				if !yield([]any{ids[i], r.organization, r.batch, c, 1, "DIALING", "", true, "node", now, now, 0, 0}) {
					return
				}
			}
		})
	})
	if err != nil {
		tb.Fatal(err)
	}
	return ids
}

func saveTurn(tb testing.TB, s *store.Store, r rows, w *store.TurnWrites) error {
	tb.Helper()
	return s.InTx(auth.WithOrganization(tb.Context(), r.organization), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveTurn(ctx, r.organization, w)
	})
}

func TestEndAttempts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r := seed(t, s, "1")
		ids := attemptsOf(t, s, r, insertContacts(t, s, r, calling.ContactDialing, 3, func(int) string { return "" }))
		at := store.Instant(time.Date(2031, 12, 31, 23, 59, 59, 123456789, time.FixedZone("", -5*3600)))
		want := []store.EndedAttempt{
			{ID: ids[0], Outcome: calling.OutcomeCompleted, Reason: `said "it's \ 📞"`, Dialed: true, RingingAt: at, AnsweredAt: at.Add(time.Microsecond), EndedAt: at.Add(time.Hour), TalkSeconds: 61, CostMicros: 1 << 40},
			{ID: ids[1], Outcome: calling.OutcomeCarrierError, Dialed: false, EndedAt: at},
		}
		end := func(list ...store.EndedAttempt) error {
			return saveTurn(t, s, r, &store.TurnWrites{Ended: list})
		}
		if err := end(want...); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			a := s.Read().Attempt.GetX(auth.WithSystem(t.Context()), w.ID)
			got := store.EndedAttempt{ID: a.ID, Outcome: *a.Outcome, Reason: a.Reason, Dialed: a.Dialed, EndedAt: a.EndedAt.UTC(), TalkSeconds: a.TalkSeconds, CostMicros: a.CostMicros}
			if a.RingingAt != nil {
				got.RingingAt = a.RingingAt.UTC()
			}
			if a.AnsweredAt != nil {
				got.AnsweredAt = a.AnsweredAt.UTC()
			}
			if diff := cmp.Diff(w, got); diff != "" || a.Status != calling.AttemptEnded {
				t.Errorf("is %s: %s", a.Status, diff)
			}
		}
		other := store.EndedAttempt{ID: ids[2], Outcome: calling.OutcomeBusy, EndedAt: at}
		if err := end(want[0], other); err == nil || !strings.Contains(err.Error(), "only 1 of 2") {
			t.Errorf("one that has ended already, and one that has not, says %v", err)
		}
		if a := s.Read().Attempt.GetX(auth.WithSystem(t.Context()), ids[2]); a.Status != calling.AttemptDialing {
			t.Errorf("what failed left an attempt %s", a.Status)
		}
		if err := end(store.EndedAttempt{ID: uuid.Must(uuid.NewV7()), Outcome: calling.OutcomeBusy, EndedAt: at}); err == nil {
			t.Error("an attempt that is not there has ended")
		}
	})
}

func TestMoveContacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r := seed(t, s, "1")
		ids := insertContacts(t, s, r, calling.ContactDialing, 3, func(int) string { return "" })
		at := store.Instant(time.Now().Add(time.Hour))
		busy := calling.OutcomeBusy
		want := []store.MovedContact{
			{ID: ids[0], Status: calling.ContactPending, LastOutcome: &busy, AttemptsUsed: 2, NextAttemptAt: at},
			{ID: ids[1], Status: calling.ContactDialing, AttemptsUsed: 0, NextAttemptAt: at.Add(time.Microsecond)},
		}
		move := func() error {
			return saveTurn(t, s, r, &store.TurnWrites{Moved: want})
		}
		if err := move(); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			c := s.Read().Contact.GetX(auth.WithSystem(t.Context()), w.ID)
			got := store.MovedContact{ID: c.ID, Status: c.Status, LastOutcome: c.LastOutcome, AttemptsUsed: c.AttemptsUsed, NextAttemptAt: c.NextAttemptAt.UTC()}
			if diff := cmp.Diff(w, got); diff != "" {
				t.Error(diff)
			}
		}
		want = want[1:] // it is still DIALING, and moves to where it is
		if err := move(); err != nil {
			t.Errorf("moving a contact to where it is says %v", err)
		}
		if c := s.Read().Contact.GetX(auth.WithSystem(t.Context()), ids[2]); c.Status != calling.ContactDialing || c.LastOutcome != nil {
			t.Errorf("a contact nobody named is %+v", c)
		}
	})
}

func databases(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.SQLite(b, nil)) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.Postgres(b, nil)) })
	b.Run("mysql", func(b *testing.B) { run(b, storetest.MySQL(b, nil)) })
}

// BenchmarkInsert loads 10,000 contacts in one transaction.
func BenchmarkInsert(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			r := seed(b, s, fmt.Sprint(i))
			b.StartTimer()
			insertContacts(b, s, r, calling.ContactPending, 10_000, func(int) string { return "Jane Doe" })
		}
	})
}

// BenchmarkSettle ends 500 attempts and moves their contacts.
func BenchmarkSettle(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			r := seed(b, s, fmt.Sprint(i))
			contacts := insertContacts(b, s, r, calling.ContactDialing, 500, func(int) string { return "Jane Doe" })
			now := time.Now()
			var ended []store.EndedAttempt
			var moved []store.MovedContact
			busy := calling.OutcomeBusy
			for i, id := range attemptsOf(b, s, r, contacts) {
				ended = append(ended, store.EndedAttempt{ID: id, Outcome: busy, Dialed: true, EndedAt: now})
				moved = append(moved, store.MovedContact{ID: contacts[i], Status: calling.ContactPending, LastOutcome: &busy, NextAttemptAt: now})
			}
			b.StartTimer()
			if err := saveTurn(b, s, r, &store.TurnWrites{Ended: ended, Moved: moved}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
