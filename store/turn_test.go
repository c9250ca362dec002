package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func TestTurnsReadEveryColumnButTheTexts(t *testing.T) {
	t.Parallel()
	want := slices.DeleteFunc(slices.Clone(batchjob.Columns), func(c string) bool {
		return c == batchjob.FieldSystemPrompt || c == batchjob.FieldDescription
	})
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(store.BatchJobColumns()))); diff != "" {
		t.Error("a column was added or dropped that turns do not know of:", diff)
	}
}

// inTurn runs fn in a transaction on behalf of an organization.
func inTurn(tb testing.TB, s *store.Store, organizationID string, fn func(context.Context, *store.Tx) error) {
	tb.Helper()
	if err := s.InTx(auth.WithOrganization(tb.Context(), organizationID), fn); err != nil {
		tb.Fatal(err)
	}
}

func TestLoadTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r, other := seed(t, s, "1"), seed(t, s, "2")
		contacts := insertContacts(t, s, r, calling.ContactDialing, 3, func(int) string { return "" })
		ids := attemptsOf(t, s, r, contacts)
		foreign := attemptsOf(t, s, other, insertContacts(t, s, other, calling.ContactDialing, 2, func(int) string { return "" }))
		inTurn(t, s, r.organization, func(ctx context.Context, tx *store.Tx) error {
			rows, err := tx.LoadTurn(ctx, r.organization, time.Now(), []uuid.UUID{ids[0], ids[2], foreign[0], uuid.Must(uuid.NewV7())})
			if err != nil {
				return err
			}
			byEnt, err := tx.Ent.BatchJob.Query().Where(batchjob.ID(r.batch)).Only(ctx)
			if err != nil {
				return err
			}
			byEnt.SystemPrompt = ""
			if diff := cmp.Diff(map[string]int{r.batch: 3}, rows.InFlight); diff != "" {
				t.Error("in flight are", diff)
			}
			if len(rows.BatchJobs) != 1 || byEnt.String() != rows.BatchJobs[0].String() {
				t.Errorf("the batch jobs are %v, and not %v", rows.BatchJobs, byEnt)
			}
			if rows.Organization.ID != r.organization || rows.Organization.ConcurrentCallLimit != 20 {
				t.Errorf("the organization is %v", rows.Organization)
			}
			var found []uuid.UUID
			for _, e := range rows.Ended {
				found = append(found, e.ID)
				if i := slices.Index(ids, e.ID); i < 0 || e.Contact.ID != contacts[i] || e.BatchJobID != r.batch {
					t.Errorf("an attempt is %+v", e)
				}
			}
			slices.SortFunc(found, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			if diff := cmp.Diff([]uuid.UUID{ids[0], ids[2]}, found); diff != "" {
				t.Error("of the attempts asked for are in flight", diff)
			}
			return nil
		})
	})
}

func TestDueContacts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r := seed(t, s, "1")
		names := awkward()[:5]
		ids := insertContacts(t, s, r, calling.ContactPending, 5, func(i int) string { return names[i] })
		later := store.Instant(time.Now().Add(time.Hour))
		s.InTx(auth.WithSystem(t.Context()), func(ctx context.Context, tx *store.Tx) error { //nolint:errcheck // UpdateX says it
			tx.Ent.Contact.UpdateOneID(ids[1]).SetNextAttemptAt(later).ExecX(ctx)
			tx.Ent.Contact.UpdateOneID(ids[2]).SetStatus(calling.ContactFailed).ExecX(ctx)
			return nil
		})
		for most, want := range map[int][]uuid.UUID{2: {ids[0], ids[3]}, 10: {ids[0], ids[3], ids[4]}} {
			inTurn(t, s, r.organization, func(ctx context.Context, tx *store.Tx) error {
				due, next, err := tx.DueContacts(ctx, r.organization, r.batch, store.Instant(time.Now().Add(time.Minute)), most)
				var found []uuid.UUID
				for _, c := range due {
					found = append(found, c.ID)
					if i := slices.Index(ids, c.ID); c.Name != names[i] || len(c.CustomFields) == 0 || c.Phone == "" {
						t.Errorf("contact %d is %+v", i, c)
					}
				}
				if diff := cmp.Diff(want, found); diff != "" || !next.Equal(later) {
					t.Errorf("%d at most are due, the next one at %s: %s", most, next, diff)
				}
				return err
			})
		}
	})
}

func TestTurnsLeaveLaterStartsOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r, other := seed(t, s, "1"), seed(t, s, "2")
		now := store.Instant(time.Now())
		schedule := func(r rows, at time.Time) {
			inTurn(t, s, r.organization, func(ctx context.Context, tx *store.Tx) error {
				return tx.Ent.BatchJob.UpdateOneID(r.batch).SetStatus(calling.BatchScheduled).SetScheduledStartAt(at).Exec(ctx)
			})
		}
		schedule(other, now.Add(time.Second))
		for name, c := range map[string]struct {
			at   time.Time
			jobs int
			next time.Time
		}{
			"before": {now.Add(-time.Second), 1, time.Time{}},
			"now":    {now, 1, time.Time{}},
			"later":  {now.Add(time.Hour), 0, now.Add(time.Hour)},
		} {
			schedule(r, c.at)
			inTurn(t, s, r.organization, func(ctx context.Context, tx *store.Tx) error {
				rows, err := tx.LoadTurn(ctx, r.organization, now, nil)
				if err == nil && (len(rows.BatchJobs) != c.jobs || !rows.NextStart.Equal(c.next)) {
					t.Errorf("one that starts %s: %d are loaded, and the next one starts at %s", name, len(rows.BatchJobs), rows.NextStart)
				}
				return err
			})
		}
	})
}

func TestContactsAreReadAhead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r, other := seed(t, s, "1"), seed(t, s, "2")
		ids := insertContacts(t, s, r, calling.ContactPending, 5, func(int) string { return "" })
		insertContacts(t, s, other, calling.ContactPending, 5, func(int) string { return "" })
		now := store.Instant(time.Now().Add(time.Minute))
		change := func(do func(context.Context, *ent.Client)) {
			inTurn(t, s, r.organization, func(ctx context.Context, tx *store.Tx) error {
				do(ctx, tx.Ent)
				return nil
			})
		}
		change(func(ctx context.Context, c *ent.Client) {
			c.Contact.UpdateOneID(ids[1]).SetNextAttemptAt(now.Add(time.Second)).ExecX(ctx)
			c.Contact.UpdateOneID(ids[2]).SetStatus(calling.ContactFailed).ExecX(ctx)
		})
		are := func(when string, ended int, want ...uuid.UUID) {
			if s.Dialect() != dialect.Postgres {
				want = nil // nothing travels there
			}
			inTurn(t, s, r.organization, func(ctx context.Context, tx *store.Tx) error {
				rows, err := tx.LoadTurn(ctx, r.organization, now, make([]uuid.UUID, ended))
				if err != nil {
					return err
				}
				var found []uuid.UUID
				for _, c := range rows.Ahead {
					found = append(found, c.ID)
					if c.BatchJobID != r.batch || c.OrganizationID != r.organization || c.Phone == "" || len(c.CustomFields) == 0 {
						t.Errorf("%s, a contact is %v", when, c)
					}
				}
				if diff := cmp.Diff(want, found); diff != "" {
					t.Errorf("%s: %s", when, diff)
				}
				return nil
			})
		}
		are("nobody ended", 0)
		are("two ended", 2, ids[0], ids[3])
		are("many ended", 10, ids[0], ids[3], ids[4])
		change(func(ctx context.Context, c *ent.Client) {
			c.BatchJob.UpdateOneID(r.batch).SetStatus(calling.BatchPaused).ExecX(ctx)
		})
		are("paused", 2)
		change(func(ctx context.Context, c *ent.Client) {
			row := c.BatchJob.GetX(ctx, r.batch)
			c.BatchJob.UpdateOneID(r.batch).SetStatus(calling.BatchRunning).ExecX(ctx)
			c.BatchJob.Create().SetID("batch_too").SetCreatedAt(now).SetOrganizationID(r.organization).SetName("Too").
				SetStatus(calling.BatchRunning).SetPhoneNumberID(row.PhoneNumberID).SetFromNumber(row.FromNumber).
				SetAgentID(row.AgentID).SetArchitecture(row.Architecture).SetSystemPrompt("").SetConcurrentCallLimit(5).
				SetMaxAttempts(1).SetTimezone("UTC").SetCreatedBy("key_1").SetTotalContacts(0).
				SetOutcomeCounts(row.OutcomeCounts).SetPricePerCallMicros(1).ExecX(ctx)
		})
		are("two batch jobs run", 2)
	})
}

