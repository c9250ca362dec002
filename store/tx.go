package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/outdial/outdial/ent"
)

// Tx is one transaction over rows and, where the queue lives in the same
// database, jobs. It belongs to the goroutine that runs the function it was
// given to.
type Tx struct {
	Ent *ent.Client // rows; its own Tx methods do nothing

	dialect string
	conn    *pgx.Conn    // nil unless PostgreSQL
	pgx     pgx.Tx       // nil unless PostgreSQL, and before the first statement: see begin
	sql     *sql.Tx      // nil on PostgreSQL
	unheard func() error // takes the answers to what was sent on PostgreSQL last; nil = they were taken
	broken  error        // why what was sent on PostgreSQL failed; nothing is run any more
	exec    execer
	after   []func()
	failed  []func()
}

// longestTx is how long a transaction may take: what it waits for may never
// come, as when the server's machine is gone.
const longestTx = 30 * time.Second

// rollbackTimeout is how long a rollback may take before its connection is
// dropped instead.
const rollbackTimeout = 5 * time.Second

// errTooLong is why a transaction was given up.
var errTooLong = fmt.Errorf("the transaction took longer than %s", longestTx)

// errNotPGX is a defect: the pool was opened with another driver.
var errNotPGX = errors.New("the connection is not pgx's")

// execer runs statements that ent has no words for.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// PGX returns the transaction as pgx knows it; nil unless PostgreSQL.
func (tx *Tx) PGX(ctx context.Context) (pgx.Tx, error) {
	if tx.conn == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	err := tx.begin(ctx)
	return tx.pgx, err
}

// SQL returns the transaction as database/sql knows it; nil on PostgreSQL.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// AfterCommit has fn called once the transaction is committed, in the order of
// the calls; never when it is rolled back. The caller of InTx waits for fn, so it
// must not block for long.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// OtherwiseRun has fn called when the functions given to AfterCommit are not:
// where the transaction was rolled back, where a panic ended it, and where nobody
// heard whether it was committed.
func (tx *Tx) OtherwiseRun(fn func()) { tx.failed = append(tx.failed, fn) }

// InTx runs fn in one transaction and commits it; an error or a panic of fn
// rolls everything back. fn may not start goroutines that use the transaction.
//
// MySQL and PostgreSQL roll a transaction back when it and another one wait for
// each other, MySQL also when it waits long for a row. That is no defect, and
// InTx runs fn again, a few times: fn sets what it leaves outside of the
// transaction anew each time, and never adds to it.
//
// Where ctx has no nearer end, the transaction is given up after 30 seconds.
func (s *Store) InTx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, longestTx, errTooLong)
	defer cancel()
	return s.often(ctx, fn)
}

// often runs fn in one transaction, and again where it was rolled back because of
// others.
func (s *Store) often(ctx context.Context, fn func(context.Context, *Tx) error) error {
	for try := 1; ; try++ {
		err := s.try(ctx, fn)
		if err == nil || try == mostTries || !rolledBack(err) || !pause(ctx, try) {
			return err
		}
	}
}

// try runs fn in one transaction, once.
func (s *Store) try(ctx context.Context, fn func(context.Context, *Tx) error) error {
	run := s.inSQL
	if s.postgres() {
		run = s.inPGX
	}
	tx := &Tx{dialect: s.dialect}
	committed := false
	defer func() {
		if !committed {
			call(tx.failed)
		}
	}()
	if err := s.ask(BeforeBegin); err != nil {
		return err
	}
	err := run(ctx, tx, func(ctx context.Context, tx *Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return s.ask(BeforeCommit)
	})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%w: %w", cause, err)
		}
		return err
	}
	if err := s.ask(AfterCommit); err != nil {
		return err
	}
	committed = true
	call(tx.after)
	return nil
}

func call(all []func()) {
	for _, f := range all {
		f()
	}
}

func (s *Store) inSQL(ctx context.Context, tx *Tx, fn func(context.Context, *Tx) error) error {
	options := &sql.TxOptions{}
	if s.dialect == dialect.MySQL {
		options.Isolation = sql.LevelReadCommitted // as PostgreSQL's default: what is read under a lock is the newest
	}
	begun, err := s.writer.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = begun.Rollback() }() // does nothing after Commit
	tx.sql, tx.exec = begun, begun
	tx.Ent = newClient(joined{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: begun})})
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := begun.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// inPGX has pgx begin, so that COPY and River get a true pgx transaction, and
// lets ent work over the database/sql connection that owns the same wire.
func (s *Store) inPGX(ctx context.Context, tx *Tx, fn func(context.Context, *Tx) error) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	var raw *pgx.Conn
	if err := conn.Raw(func(c any) error {
		owner, ok := c.(*stdlib.Conn)
		if !ok {
			return errNotPGX
		}
		raw = owner.Conn()
		return nil
	}); err != nil {
		return fmt.Errorf("reach the pgx connection: %w", err)
	}
	tx.conn = raw
	// database/sql drops a connection by itself when a context ends in the middle
	// of a statement. The transaction then ends with it, and the connection must
	// not be touched any more; Raw refuses once that has happened.
	defer func() {
		_ = tx.hear() // fn says why, or it was heard before
		if tx.pgx == nil {
			return
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = conn.Raw(func(any) error { return tx.pgx.Rollback(within) }) // does nothing after Commit
	}()
	tx.exec = beginning{conn, tx}
	tx.Ent = newClient(joined{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: tx.exec})})
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := tx.hear(); err != nil || tx.pgx == nil {
		return err
	}
	if err := conn.Raw(func(any) error { return tx.pgx.Commit(ctx) }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// hear takes the answers to what was sent last, unless they were taken, and says why a
// transaction on PostgreSQL goes on no more.
func (tx *Tx) hear() error {
	if take := tx.unheard; take != nil {
		tx.unheard = nil
		tx.broken = take()
	}
	return tx.broken
}

// begin begins the transaction on PostgreSQL, unless it has begun. It does so with
// its first statement, because BEGIN travels with a batch for nothing.
func (tx *Tx) begin(ctx context.Context) (err error) {
	if err := tx.hear(); err != nil || tx.pgx != nil {
		return err
	}
	if tx.pgx, err = tx.conn.BeginTx(ctx, pgx.TxOptions{}); err != nil {
		tx.broken = fmt.Errorf("begin: %w", err)
	}
	return tx.broken
}

// beginning is the connection of a transaction that begins with its first statement.
type beginning struct {
	conn *sql.Conn
	tx   *Tx
}

// ExecContext implements execer.
func (b beginning) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := b.tx.begin(ctx); err != nil {
		return nil, err
	}
	return b.conn.ExecContext(ctx, query, args...) //nolint:wrapcheck // who asks says what for
}

// QueryContext implements execer.
func (b beginning) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := b.tx.begin(ctx); err != nil {
		return nil, err
	}
	return b.conn.QueryContext(ctx, query, args...) //nolint:wrapcheck // who asks says what for
}

// joined makes the transactions ent wants to begin by itself part of the one
// that is already open.
type joined struct{ *entsql.Driver }

func (d joined) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

func (d joined) BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

func (d joined) Close() error { return nil }
