package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/batchjob"
)

// A turn is the transaction that every call passes twice, so what it reads and
// writes is written here by hand, in few statements that travel together, and not
// by ent. Every statement names the organization: nothing else keeps it inside.

// TurnRows are what a turn of an organization starts from.
type TurnRows struct {
	Organization *ent.Organization
	BatchJobs    []*ent.BatchJob // that are not over and do not start later, oldest first; without prompt and description
	NextStart    time.Time       // when the first of those starts that do so later; zero = there is none
	InFlight     map[string]int  // attempts in flight by batch job
	Ended        []EndingAttempt // those of the attempts asked for that are in flight
	Ahead        []*ent.Contact  // who is due in the only batch job that is RUNNING, in turn, one at most for each attempt asked for; PostgreSQL only
}

// EndingAttempt is an attempt in flight and how its contact stands.
type EndingAttempt struct {
	ID         uuid.UUID
	BatchJobID string
	Claims     int
	Contact    *ent.Contact // id, last outcome, attempts used and extra, next attempt
}

// notOver and flyingStatuses are written as the partial indexes are, word for word,
// so that these are used. What is said beside it that a row has one status or another
// is what finds it by the index; MySQL has no partial ones, and makes nothing of "not".
//
// endedNot is for rows that are found by their ids: the partial index is of no use
// there, and the planner must not think it is.
const (
	notOver        = "status <> 'COMPLETED' AND status <> 'FAILED' AND status <> 'CANCELLED'"
	flyingStatuses = "a.status <> 'ENDED' AND a.status IN ('QUEUED', 'DIALING')"
	endedNot       = "coalesce(%s.status, '') <> 'ENDED'"
)

// byIndex has PostgreSQL find the rows of a turn by indexes and nothing else, for
// the rest of the transaction. They are few, but a plan is made once and kept, and
// statistics are old: a table that was small then, or a list of unknown length, has
// the planner read whole tables. Plain index scans also take note of entries that
// are dead, which those by bitmap do not, so that an index most of whose rows have
// left it stays as quick as it is small.
const byIndex = "set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)," +
	" set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true)"

// LoadTurn waits for the organization's lock, holds it until the end of the
// transaction, and reads under it what a turn starts from, and those of the
// attempts named that are in flight. The viewer must be of the organization.
//
// Batch jobs that are scheduled for later than the moment given are left out, as there
// may be very many. Where one more round trip would cost more than the contacts do,
// those that are due at that moment are read ahead: who ended makes room for about as
// many.
func (tx *Tx) LoadTurn(ctx context.Context, organizationID string, now time.Time, ended []uuid.UUID) (*TurnRows, error) {
	if err := mustOwn(ctx, organizationID); err != nil {
		return nil, err
	}
	rows := &TurnRows{InFlight: map[string]int{}}
	b := tx.batch()
	if tx.dialect == dialect.Postgres {
		b.exec("take the organization's lock", anyNumber,
			"SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), "+byIndex, string(lockOrganization)+":"+organizationID)
	} else if err := tx.LockOrganization(ctx, organizationID); err != nil {
		return nil, err
	}
	b.query("load the organization", func(scan scan) error {
		rows.Organization = &ent.Organization{ID: organizationID}
		o := rows.Organization
		return scan(&o.CreatedAt, &o.Name, &o.ConcurrentCallLimit, &o.BalanceMicros, &o.HeldMicros, fromJSON{&o.WebhookEvents})
	}, "SELECT created_at, name, concurrent_call_limit, balance_micros, held_micros, webhook_events FROM organizations WHERE id = $1", organizationID)
	names, _ := batchJobColumns(&ent.BatchJob{})
	ofStatus := "SELECT " + strings.Join(names, ", ") + " FROM batch_jobs WHERE organization_id = $1 AND " + notOver + " AND status"
	b.query("load batch jobs", func(scan scan) error {
		row := &ent.BatchJob{}
		_, into := batchJobColumns(row)
		rows.BatchJobs = append(rows.BatchJobs, row)
		return scan(into...)
	}, ofStatus+" IN ('PENDING', 'RUNNING', 'PAUSED', 'CANCELLING') UNION ALL "+
		ofStatus+" = 'SCHEDULED' AND scheduled_start_at <= $2", organizationID, now)
	b.query("find the next start", func(scan scan) error { return scan(&rows.NextStart) },
		"SELECT scheduled_start_at FROM batch_jobs WHERE organization_id = $1 AND "+notOver+
			" AND status = 'SCHEDULED' AND scheduled_start_at > $2 ORDER BY scheduled_start_at LIMIT 1", organizationID, now)
	b.query("count calls in flight", func(scan scan) error {
		var batchJobID string
		var count int
		err := scan(&batchJobID, &count)
		rows.InFlight[batchJobID] = count
		return err
	}, "SELECT a.batch_job_id, count(*) FROM attempts a WHERE a.organization_id = $1 AND "+flyingStatuses+" GROUP BY a.batch_job_id", organizationID)
	tx.loadEnding(b, rows, organizationID, ended)
	if tx.dialect == dialect.Postgres && len(ended) > 0 {
		b.query("read due contacts ahead", func(scan scan) error {
			c := &ent.Contact{OrganizationID: organizationID}
			rows.Ahead = append(rows.Ahead, c)
			return scan(&c.BatchJobID, &c.ID, &c.LastAttempt, &c.Phone, &c.Name, (*[]byte)(&c.CustomFields))
		}, "SELECT batch_job_id, "+dueColumns+" FROM contacts WHERE organization_id = $1 AND batch_job_id ="+
			" (SELECT min(id) FROM batch_jobs WHERE organization_id = $1 AND "+notOver+" AND status = 'RUNNING' HAVING count(*) = 1)"+
			" AND status = 'PENDING' AND next_attempt_at <= $2 ORDER BY next_attempt_at, row LIMIT $3",
			organizationID, now, len(ended))
	}
	if err := b.run(ctx); err != nil {
		return nil, err
	}
	if rows.Organization == nil {
		return nil, fmt.Errorf("load the organization: there is no %s", organizationID)
	}
	// Here and not by the database: SQLite would read all there ever were in this order.
	slices.SortFunc(rows.BatchJobs, func(a, b *ent.BatchJob) int { return strings.Compare(a.ID, b.ID) })
	return rows, nil
}