func TestTurnsStayInsideTheOrganization(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r, other := seed(t, s, "1"), seed(t, s, "2")
		ids := attemptsOf(t, s, r, insertContacts(t, s, r, calling.ContactDialing, 1, func(int) string { return "" }))
		deeds := map[string]func(context.Context, *store.Tx, string) error{
			"load": func(ctx context.Context, tx *store.Tx, org string) error {
				_, err := tx.LoadTurn(ctx, org, time.Now(), ids)
				return err
			},
			"look": func(ctx context.Context, tx *store.Tx, org string) error {
				_, _, err := tx.DueContacts(ctx, org, r.batch, time.Now(), 1)
				return err
			},
			"ended": func(ctx context.Context, tx *store.Tx, org string) error {
				_, err := tx.LoadEnding(ctx, org, ids)
				return err
			},
			"save": func(ctx context.Context, tx *store.Tx, org string) error {
				return tx.SaveTurn(ctx, org, &store.TurnWrites{Ended: []store.EndedAttempt{{ID: ids[0], Outcome: calling.OutcomeBusy, EndedAt: time.Now()}}})
			},
		}
		for name, do := range deeds {
			for viewer, ctx := range map[string]context.Context{"nobody": t.Context(), "another": auth.WithOrganization(t.Context(), other.organization)} {
				if err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return do(ctx, tx, r.organization) }); err == nil {
					t.Errorf("%s may %s", viewer, name)
				}
			}
		}
		// Another organization's rows, named by its own viewer.
		mine := auth.WithOrganization(t.Context(), other.organization)
		if err := s.InTx(mine, func(ctx context.Context, tx *store.Tx) error { return deeds["save"](ctx, tx, other.organization) }); err == nil {
			t.Error("an attempt of another organization was ended")
		}
		job := &ent.BatchJob{ID: r.batch, Status: calling.BatchCancelled}
		if err := s.InTx(mine, func(ctx context.Context, tx *store.Tx) error {
			return tx.SaveTurn(ctx, other.organization, &store.TurnWrites{BatchJobs: []*ent.BatchJob{job}})
		}); err == nil {
			t.Error("a batch job of another organization was changed")
		}
		if a := s.Read().Attempt.GetX(auth.WithSystem(t.Context()), ids[0]); a.Status != calling.AttemptDialing {
			t.Errorf("the attempt is %s", a.Status)
		}
	})
}

// TestAttemptsAreOfContactsThatWait: attempts have no foreign keys, so this is what
// keeps them from being nobody's.
func TestAttemptsAreOfContactsThatWait(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r, other := seed(t, s, "1"), seed(t, s, "2")
		nameless := func(int) string { return "" }
		mine := insertContacts(t, s, r, calling.ContactPending, 2, nameless)
		theirs := insertContacts(t, s, other, calling.ContactPending, 1, nameless)
		number := 0 // never the same, so that it is not the index that refuses
		dial := func(contacts ...uuid.UUID) error {
			number++
			w := &store.TurnWrites{}
			for _, c := range contacts {
				w.Attempts = append(w.Attempts, &ent.Attempt{
					ID: uuid.Must(uuid.NewV7()), BatchJobID: r.batch, ContactID: c, Number: number,
					Status: calling.AttemptQueued, QueuedAt: time.Now(), LeaseUntil: time.Now(),
				})
			}
			return saveTurn(t, s, r, w)
		}
		if err := dial(mine[0]); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]uuid.UUID{"dialed already": mine[0], "another organization's": theirs[0], "nobody": uuid.Must(uuid.NewV7())} {
			if err := dial(mine[1], c); err == nil {
				t.Errorf("there is an attempt for a contact that is %s", name)
			}
		}
		if n := s.Read().Attempt.Query().CountX(auth.WithSystem(t.Context())); n != 1 {
			t.Errorf("there are %d attempts", n)
		}
	})
}

