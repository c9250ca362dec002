package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	atlasschema "ariga.io/atlas/sql/schema"
	"github.com/go-sql-driver/mysql"
)

// exclusivelyMySQL keeps other nodes out by a row that is locked on a connection
// of its own: a statement that changes tables ends the transaction it is in.
func (s *Store) exclusivelyMySQL(
	ctx context.Context, do func(context.Context, atlasschema.ExecQuerier) error, then func(context.Context) error,
) (err error) {
	config := s.mysql.Clone()
	config.ReadTimeout = 0 // changing a large table takes as long as it takes
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return fmt.Errorf("prepare the migration: %w", err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := makeLockRows(ctx, db); err != nil {
		return err
	}
	ctx, release, err := holdMigrateLock(ctx, db, s.mysql)
	if err != nil {
		return err
	}
	defer release()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take a connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := do(ctx, conn); err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return then(ctx)
}

// holdMigrateLock waits for the lock on migrations and holds it until release is
// called. The context that it returns ends when the lock is lost.
func holdMigrateLock(ctx context.Context, db *sql.DB, config *mysql.Config) (_ context.Context, release func(), err error) {
	var tx *sql.Tx
	for {
		if tx, err = db.BeginTx(ctx, nil); err != nil {
			return nil, nil, fmt.Errorf("begin: %w", err)
		}
		if err = lockRow(ctx, tx, lockMigrate, "", " FOR UPDATE"); err == nil {
			break
		}
		_ = tx.Rollback() // there is nothing in it
		if !rolledBack(err) || ctx.Err() != nil {
			return nil, nil, err
		}
	}
	held, lost := context.WithCancelCause(ctx)
	var work sync.WaitGroup
	work.Go(func() {
		// The server would take silence for a frozen process.
		tick := time.NewTicker(silenceOf(config) / 4)
		defer tick.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
				if _, err := tx.ExecContext(ctx, "DO 1"); err != nil {
					lost(fmt.Errorf("the lock on migrations was lost: %w", err))
				}
			}
		}
	})
	return held, func() {
		lost(nil)
		work.Wait()
		_ = tx.Rollback() // there is nothing in it
	}, nil
}

// resuming is a connection over which a migration is applied. One that was cut
// short may have been cut between a statement and the note that it was applied:
// then the first statement finds its work done.
type resuming struct {
	atlasschema.ExecQuerier

	half bool // the next statement may have been applied before
}

// alreadyApplied is what MySQL says of a table, column or index that is there
// already, or gone already.
func alreadyApplied() []uint16 { return []uint16{1050, 1051, 1060, 1061, 1091} }

// ExecContext runs a statement.
func (r *resuming) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	result, err := r.ExecQuerier.ExecContext(ctx, query, args...)
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && r.half && slices.Contains(alreadyApplied(), e.Number) {
		result, err = driver.RowsAffected(0), nil
	}
	r.half = false
	return result, err //nolint:wrapcheck // it stands for the connection
}
