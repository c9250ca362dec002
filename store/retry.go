package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// mostTries is how often a transaction is run that the database rolls back
	// for the sake of others.
	mostTries = 6
	// pauseUnit grows with every try and is drawn by lot, so that those who stood
	// in each other's way do not meet again.
	pauseUnit = 10 * time.Millisecond
)

// What MySQL says when it has rolled a transaction back for the sake of others.
const (
	mysqlLockWaitTimeout = 1205
	mysqlDeadlock        = 1213
	mariadbRowChanged    = 1020 // since the transaction's snapshot
)

// What PostgreSQL says, by SQLSTATE.
const (
	postgresSerialization = "40001"
	postgresDeadlock      = "40P01"
)

// rolledBack reports whether a transaction failed only because of others that
// ran at the same time, so that it may do well when it is run again.
func rolledBack(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return slices.Contains([]uint16{mysqlLockWaitTimeout, mysqlDeadlock, mariadbRowChanged}, e.Number)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == postgresSerialization || e.Code == postgresDeadlock
	}
	return false
}

// pause waits a little before the next try and reports whether there may be one.
func pause(ctx context.Context, try int) bool {
	most := pauseUnit << try
	select {
	case <-time.After(rand.N(most)): //nolint:gosec // a lot, not a secret
		return true
	case <-ctx.Done():
		return false
	}
}
