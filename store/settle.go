package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
)

// EndedAttempt is how an attempt ended, as it is written to its row.
type EndedAttempt struct {
	ID          uuid.UUID
	Outcome     calling.Outcome
	Reason      string
	Dialed      bool
	RingingAt   time.Time // zero = never
	AnsweredAt  time.Time // zero = never
	EndedAt     time.Time
	TalkSeconds int
	CostMicros  calling.Micros
}

// MovedContact is where a contact is after an attempt.
type MovedContact struct {
	ID            uuid.UUID
	Status        calling.ContactStatus
	LastOutcome   *calling.Outcome // nil = none yet
	AttemptsUsed  int
	NextAttemptAt time.Time
}

// EndAttempts writes how attempts ended, in one statement. Attempts that had
// ended before are left as they are.
func (tx *Tx) EndAttempts(ctx context.Context, ended []EndedAttempt) error {
	rows := make([]map[string]any, 0, len(ended))
	for _, e := range ended {
		rows = append(rows, map[string]any{
			"id": e.ID, "outcome": e.Outcome, "reason": e.Reason, "dialed": e.Dialed,
			"ringing_at": tx.instant(e.RingingAt), "answered_at": tx.instant(e.AnsweredAt), "ended_at": tx.instant(e.EndedAt),
			"talk_seconds": e.TalkSeconds, "cost_micros": e.CostMicros,
		})
	}
	return tx.updateFrom(ctx, "attempts", "target.status <> 'ENDED'", []updateColumn{
		{"outcome", "text"},
		{"reason", "text"},
		{"dialed", "boolean"},
		{"ringing_at", "timestamptz"},
		{"answered_at", "timestamptz"},
		{"ended_at", "timestamptz"},
		{"talk_seconds", "bigint"},
		{"cost_micros", "bigint"},
	}, "status = 'ENDED'", rows)
}

// MoveContacts writes where contacts are after their attempts, in one
// statement. Contacts that are not DIALING are left as they are.
func (tx *Tx) MoveContacts(ctx context.Context, moved []MovedContact) error {
	rows := make([]map[string]any, 0, len(moved))
	for _, m := range moved {
		rows = append(rows, map[string]any{
			"id": m.ID, "status": m.Status, "last_outcome": outcomeOrNull(m.LastOutcome),
			"attempts_used": m.AttemptsUsed, "next_attempt_at": tx.instant(m.NextAttemptAt),
		})
	}
	return tx.updateFrom(ctx, "contacts", "target.status = 'DIALING'", []updateColumn{
		{"status", "text"}, {"last_outcome", "text"}, {"attempts_used", "bigint"}, {"next_attempt_at", "timestamptz"},
	}, "", rows)
}

// instant writes a moment into JSON as the dialect's columns hold it; nil for
// the zero moment.
func (tx *Tx) instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	switch tx.dialect {
	case dialect.SQLite:
		return Instant(t).Format("2006-01-02 15:04:05.999999999-07:00") // what _time_format=sqlite writes
	case dialect.MySQL:
		return Instant(t).Format("2006-01-02 15:04:05.000000") // the session's time zone is UTC
	}
	return Instant(t).Format(time.RFC3339Nano)
}

func outcomeOrNull(o *calling.Outcome) any {
	if o == nil {
		return nil
	}
	return *o
}

// updateColumn is a column with its type, as PostgreSQL calls it.
type updateColumn struct{ name, kind string }

// updateFrom changes many rows of a table, each to its own values, with one
// statement whose only parameter is a JSON array. Every row must be found under
// the guard, or nothing is changed and an error says how many were not.
func (tx *Tx) updateFrom(ctx context.Context, table, guard string, columns []updateColumn, also string, rows []map[string]any) error {
	if len(rows) == 0 {
		return nil
	}
	if tx.dialect == dialect.MySQL {
		for _, row := range rows {
			plainForMySQL(row)
		}
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode rows of %s: %w", table, err)
	}
	var query string
	switch tx.dialect {
	case dialect.Postgres:
		query = postgresUpdate(table, columns)
	case dialect.MySQL:
		query = mysqlUpdate(table, columns)
	default:
		query = sqliteUpdate(table, columns)
	}
	if also != "" {
		query = fmt.Sprintf(query, ", "+also, guard)
	} else {
		query = fmt.Sprintf(query, "", guard)
	}
	args := []any{string(body)}
	if tx.dialect == dialect.Postgres {
		args = append(args, idList(rows))
	}
	result, err := tx.exec.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("update %s: %w", table, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("count updated rows of %s: %w", table, err)
	}
	if int(n) != len(rows) {
		return fmt.Errorf("update %s: only %d of %d rows were as expected", table, n, len(rows))
	}
	return nil
}

// idList is the rows' ids as PostgreSQL writes an array.
func idList(rows []map[string]any) string {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, fmt.Sprint(row["id"]))
	}
	return "{" + strings.Join(ids, ",") + "}"
}

// postgresUpdate names the ids a second time, as an array: the planner takes any
// JSON for a hundred rows, and for so many would rather read the whole of a table
// that is not yet known to be large.
func postgresUpdate(table string, columns []updateColumn) string {
	set, kinds := "", "id uuid"
	for i, c := range columns {
		if i > 0 {
			set += ", "
		}
		set += c.name + " = v." + c.name
		kinds += ", " + c.name + " " + c.kind
	}
	return "UPDATE " + table + " AS target SET " + set + "%s FROM jsonb_to_recordset($1::text::jsonb) AS v(" + kinds +
		") WHERE target.id = v.id AND target.id = ANY($2::text::uuid[]) AND %s"
}

func sqliteUpdate(table string, columns []updateColumn) string {
	set, values := "", "value ->> 'id' AS id"
	for i, c := range columns {
		if i > 0 {
			set += ", "
		}
		set += c.name + " = v." + c.name
		values += ", value ->> '" + c.name + "' AS " + c.name
	}
	return "UPDATE " + table + " AS target SET " + set + "%s FROM (SELECT " + values + " FROM json_each($1)) AS v" +
		" WHERE target.id = v.id AND %s"
}

// mysqlUpdate reads the rows first, so that each finds its own by the primary
// key. Character set and collation are named because those of JSON_TABLE's
// columns are else the database's: another set would refuse or spoil texts, and
// another collation leave the key unused. Texts have a
// bound, above that of every column they are for, because MariaDB keeps tables
// with longer ones on disk.
func mysqlUpdate(table string, columns []updateColumn) string {
	const asTables = " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	kinds := map[string]string{"text": "varchar(1000)" + asTables, "boolean": "tinyint", "timestamptz": "datetime(6)", "bigint": "bigint"}
	set, values := "", "id char(36)"+asTables+" PATH '$.id'"
	for i, c := range columns {
		if i > 0 {
			set += ", "
		}
		set += "target." + c.name + " = v." + c.name
		values += ", " + c.name + " " + kinds[c.kind] + " PATH '$." + c.name + "'"
	}
	return "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (" + values + ")) AS v STRAIGHT_JOIN " + table + " AS target" +
		" ON target.id = v.id SET " + set + "%s WHERE %s"
}

// plainForMySQL writes what JSON_TABLE reads alike on MySQL and MariaDB: numbers
// for booleans, and nothing for null.
func plainForMySQL(row map[string]any) {
	for name, value := range row {
		switch v := value.(type) {
		case nil:
			delete(row, name)
		case bool:
			row[name] = 0
			if v {
				row[name] = 1
			}
		}
	}
}
