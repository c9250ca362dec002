package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// relistenAfter is how long a lost listening connection waits before it is
// opened again.
const relistenAfter = time.Second

// Notify tells every node that listens on channel. Only PostgreSQL has other
// nodes; elsewhere it does nothing.
func (s *Store) Notify(ctx context.Context, channel, payload string) error {
	if s.pool == nil {
		return nil
	}
	if _, err := s.pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, payload); err != nil {
		return fmt.Errorf("notify %s: %w", channel, err)
	}
	return nil
}

// Listen calls hear with every payload sent on channel, until ctx ends. After a
// lost connection it listens again and calls missed, because notifications may
// have passed unheard. Only PostgreSQL has other nodes; elsewhere it waits for
// the end of ctx.
func (s *Store) Listen(ctx context.Context, channel string, hear func(payload string), missed func()) {
	if s.pool == nil {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		if err := s.listenOnce(ctx, channel, hear, missed); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "listening was cut, will listen again", "channel", channel, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(relistenAfter):
		}
	}
}

func (s *Store) listenOnce(ctx context.Context, channel string, hear func(string), missed func()) error {
	// A connection of its own: one from the pool would be held for ever.
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	missed()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		hear(n.Payload)
	}
}