// loadEnding reads attempts and how their contacts stand.
func (tx *Tx) loadEnding(b *batch, rows *TurnRows, organizationID string, ended []uuid.UUID) {
	if len(ended) == 0 {
		return
	}
	condition, args := tx.in("a.id", 2, ended)
	b.query("load ended attempts", func(scan scan) error {
		e := EndingAttempt{Contact: &ent.Contact{}}
		c := e.Contact
		err := scan(&e.ID, &e.BatchJobID, &e.Claims, &c.ID, &c.LastOutcome, &c.AttemptsUsed, &c.ExtraAttempts, &c.NextAttemptAt)
		rows.Ended = append(rows.Ended, e)
		return err
	}, "SELECT a.id, a.batch_job_id, a.claims, c.id, c.last_outcome, c.attempts_used, c.extra_attempts, c.next_attempt_at"+
		" FROM attempts a JOIN contacts c ON c.id = a.contact_id WHERE a.organization_id = $1 AND "+fmt.Sprintf(endedNot, "a")+" AND "+condition,
		append([]any{organizationID}, args...)...)
}

// LoadEnding is the part of LoadTurn that concerns attempts, for a turn that has
// begun.
func (tx *Tx) LoadEnding(ctx context.Context, organizationID string, ended []uuid.UUID) ([]EndingAttempt, error) {
	if err := mustOwn(ctx, organizationID); err != nil {
		return nil, err
	}
	rows := &TurnRows{}
	b := tx.batch()
	tx.loadEnding(b, rows, organizationID, ended)
	err := b.run(ctx)
	return rows.Ended, err
}

// in is a condition that a column has one of the ids, whose first parameter has the
// number given, and its arguments.
func (tx *Tx) in(column string, number int, ids []uuid.UUID) (condition string, args []any) {
	if tx.dialect == dialect.Postgres {
		return fmt.Sprintf("%s = ANY($%d::uuid[])", column, number), []any{ids}
	}
	var text strings.Builder
	text.WriteString(column + " IN (")
	for i, id := range ids {
		if i > 0 {
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "$%d", number+i)
		args = append(args, id)
	}
	text.WriteString(")")
	return text.String(), args
}

// errNotTheViewers is a defect: a statement for another organization than the viewer's.
var errNotTheViewers = errors.New("the viewer is of another organization than the rows")

// mustOwn checks that the viewer may work on an organization's rows, as the
// clients of ent do by themselves.
func mustOwn(ctx context.Context, organizationID string) error {
	if auth.IsSystem(ctx) {
		return nil
	}
	viewer, ok := auth.FromContext(ctx)
	switch {
	case !ok:
		return errNoViewer
	case viewer.OrganizationID != organizationID:
		return errNotTheViewers
	}
	return nil
}

