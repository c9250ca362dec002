package store

import (
	"encoding/json"
	"fmt"
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

// endAttempts writes how attempts ended, in one statement. Attempts that had ended
// before are not expected.
func (tx *Tx) endAttempts(b *batch, organizationID string, ended []EndedAttempt) error {
	u := rowUpdate{table: "attempts", guard: fmt.Sprintf(endedNot, "target"), also: "status = 'ENDED'", organizationID: organizationID}
	for _, e := range ended {
		u.ids = append(u.ids, e.ID)
	}
	u.columns = []updateColumn{
		{"outcome", "text", column(ended, func(e EndedAttempt) string { return string(e.Outcome) })},
		{"reason", "text", column(ended, func(e EndedAttempt) string { return e.Reason })},
		{"dialed", "boolean", column(ended, func(e EndedAttempt) bool { return e.Dialed })},
		{"ringing_at", "timestamptz", column(ended, func(e EndedAttempt) *time.Time { return instant(e.RingingAt) })},
		{"answered_at", "timestamptz", column(ended, func(e EndedAttempt) *time.Time { return instant(e.AnsweredAt) })},
		{"ended_at", "timestamptz", column(ended, func(e EndedAttempt) *time.Time { return instant(e.EndedAt) })},
		{"talk_seconds", "bigint", column(ended, func(e EndedAttempt) int64 { return int64(e.TalkSeconds) })},
		{"cost_micros", "bigint", column(ended, func(e EndedAttempt) int64 { return e.CostMicros })},
	}
	return tx.updateRows(b, u)
}

// moveContacts writes where contacts are after their attempts, in one statement.
// Contacts that are not DIALING are not expected.
func (tx *Tx) moveContacts(b *batch, organizationID string, moved []MovedContact) error {
	u := rowUpdate{table: "contacts", guard: "target.status = 'DIALING'", organizationID: organizationID}
	for _, m := range moved {
		u.ids = append(u.ids, m.ID)
	}
	u.columns = []updateColumn{
		{"status", "text", column(moved, func(m MovedContact) string { return string(m.Status) })},
		{"last_outcome", "text", column(moved, func(m MovedContact) *string { return (*string)(m.LastOutcome) })},
		{"attempts_used", "bigint", column(moved, func(m MovedContact) int64 { return int64(m.AttemptsUsed) })},
		{"next_attempt_at", "timestamptz", column(moved, func(m MovedContact) *time.Time { return instant(m.NextAttemptAt) })},
	}
	return tx.updateRows(b, u)
}

// column makes a list of one value of each row.
func column[Row, Value any](rows []Row, value func(Row) Value) []Value {
	values := make([]Value, 0, len(rows))
	for _, row := range rows {
		values = append(values, value(row))
	}
	return values
}

// instant is a moment as it is stored; nil for the zero moment.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = Instant(t)
	return &t
}

// updateColumn is a column with its type, as PostgreSQL calls it, and a list of its
// new values, one a row.
type updateColumn struct {
	name, kind string
	values     any
}

// rowUpdate changes many rows of a table, each to its own values, with one
// statement. Every row must be found under the guard.
type rowUpdate struct {
	table, guard, also string
	organizationID     string
	ids                []uuid.UUID
	columns            []updateColumn
}

// updateRows adds the statement, whose parameters are lists on PostgreSQL and one
// JSON array elsewhere.
func (tx *Tx) updateRows(b *batch, u rowUpdate) error {
	if len(u.ids) == 0 {
		return nil
	}
	also := ""
	if u.also != "" {
		also = ", " + u.also
	}
	what := "update " + u.table
	if tx.dialect == dialect.Postgres {
		args := []any{u.organizationID, u.ids}
		for _, c := range u.columns {
			args = append(args, c.values)
		}
		b.exec(what, len(u.ids), fmt.Sprintf(postgresUpdate(u.table, u.columns), also, u.guard), args...)
		return nil
	}
	body, err := tx.rowsAsJSON(u)
	if err != nil {
		return fmt.Errorf("encode rows of %s: %w", u.table, err)
	}
	query := sqliteUpdate(u.table, u.columns)
	if tx.dialect == dialect.MySQL {
		query = mysqlUpdate(u.table, u.columns)
	}
	b.exec(what, len(u.ids), fmt.Sprintf(query, also, u.guard), body, u.organizationID)
	return nil
}

// rowsAsJSON writes the new values as an array of objects, instants as the
// dialect's columns hold them. MySQL's JSON_TABLE, and MariaDB's, read alike what
// has numbers for booleans, and nothing for null.
func (tx *Tx) rowsAsJSON(u rowUpdate) (string, error) {
	rows := make([]map[string]any, 0, len(u.ids))
	for i, id := range u.ids {
		row := map[string]any{"id": id}
		for _, c := range u.columns {
			if value := tx.jsonValue(c.values, i); value != nil {
				row[c.name] = value
			}
		}
		rows = append(rows, row)
	}
	body, err := json.Marshal(rows)
	return string(body), err //nolint:wrapcheck // the caller does
}

// jsonValue returns a value of a list as it is written into JSON; nil for null.
func (tx *Tx) jsonValue(values any, i int) any {
	switch v := values.(type) {
	case []string:
		return v[i]
	case []int64:
		return v[i]
	case []*string:
		if v[i] != nil {
			return *v[i]
		}
	case []bool:
		if v[i] {
			return 1
		}
		return 0
	case []*time.Time:
		if v[i] == nil {
			return nil
		}
		if tx.dialect == dialect.SQLite {
			return v[i].Format("2006-01-02 15:04:05.999999999-07:00") // what _time_format=sqlite writes
		}
		return v[i].Format("2006-01-02 15:04:05.000000") // the session's time zone is UTC
	}
	return nil
}

// postgresUpdate reads the lists and finds each row by its id: see byIndex.
func postgresUpdate(table string, columns []updateColumn) string {
	set, names, lists := "", "id", "$2::uuid[]"
	for i, c := range columns {
		if i > 0 {
			set += ", "
		}
		set += c.name + " = v." + c.name
		names += ", " + c.name
		lists += fmt.Sprintf(", $%d::%s[]", i+3, c.kind)
	}
	return "UPDATE " + table + " AS target SET " + set + "%s FROM unnest(" + lists + ") AS v(" + names +
		") WHERE target.id = v.id AND target.organization_id = $1 AND %s"
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
		" WHERE target.id = v.id AND target.organization_id = $2 AND %s"
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
	return "UPDATE JSON_TABLE($1, '$[*]' COLUMNS (" + values + ")) AS v STRAIGHT_JOIN " + table + " AS target" +
		" ON target.id = v.id SET " + set + "%s WHERE target.organization_id = $2 AND %s"
}
