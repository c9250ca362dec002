package store

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
)

// Time asks the database server what time it is. On SQLite, which is this
// process, it returns the time it is given.
func (s *Store) Time(ctx context.Context, own time.Time) (time.Time, error) {
	question := map[string]string{
		dialect.Postgres: "SELECT extract(epoch FROM clock_timestamp()) * 1000000",
		dialect.MySQL:    "SELECT unix_timestamp(now(6)) * 1000000",
	}[s.dialect]
	if question == "" {
		return own, nil
	}
	var micros float64
	if err := s.readers.QueryRowContext(ctx, question).Scan(&micros); err != nil {
		return time.Time{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	return time.UnixMicro(int64(micros)).UTC(), nil
}
