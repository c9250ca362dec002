package store

import (
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// LockFreeRows is a condition of a query inside a transaction: it locks the rows
// found until the transaction ends, and leaves out those that another
// transaction has locked. SQLite has one writer, who needs no locks.
func LockFreeRows(s *sql.Selector) {
	if s.Dialect() != dialect.SQLite {
		s.For(sql.LockUpdate, sql.WithLockAction(sql.SkipLocked))
	}
}