// TestWhatIsPostedIsHeard: nothing is committed as long as it is not known what came
// of it, and nothing is left on the connection for the next one.
func TestWhatIsPostedIsHeard(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		r := seed(t, s, "1")
		ids := attemptsOf(t, s, r, insertContacts(t, s, r, calling.ContactDialing, 1, func(int) string { return "" }))
		ctx := auth.WithOrganization(t.Context(), r.organization)
		end := func(id uuid.UUID) *store.TurnWrites {
			return &store.TurnWrites{Ended: []store.EndedAttempt{{ID: id, Outcome: calling.OutcomeBusy, EndedAt: time.Now()}}}
		}
		changed := errors.New("changed my mind")
		rename := func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Organization.UpdateOneID(r.organization).SetName("Changed").Exec(ctx)
		}
		for name, then := range map[string]func(context.Context, *store.Tx) error{
			"nothing":     func(context.Context, *store.Tx) error { return nil },
			"a statement": rename,
			"an error":    func(context.Context, *store.Tx) error { return changed },
			"a batch":     func(ctx context.Context, tx *store.Tx) error { return tx.SaveTurn(ctx, r.organization, end(ids[0])) },
		} {
			err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := rename(ctx, tx); err != nil {
					t.Error(err)
				}
				if err := tx.SaveTurn(ctx, r.organization, end(uuid.Must(uuid.NewV7()))); err != nil {
					return err
				}
				return then(ctx, tx)
			})
			if org := s.Read().Organization.GetX(ctx, r.organization); err == nil || org.Name != "Test" {
				t.Errorf("after an attempt that is not there, and %s, the transaction says %v; the organization is %s", name, err, org.Name)
			}
		}
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SaveTurn(ctx, r.organization, end(ids[0])) })
		if a := s.Read().Attempt.GetX(ctx, ids[0]); err != nil || a.Status != calling.AttemptEnded {
			t.Errorf("the attempt is %s, and the transaction says %v", a.Status, err)
		}
	})
}

// TestNothingIsRunAfterAFailedBegin: on PostgreSQL a transaction begins with its first
// statements, and what comes after may not be run without one.
func TestNothingIsRunAfterAFailedBegin(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		if s.Dialect() != dialect.Postgres {
			return // they begin before
		}
		r := seed(t, s, "1")
		if _, err := s.Writer().ExecContext(t.Context(), "ALTER TABLE attempts RENAME TO elsewhere"); err != nil {
			t.Fatal(err)
		}
		err := s.InTx(auth.WithOrganization(t.Context(), r.organization), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.LoadTurn(ctx, r.organization, time.Now(), nil); err == nil {
				t.Error("a turn was loaded without attempts")
			}
			if err := tx.Ent.Organization.UpdateOneID(r.organization).SetName("Changed").Exec(ctx); err == nil {
				t.Error("a statement was run after that")
			}
			return nil // as if nothing had happened
		})
		if name := s.Read().Organization.GetX(auth.WithSystem(t.Context()), r.organization).Name; err == nil || name != "Test" {
			t.Errorf("the organization is %q, and the transaction says %v", name, err)
		}
	})
}

func TestOneOfTwoIsRunAfterATransaction(t *testing.T) {
	t.Parallel()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) {
		failed := errors.New("changed my mind")
		for name, c := range map[string]struct {
			view *store.Store
			err  error
			want string
		}{
			"committed":            {s, nil, "committed"},
			"rolled back":          {s, failed, "otherwise"},
			"committed, not heard": {s.Guarded(failAt(store.AfterCommit, failed)), nil, "otherwise"},
			"failed at the commit": {s.Guarded(failAt(store.BeforeCommit, failed)), nil, "otherwise"},
		} {
			ran := ""
			err := c.view.InTx(auth.WithSystem(t.Context()), func(_ context.Context, tx *store.Tx) error {
				tx.AfterCommit(func() { ran += "committed" })
				tx.OtherwiseRun(func() { ran += "otherwise" })
				return c.err
			})
			if ran != c.want || (err == nil) != (c.want == "committed") {
				t.Errorf("%s: %s was run, and it says %v", name, ran, err)
			}
		}
	})
}

func failAt(at store.Moment, err error) func(store.Moment) error {
	return func(m store.Moment) error {
		if m == at {
			return err
		}
		return nil
	}
}
