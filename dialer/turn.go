package dialer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/ent/batchjob"
	"github.com/outdial/outdial/fault"
	"github.com/outdial/outdial/store"
)

// turn is one organization's step forward, in one transaction under the
// organization's lock: record how calls ended, start batch jobs that are due,
// give free slots to due contacts, close batch jobs that are done.
type turn struct {
	dialer *Dialer
	tx     *store.Tx
	now    time.Time
	org    *ent.Organization
	jobs   []*job // every batch job that is not over, oldest first; some turns leave out those that start later
	byID   map[string]*job
	books  books

	writes   store.TurnWrites // what is to be written yet
	ahead    []*ent.Contact   // due contacts of one batch job, read with the rest
	requests []*request       // batch jobs that asked for slots
	placed   []uuid.UUID      // attempts that got a slot, and for which a node is to be poked
	own      []ownCall        // attempts that got a slot, and that this node has claimed
	changes  []change         // lines for the history, see history.go
	events   events           // for webhooks, see events.go
	started  bool             // a batch job was started
	settled  bool             // how attempts ended was recorded
	resumed  int              // batch jobs that go on because there are credits again
	flying   int              // calls of the organization in flight
	wakeAt   time.Time        // when the next turn is due by itself; zero = unknown
}

// job is a batch job during a turn: its row as it will be written back.
type job struct {
	*ent.BatchJob
	changed  bool
	inFlight int                         // attempts in flight, counted in the rows
	againAt  time.Time                   // when the first of those is due who wait again since this turn; zero = nobody is
	edits    []func(*ent.BatchJobUpdate) // what else is written back than what every turn may change
}

// edit has a change written back with the row.
func (j *job) edit(set func(*ent.BatchJobUpdate)) { j.edits = append(j.edits, set) }

// Dispatch lets an organization take a turn now, and returns when it is
// committed.
func (d *Dialer) Dispatch(ctx context.Context, organizationID string) error {
	return d.turns.join(ctx, organizationID, nil, false)
}

// Start has a batch job's organization take a turn exactly at its start time;
// the turn starts the batch job. It returns at once: what a crash makes this
// process forget, the sweep finds. What can be read before is read now.
func (d *Dialer) Start(ctx context.Context, organizationID, batchJobID string, at time.Time) error {
	if at.After(d.Time()) {
		d.waker.at(organizationID, at)
		if _, err := d.prompts.of(auth.WithOrganization(ctx, organizationID), d.Store.Read(), batchJobID); err != nil {
			d.Log.WarnContext(ctx, "a prompt could not be read early, its turn will read it", "batch_job", batchJobID, "error", err)
		}
		return nil
	}
	return d.turns.join(ctx, organizationID, nil, true)
}

func (d *Dialer) takeTurn(ctx context.Context, organizationID string, endings []ending) error {
	var wakeAt time.Time
	var started bool
	began := d.Now()
	err := d.Store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t := &turn{dialer: d, tx: tx}
		if err := t.take(ctx, organizationID, endings); err != nil {
			return err
		}
		wakeAt = t.wakeAt
		started = t.started
		if started {
			fault.Point("C3a")
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("turn of organization %s: %w", organizationID, err)
	}
	if started {
		fault.Point("C3b")
	}
	d.Meter.TurnTaken(d.Now().Sub(began), len(endings))
	d.waker.at(organizationID, wakeAt)
	return nil
}

func (t *turn) take(ctx context.Context, organizationID string, endings []ending) error {
	if slices.ContainsFunc(endings, func(e ending) bool { return e.claim != anyClaim }) {
		if err := t.tx.LockOrganization(ctx, organizationID); err != nil {
			return err //nolint:wrapcheck // it says what failed
		}
		if err := t.forbidStarts(ctx, endings); err != nil {
			return err
		}
	}
	reports, ids := newest(endings)
	rows, err := t.load(ctx, organizationID, t.dialer.now(), ids...)
	if err != nil {
		return err
	}
	t.now = t.dialer.now() // under the lock, so that the time of turns goes on
	if err := t.settle(reports, rows); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil { // the database works on it while slots are given
		return err
	}
	return t.proceed(ctx)
}

// proceed does everything of a turn that follows from the rows.
func (t *turn) proceed(ctx context.Context) error {
	t.start()
	if err := t.breakCircuits(ctx); err != nil {
		return err
	}
	if err := t.dispatch(ctx); err != nil {
		return err
	}
	if t.allFinal() {
		fault.Point("C11")
	}
	t.finish()
	if err := t.save(ctx); err != nil {
		return err
	}
	if len(t.own) > 0 {
		fault.Point("C13")
	}
	if len(t.placed) == 0 {
		return nil
	}
	fault.Point("C10")
	return t.dialer.Queue.PlaceCalls(ctx, t.tx, t.org.ID, t.placed)
}

// notOver finds batch jobs that are not over. The first part is written as the
// partial index is, word for word, so that the index is used; the second one says
// the same for MySQL, which has no partial indexes and makes nothing of "not".
func notOver(s *sql.Selector) {
	var open []any
	for _, status := range calling.BatchStatus("").Values() {
		if !calling.BatchStatus(status).Terminal() {
			open = append(open, status)
		}
	}
	s.Where(sql.ExprP("status <> 'COMPLETED' AND status <> 'FAILED' AND status <> 'CANCELLED'")).
		Where(sql.In(s.C(batchjob.FieldStatus), open...))
}

