package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// LockOrganization waits until no other transaction, on any node, holds the
// organization's lock, and holds it until the end of this one. Slots and
// credits are only changed under it. On SQLite every transaction is alone
// already.
func (tx *Tx) LockOrganization(ctx context.Context, id string) error {
	return tx.lock(ctx, lockOrganization, id, exclusive)
}

// LockNumber waits until no other transaction registers the phone number, in
// whatever organization, and keeps others from it until the end of this one. Who
// needs an organization's lock as well takes that first.
func (tx *Tx) LockNumber(ctx context.Context, number string) error {
	return tx.lock(ctx, lockNumber, number, exclusive)
}

// AllowStarts holds the right to start calls of batch jobs until the end of the
// transaction. Any number of transactions may hold it at once, but none while
// another one has forbidden starts and not ended. Who needs several batch jobs
// names them in one call, which takes them in an order that is the same for
// everybody.
func (tx *Tx) AllowStarts(ctx context.Context, batchJobIDs ...string) error {
	return tx.lockStarts(ctx, batchJobIDs, shared)
}

// ForbidStarts waits until no transaction holds the right to start calls of the
// batch jobs, and keeps new ones waiting until the end of this one. A status
// that is changed under it is seen by every later start. Several are named in
// one call, as for AllowStarts.
func (tx *Tx) ForbidStarts(ctx context.Context, batchJobIDs ...string) error {
	return tx.lockStarts(ctx, batchJobIDs, exclusive)
}

func (tx *Tx) lockStarts(ctx context.Context, batchJobIDs []string, mode lockMode) error {
	sorted := slices.Clone(batchJobIDs)
	slices.SortFunc(sorted, func(a, b string) int {
		if tx.dialect == dialect.MySQL {
			return lockSlot(a) - lockSlot(b)
		}
		return strings.Compare(a, b)
	})
	for _, id := range sorted {
		if err := tx.lock(ctx, lockStarts, id, mode); err != nil {
			return err
		}
	}
	return nil
}

// TryLock reports whether this transaction got a lock that one transaction at a
// time can have, without waiting for it.
func (tx *Tx) TryLock(ctx context.Context, name string) (bool, error) {
	switch tx.dialect {
	case dialect.Postgres:
		if err := tx.begin(ctx); err != nil {
			return false, err
		}
		var got bool
		if err := tx.pgx.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", name).Scan(&got); err != nil {
			return false, fmt.Errorf("try the lock %s: %w", name, err)
		}
		return got, nil
	case dialect.MySQL:
		err := lockRow(ctx, tx.sql, lockTried, name, " FOR UPDATE SKIP LOCKED")
		if errors.Is(err, sql.ErrNoRows) { // somebody has it, unless it is missing
			return false, lockRow(ctx, tx.sql, lockTried, name, "")
		}
		return err == nil, err
	}
	return true, nil
}

// LockFreeRows is a condition of a query inside a transaction: it locks the rows
// found until the transaction ends, and leaves out those that another
// transaction has locked. SQLite has one writer, who needs no locks.
func LockFreeRows(s *entsql.Selector) {
	if s.Dialect() != dialect.SQLite {
		s.For(entsql.LockUpdate, entsql.WithLockAction(entsql.SkipLocked))
	}
}

// lockMode says whether others may hold a lock at the same time.
type lockMode int

const (
	exclusive lockMode = iota
	shared
)

// lock waits for a lock and holds it until the end of the transaction. On SQLite
// every transaction is alone already.
func (tx *Tx) lock(ctx context.Context, kind lockKind, name string, mode lockMode) error {
	switch tx.dialect {
	case dialect.Postgres:
		function := "pg_advisory_xact_lock"
		if mode == shared {
			function = "pg_advisory_xact_lock_shared"
		}
		if _, err := tx.exec.ExecContext(ctx, "SELECT "+function+"(hashtextextended($1, 0))", string(kind)+":"+name); err != nil {
			return fmt.Errorf("take the lock %s:%s: %w", kind, name, err)
		}
	case dialect.MySQL:
		how := " FOR UPDATE"
		if mode == shared {
			how = " LOCK IN SHARE MODE"
		}
		return lockRow(ctx, tx.sql, kind, name, how)
	}
	return nil
}

// lockKind is what a lock is about. Names of one kind never meet those of
// another.
type lockKind string

const (
	lockOrganization lockKind = "organization"
	lockStarts       lockKind = "starts"
	lockNumber       lockKind = "number"
	lockTried        lockKind = "try"
	lockMigrate      lockKind = "migrate"
)

func lockKinds() []lockKind {
	return []lockKind{lockOrganization, lockStarts, lockNumber, lockTried, lockMigrate}
}

// lockSlots is how many lock rows there are of a kind. Names that share a row
// wait for each other without need, which is seldom and short.
const lockSlots = 1024

// lockSlot returns the row a name's lock is.
func lockSlot(name string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // it never fails
	return int(sum.Sum32() % lockSlots)
}

// lockRow locks a name's row on MySQL, whose named locks belong to connections
// and outlive transactions. A row of a table that is there for nothing else
// clashes with no foreign key and no count, as the organization's own would.
func lockRow(ctx context.Context, tx *sql.Tx, kind lockKind, name, how string) error {
	var slot int
	err := tx.QueryRowContext(ctx, "SELECT slot FROM lock_rows WHERE kind = ? AND slot = ?"+how, string(kind), lockSlot(name)).Scan(&slot)
	if err != nil {
		return fmt.Errorf("take the lock %s:%s: %w", kind, name, err)
	}
	return nil
}

// makeLockRows makes the table of lock rows and fills it, where that was not
// done before. It is no table of ent's: nobody asks for its rows but the locks.
func makeLockRows(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS lock_rows (kind varchar(20) NOT NULL, slot int NOT NULL, "+
		"PRIMARY KEY (kind, slot)) ENGINE = InnoDB CHARSET utf8mb4 COLLATE utf8mb4_bin")
	if err != nil {
		return fmt.Errorf("create the lock rows: %w", err)
	}
	var all []int
	for slot := range lockSlots {
		all = append(all, slot)
	}
	slots, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("number the lock rows: %w", err)
	}
	for _, kind := range lockKinds() {
		var found int
		if err := db.QueryRowContext(ctx, "SELECT count(*) FROM lock_rows WHERE kind = ?", string(kind)).Scan(&found); err != nil {
			return fmt.Errorf("count the lock rows: %w", err)
		}
		if found == lockSlots {
			continue
		}
		_, err := db.ExecContext(ctx, "INSERT IGNORE INTO lock_rows (kind, slot) "+
			"SELECT ?, v.slot FROM JSON_TABLE(?, '$[*]' COLUMNS (slot int PATH '$')) AS v", string(kind), string(slots))
		if err != nil {
			return fmt.Errorf("make the lock rows: %w", err)
		}
	}
	return nil
}
