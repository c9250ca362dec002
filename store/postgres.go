package store

import (
	"context"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// defaultMaxConnections is the pool's size unless Options say otherwise.
const defaultMaxConnections = 20

// openPostgres opens one pgx pool; ent and database/sql work over the same
// connections.
func openPostgres(ctx context.Context, url string, options Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the postgres:// database URL: %w", err)
	}
	config.MaxConns = int32(max(4, defaultMaxConnections))
	if options.MaxConnections > 0 {
		config.MaxConns = int32(options.MaxConnections) //nolint:gosec // a pool size, checked by config
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "outdial"
	// A process that is frozen in the middle of a transaction lets go of its locks.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(options.silence().Milliseconds(), 10)
	config.ConnConfig.DialFunc = dialing().DialContext
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the PostgreSQL pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	return &Store{
		dialect: dialect.Postgres,
		writer:  db,
		pool:    pool,
		silence: options.silence(),
		readers: db,
		reads:   newClient(entsql.OpenDB(dialect.Postgres, db)),
		close: []func() error{
			func() error { pool.Close(); return nil },
			db.Close,
		},
	}, nil
}
