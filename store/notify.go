package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// relistenAfter is how long a lost listening connection waits before it is
// opened again.
const relistenAfter = time.Second

// Notifies reports whether Notify reaches other nodes: whether the database or
// its queue's is PostgreSQL.
func (s *Store) Notifies() bool { return s.notifying().pool != nil }

// notifying returns the database that carries notifications: the first of the
// two that is PostgreSQL.
func (s *Store) notifying() *Store {
	if s.pool != nil {
		return s
	}
	return s.Queue()
}

// Notify tells every node that listens on channel, by way of the database or its
// queue's, whichever is PostgreSQL; where neither is, it does nothing.
func (s *Store) Notify(ctx context.Context, channel, payload string) error {
	pool := s.notifying().pool
	if pool == nil {
		return nil
	}
	if _, err := pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, payload); err != nil {
		return fmt.Errorf("notify %s: %w", channel, err)
	}
	return nil
}

// Listen calls hear with every payload sent on channel, until ctx ends. After a
// lost connection it listens again and calls missed, because notifications may
// have passed unheard. Where there are no notifications it waits for the end of
// ctx.
func (s *Store) Listen(ctx context.Context, channel string, hear func(payload string), missed func()) {
	if !s.Notifies() {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		if err := s.listenOnce(ctx, channel, hear, missed); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "listening was cut, will listen again", "channel", channel, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(relistenAfter):
		}
	}
}

func (s *Store) listenOnce(ctx context.Context, channel string, hear func(string), missed func()) error {
	// A connection of its own: one from the pool would be held for ever.
	conn, err := pgx.ConnectConfig(ctx, s.notifying().pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	missed()
	for {
		n, err := waitForNotification(ctx, conn, s.notifying().silence)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		if n != nil {
			hear(n.Payload)
		}
	}
}

// waitForNotification returns the next notification, and nil when for a while
// there was none and the server is still there: of a connection whose other end
// is gone nothing else would tell.
func waitForNotification(ctx context.Context, conn *pgx.Conn, silence time.Duration) (*pgconn.Notification, error) {
	wait, cancel := context.WithTimeout(ctx, 2*silence)
	defer cancel()
	n, err := conn.WaitForNotification(wait)
	if err == nil || ctx.Err() != nil || wait.Err() == nil {
		return n, err //nolint:wrapcheck // the caller does
	}
	asked, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	return nil, conn.Ping(asked) //nolint:wrapcheck // the caller does
}
