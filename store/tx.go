package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
	pgx     pgx.Tx  // nil unless PostgreSQL
	sql     *sql.Tx // nil on PostgreSQL
	exec    execer
	after   []func()
}

// errNotPGX is a defect: the pool was opened with another driver.
var errNotPGX = errors.New("the connection is not pgx's")

// execer runs a statement that ent has no words for.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// PGX returns the transaction as pgx knows it; nil unless PostgreSQL.
func (tx *Tx) PGX() pgx.Tx { return tx.pgx }

// SQL returns the transaction as database/sql knows it; nil on PostgreSQL.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// AfterCommit has fn called once the transaction is committed, in the order of
// the calls; never when it is rolled back. fn must not block.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// InTx runs fn in one transaction and commits it; an error or a panic of fn
// rolls everything back. fn may not start goroutines that use the transaction.
func (s *Store) InTx(ctx context.Context, fn func(context.Context, *Tx) error) error {
	run := s.inSQL
	if s.postgres() {
		run = s.inPGX
	}
	tx := &Tx{dialect: s.dialect}
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
	for _, f := range tx.after {
		f()
	}
	return nil
}

func (s *Store) inSQL(ctx context.Context, tx *Tx, fn func(context.Context, *Tx) error) error {
	begun, err := s.writer.BeginTx(ctx, nil)
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

// inPGX begins with pgx, so that COPY and River get a true pgx transaction, and
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
	begun, err := raw.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// database/sql drops a connection by itself when a context ends in the middle
	// of a statement. The transaction then ends with it, and the connection must
	// not be touched any more; Raw refuses once that has happened.
	defer func() {
		_ = conn.Raw(func(any) error { return begun.Rollback(context.WithoutCancel(ctx)) }) // does nothing after Commit
	}()
	tx.pgx, tx.exec = begun, conn
	tx.Ent = newClient(joined{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: conn})})
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := conn.Raw(func(any) error { return begun.Commit(ctx) }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// joined makes the transactions ent wants to begin by itself part of the one
// that is already open.
type joined struct{ *entsql.Driver }

func (d joined) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

func (d joined) BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

func (d joined) Close() error { return nil }

// LockOrganization waits until no other transaction, on any node, holds the
// organization's lock, and holds it until the end of this one. Slots and
// credits are only changed under it. On SQLite every transaction is alone
// already.
func (tx *Tx) LockOrganization(ctx context.Context, id string) error {
	return tx.advisoryLock(ctx, "pg_advisory_xact_lock", "organization:"+id)
}

// AllowStarts holds the right to start calls of a batch job until the end of
// the transaction. Any number of transactions may hold it at once, but none
// while another one has forbidden starts and not ended.
func (tx *Tx) AllowStarts(ctx context.Context, batchJobID string) error {
	return tx.advisoryLock(ctx, "pg_advisory_xact_lock_shared", "starts:"+batchJobID)
}

// ForbidStarts waits until no transaction holds the right to start calls of a
// batch job, and keeps new ones waiting until the end of this one. A status
// that is changed under it is seen by every later start.
func (tx *Tx) ForbidStarts(ctx context.Context, batchJobID string) error {
	return tx.advisoryLock(ctx, "pg_advisory_xact_lock", "starts:"+batchJobID)
}

// TryLock reports whether this transaction got a lock that one transaction at a
// time can have, without waiting for it.
func (tx *Tx) TryLock(ctx context.Context, name string) (bool, error) {
	if tx.pgx == nil {
		return true, nil
	}
	var got bool
	if err := tx.pgx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", name).Scan(&got); err != nil {
		return false, fmt.Errorf("try the lock %s: %w", name, err)
	}
	return got, nil
}

func (tx *Tx) advisoryLock(ctx context.Context, function, name string) error {
	if tx.dialect != dialect.Postgres {
		return nil
	}
	if _, err := tx.exec.ExecContext(ctx, "SELECT "+function+"(hashtextextended($1, 0))", name); err != nil {
		return fmt.Errorf("take the lock %s: %w", name, err)
	}
	return nil
}