// inFlight finds attempts that hold a slot; written as notOver is.
func inFlight(s *sql.Selector) {
	status := s.C(attempt.FieldStatus)
	s.Where(sql.ExprP(status + " <> 'ENDED' AND " + status + " IN ('QUEUED', 'DIALING')"))
}

// allTime is for turns that are also about batch jobs that start later.
func allTime() time.Time { return time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC) }

// load takes the organization's lock and reads what the turn starts from, under it,
// batch jobs that start later than until left out. It returns those of the attempts
// named that are in flight. Slots in use are counted in the rows, never remembered
// from one turn to the next.
func (t *turn) load(ctx context.Context, organizationID string, until time.Time, ended ...uuid.UUID) ([]store.EndingAttempt, error) {
	rows, err := t.tx.LoadTurn(ctx, organizationID, until, ended)
	if err != nil {
		return nil, fmt.Errorf("load the turn: %w", err)
	}
	if fault.Planted("no-slot-recount") {
		rows.InFlight = nil
	}
	t.org = rows.Organization
	t.byID = make(map[string]*job, len(rows.BatchJobs))
	for _, row := range rows.BatchJobs {
		j := &job{BatchJob: row, inFlight: rows.InFlight[row.ID]}
		t.jobs = append(t.jobs, j)
		t.byID[row.ID] = j
	}
	for _, count := range rows.InFlight {
		t.flying += count
	}
	if !rows.NextStart.IsZero() {
		t.wake(rows.NextStart)
	}
	t.ahead = rows.Ahead
	t.books = books{turn: t}
	return rows.Ended, nil
}

// batchFields are the columns a turn needs: all but the texts.
func batchFields() []string {
	fields := make([]string, 0, len(batchjob.Columns))
	for _, c := range batchjob.Columns {
		if c != batchjob.FieldSystemPrompt && c != batchjob.FieldDescription {
			fields = append(fields, c)
		}
	}
	return fields
}

// start moves batch jobs whose time has come to RUNNING.
func (t *turn) start() {
	for _, j := range t.jobs {
		if !j.Status.Startable() {
			continue
		}
		if at := j.ScheduledStartAt; at != nil && at.After(t.now) {
			t.wake(*at)
			continue
		}
		j.Status, j.StartedAt, j.changed = calling.BatchRunning, &t.now, true
		t.started = true
		t.recordSystem(j, calling.ChangeStarted, "", nil)
	}
}

// allFinal reports whether a batch job is about to be closed.
func (t *turn) allFinal() bool {
	return slices.ContainsFunc(t.jobs, func(j *job) bool {
		return j.Status == calling.BatchRunning && j.ContactsPending+j.ContactsDialing == 0
	})
}

// finish closes batch jobs without anything left to do and gives back what is
// left of their holds.
func (t *turn) finish() {
	for _, j := range t.jobs {
		if j.ContactsDialing > 0 {
			continue
		}
		switch {
		case j.Status == calling.BatchCancelling:
			j.Status = calling.BatchCancelled
		case j.ContactsPending == 0 && (j.Status == calling.BatchRunning || j.Status == calling.BatchPaused):
			j.Status = calling.BatchCompleted
		default:
			continue
		}
		j.PauseReason, j.PauseNote, j.RecentCalls = nil, "", nil
		j.EndedAt, j.changed = &t.now, true
		t.books.release(j)
		t.recordSystem(j, calling.ChangeEnded, "", details{"status": j.Status})
	}
}

// wake asks for the next turn no later than at.
func (t *turn) wake(at time.Time) {
	if t.wakeAt.IsZero() || at.Before(t.wakeAt) {
		t.wakeAt = at
	}
}

// save writes everything back that changed, each batch job with a new version.
func (t *turn) save(ctx context.Context) error {
	for _, j := range t.jobs {
		if !j.changed {
			continue
		}
		if err := t.saveEdits(ctx, j); err != nil {
			return fmt.Errorf("save batch job %s: %w", j.ID, err)
		}
		t.writes.BatchJobs = append(t.writes.BatchJobs, j.BatchJob)
		id := j.ID
		t.tx.AfterCommit(func() { t.dialer.Publisher.Changed(id) })
	}
	if err := t.saveChanges(); err != nil {
		return err
	}
	t.books.save()
	if err := t.flush(ctx); err != nil {
		return err
	}
	if t.settled {
		fault.Point("C9")
	}
	return t.saveEvents(ctx) // reads what flush has written
}

// flush has written what is to be written yet.
func (t *turn) flush(ctx context.Context) error {
	writes := t.writes
	t.writes = store.TurnWrites{}
	if err := t.tx.SaveTurn(ctx, t.org.ID, &writes); err != nil {
		return fmt.Errorf("save the turn: %w", err)
	}
	if len(writes.Ended) > 0 {
		t.meterSettled(writes.Ended)
		t.settled = true
	}
	return nil
}

// saveEdits writes what only some turns change about a batch job.
func (t *turn) saveEdits(ctx context.Context, j *job) error {
	if len(j.edits) == 0 {
		return nil
	}
	update := t.tx.Ent.BatchJob.Update().Where(batchjob.ID(j.ID))
	for _, set := range j.edits {
		set(update)
	}
	n, err := update.Save(ctx)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("updated %d rows instead of one", n)
	}
	return nil
}