// batchJobColumns are the columns of a batch job that turns read, and where they
// go: all but the texts that turns have no use for.
func batchJobColumns(b *ent.BatchJob) (names []string, into []any) {
	add := func(name string, pointer any) { names, into = append(names, name), append(into, pointer) }
	add(batchjob.FieldID, &b.ID)
	add(batchjob.FieldCreatedAt, &b.CreatedAt)
	add(batchjob.FieldOrganizationID, &b.OrganizationID)
	add(batchjob.FieldName, &b.Name)
	add(batchjob.FieldStatus, &b.Status)
	add(batchjob.FieldPauseReason, &b.PauseReason)
	add(batchjob.FieldPauseNote, &b.PauseNote)
	add(batchjob.FieldHangUp, &b.HangUp)
	add(batchjob.FieldRecentCalls, fromJSON{&b.RecentCalls})
	add(batchjob.FieldCarrierFullUntil, &b.CarrierFullUntil)
	add(batchjob.FieldCarrierFullLevel, &b.CarrierFullLevel)
	add(batchjob.FieldPhoneNumberID, &b.PhoneNumberID)
	add(batchjob.FieldFromNumber, &b.FromNumber)
	add(batchjob.FieldAgentID, &b.AgentID)
	add(batchjob.FieldArchitecture, &b.Architecture)
	add(batchjob.FieldCarrier, &b.Carrier)
	add(batchjob.FieldConcurrentCallLimit, &b.ConcurrentCallLimit)
	add(batchjob.FieldMaxAttempts, &b.MaxAttempts)
	add(batchjob.FieldTimezone, &b.Timezone)
	add(batchjob.FieldScheduledStartAt, &b.ScheduledStartAt)
	add(batchjob.FieldCallWindow, fromJSON{&b.CallWindow})
	add(batchjob.FieldStartedAt, &b.StartedAt)
	add(batchjob.FieldEndedAt, &b.EndedAt)
	add(batchjob.FieldLastDispatchAt, &b.LastDispatchAt)
	add(batchjob.FieldVersion, &b.Version)
	add(batchjob.FieldCreatedBy, &b.CreatedBy)
	add(batchjob.FieldTotalContacts, &b.TotalContacts)
	add(batchjob.FieldRejectedRows, &b.RejectedRows)
	add(batchjob.FieldDuplicateRows, &b.DuplicateRows)
	add(batchjob.FieldBlankRows, &b.BlankRows)
	add(batchjob.FieldContactsPending, &b.ContactsPending)
	add(batchjob.FieldContactsDialing, &b.ContactsDialing)
	add(batchjob.FieldContactsCompleted, &b.ContactsCompleted)
	add(batchjob.FieldContactsFailed, &b.ContactsFailed)
	add(batchjob.FieldContactsCancelled, &b.ContactsCancelled)
	add(batchjob.FieldOutcomeCounts, fromJSON{&b.OutcomeCounts})
	add(batchjob.FieldAttemptsEnded, &b.AttemptsEnded)
	add(batchjob.FieldPricePerCallMicros, &b.PricePerCallMicros)
	add(batchjob.FieldHeldMicros, &b.HeldMicros)
	add(batchjob.FieldSpentMicros, &b.SpentMicros)
	return names, into
}

// BatchJobColumns are the columns of a batch job that turns read.
func BatchJobColumns() []string {
	names, _ := batchJobColumns(&ent.BatchJob{})
	return names
}

// fromJSON reads a column of JSON, where NULL is nothing, into a value.
type fromJSON struct{ into any }

// Scan implements sql.Scanner.
func (f fromJSON) Scan(value any) error {
	var text []byte
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		text = []byte(v)
	case []byte:
		text = v
	default:
		return fmt.Errorf("a column of JSON holds a %T", value)
	}
	if err := json.Unmarshal(text, f.into); err != nil {
		return fmt.Errorf("read a column of JSON: %w", err)
	}
	return nil
}

// dueColumns are what a turn needs of a contact that it gives a slot.
const dueColumns = "id, last_attempt, phone, name, custom_fields"

// DueContacts reads who is due in a batch job at a moment, at most so many, in the
// order of their turn, and when the next one will be of those who are not due yet;
// the zero moment says that there is nobody.
func (tx *Tx) DueContacts(ctx context.Context, organizationID, batchJobID string, now time.Time, most int) (due []*ent.Contact, next time.Time, err error) {
	if err := mustOwn(ctx, organizationID); err != nil {
		return nil, time.Time{}, err
	}
	const waiting = " FROM contacts WHERE organization_id = $1 AND batch_job_id = $2 AND status = 'PENDING'"
	b := tx.batch()
	b.query("find due contacts", func(scan scan) error {
		c := &ent.Contact{OrganizationID: organizationID, BatchJobID: batchJobID}
		due = append(due, c)
		return scan(&c.ID, &c.LastAttempt, &c.Phone, &c.Name, (*[]byte)(&c.CustomFields))
	}, "SELECT "+dueColumns+waiting+" AND next_attempt_at <= $3 ORDER BY next_attempt_at, "+tx.quote("row")+" LIMIT $4",
		organizationID, batchJobID, now, most)
	b.query("find the next retry", func(scan scan) error { return scan(&next) },
		"SELECT next_attempt_at"+waiting+" AND next_attempt_at > $3 ORDER BY next_attempt_at LIMIT 1", organizationID, batchJobID, now)
	if err := b.run(ctx); err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}
