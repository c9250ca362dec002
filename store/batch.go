package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// batch gathers statements of one transaction, for work that would else spend most
// of its time waiting for answers. On PostgreSQL they travel together: one round
// trip carries them all. Elsewhere they are run one by one. Their order is kept.
//
// Parameters are written $1, $2 and so on in every dialect. Nothing keeps these
// statements inside the viewer's organization: each names it.
type batch struct {
	tx         *Tx
	statements []statement
}

type statement struct {
	what  string // for errors: "load batch jobs"
	query string
	args  []any
	rows  func(scan) error // for each row found; nil where none are wanted
	want  int              // how many rows must be changed; anyNumber = it does not matter
}

// scan reads the columns of a row into what the pointers point to.
type scan func(into ...any) error

// anyNumber is for statements of which it does not matter how many rows they change.
const anyNumber = -1

func (tx *Tx) batch() *batch { return &batch{tx: tx} }

// exec adds a statement that must change so many rows.
func (b *batch) exec(what string, want int, query string, args ...any) {
	b.statements = append(b.statements, statement{what: what, query: query, args: args, want: want})
}

// query adds a statement whose rows are given to rows, one at a time.
func (b *batch) query(what string, rows func(scan) error, query string, args ...any) {
	b.statements = append(b.statements, statement{what: what, query: query, args: args, rows: rows, want: anyNumber})
}

// run runs what was added.
func (b *batch) run(ctx context.Context) error {
	if err := b.post(ctx); err != nil {
		return err
	}
	return b.tx.hear()
}

// post is run, but on PostgreSQL it does not wait for the answers: they are heard
// before anything else is sent, and before the transaction ends.
func (b *batch) post(ctx context.Context) error {
	if len(b.statements) == 0 {
		return nil
	}
	if b.tx.conn != nil {
		return b.send(ctx)
	}
	for _, s := range b.statements {
		if err := b.tx.runStatement(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// send has the statements travel together, after BEGIN where nothing was run before.
func (b *batch) send(ctx context.Context) error {
	tx := b.tx
	if err := tx.hear(); err != nil {
		return err
	}
	queue := &pgx.Batch{}
	begins := tx.pgx == nil
	if begins {
		queue.BeginTx(pgx.TxOptions{})
	}
	for _, s := range b.statements {
		queue.Queue(s.query, natively(s.args)...)
	}
	results := tx.conn.SendBatch(ctx, queue)
	if begins {
		tx.pgx = results.Tx()
	}
	tx.unheard = func() error { return b.read(results, begins) }
	return nil
}

// read takes the answers, to BEGIN first where that was sent.
func (b *batch) read(results pgx.BatchResults, begins bool) error {
	if begins {
		if _, err := results.Exec(); err != nil {
			_ = results.Close() // what it says is why
			return fmt.Errorf("begin a batch of statements: %w", err)
		}
	}
	for _, s := range b.statements {
		if err := s.read(results); err != nil {
			_ = results.Close() // what the statement says is why
			return err
		}
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("end a batch of statements: %w", err)
	}
	return nil
}

// read takes the statement's part of the answer.
func (s statement) read(results pgx.BatchResults) error {
	if s.rows == nil {
		tag, err := results.Exec()
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		return s.check(tag.RowsAffected())
	}
	rows, err := results.Query()
	if err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	defer rows.Close()
	return s.each(nativeRows{rows})
}

// natively returns parameters, or pointers to scan into, with types that pgx itself
// knows in place of those that it would have to ask for each value: an id by
// database/sql is its text, which costs ten times as much. It may change args.
func natively(args []any) []any {
	for i, arg := range args {
		switch known := arg.(type) {
		case uuid.UUID:
			args[i] = [16]byte(known)
		case *uuid.UUID:
			args[i] = (*[16]byte)(known)
		case []uuid.UUID:
			ids := make([][16]byte, len(known))
			for n, id := range known {
				ids[n] = id
			}
			args[i] = ids
		case []*time.Time:
			args[i] = pgtype.FlatArray[*time.Time](known)
		case []*string:
			args[i] = pgtype.FlatArray[*string](known)
		}
	}
	return args
}

// nativeRows are rows of pgx that are scanned natively.
type nativeRows struct{ pgx.Rows }

// Scan implements scanner.
func (r nativeRows) Scan(into ...any) error {
	return r.Rows.Scan(natively(into)...) //nolint:wrapcheck // each says which statement it was
}

// scanner is what the rows of pgx and of database/sql have in common.
type scanner interface {
	Next() bool
	Scan(into ...any) error
	Err() error
}

func (s statement) each(rows scanner) error {
	for rows.Next() {
		if err := s.rows(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	return nil
}

func (s statement) check(changed int64) error {
	if s.want != anyNumber && changed != int64(s.want) {
		return fmt.Errorf("%s: only %d of %d rows were as expected", s.what, changed, s.want)
	}
	return nil
}

// runStatement runs one statement on database/sql.
func (tx *Tx) runStatement(ctx context.Context, s statement) error {
	query, args := s.query, s.args
	if tx.dialect == dialect.MySQL {
		query, args = unnumbered(query, args)
	}
	if s.rows != nil {
		rows, err := tx.sql.QueryContext(ctx, query, args...) //nolint:rowserrcheck // each looks at it
		if err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
		defer func() { _ = rows.Close() }() // what it would say, each says
		return s.each(rows)
	}
	result, err := tx.sql.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", s.what, err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("%s: count the rows: %w", s.what, err)
	}
	return s.check(changed)
}

// unnumbered writes numbered parameters as MySQL has them, ? in the order of use.
func unnumbered(query string, args []any) (string, []any) {
	var text strings.Builder
	var ordered []any
	for {
		before, after, found := strings.Cut(query, "$")
		text.WriteString(before)
		if !found {
			return text.String(), ordered
		}
		n, digits := 0, 0
		for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
			n = 10*n + int(after[digits]-'0')
			digits++
		}
		if n < 1 || n > len(args) { // a defect, which the server names
			text.WriteString("$")
			query = after
			continue
		}
		text.WriteString("?")
		ordered = append(ordered, args[n-1])
		query = after[digits:]
	}
}

var (
	_ scanner = nativeRows{}
	_ scanner = (*sql.Rows)(nil)
)
