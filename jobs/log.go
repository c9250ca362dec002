package jobs

import (
	"context"
	"errors"
	"log/slog"
	"strings"
)

// quiet passes on what River says from warnings up: its everyday news is not
// ours. What failed for nothing but a cancelled context is a warning, whatever River
// calls it: that is how a stop looks from inside, and whoever asked has the error as
// well.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

// Enabled lets warnings and errors pass.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// Handle passes the record on, as a warning where its error is a cancelled context.
func (w warnings) Handle(ctx context.Context, r slog.Record) error {
	if errors.Is(ctx.Err(), context.Canceled) && ofCancelled(r) {
		r.Level = slog.LevelWarn
		if !w.Handler.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return w.Handler.Handle(ctx, r) //nolint:wrapcheck // a handler in front of another
}

// ofCancelled reports whether the record's error is a cancelled context; River gives
// its text alone, under one of two names.
func ofCancelled(r slog.Record) (is bool) {
	r.Attrs(func(a slog.Attr) bool {
		is = (a.Key == "err" || a.Key == "error") && strings.Contains(a.Value.String(), context.Canceled.Error())
		return !is
	})
	return is
}

// WithAttrs keeps the filter.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the filter.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
