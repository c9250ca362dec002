package jobs

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// TestStopIsNoError: what River could not do for a context that was cancelled
// is said as a warning, everything else at its own level.
func TestStopIsNoError(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := quiet(slog.New(slog.NewTextHandler(&out, nil)))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	log.InfoContext(t.Context(), "news")
	cut := slog.String("err", "timeout: context already done: context canceled")
	log.With("queue", "a").ErrorContext(cancelled, "stopped", cut)
	log.ErrorContext(cancelled, "fetching", "error", context.Canceled.Error())
	log.ErrorContext(cancelled, "panicked", "panic_val", "nil map")
	log.ErrorContext(late, "too slow", "err", context.DeadlineExceeded.Error())
	log.ErrorContext(t.Context(), "broken")
	got := out.String()
	for _, want := range []string{"level=WARN msg=stopped queue=a", "level=WARN msg=fetching", "level=ERROR msg=panicked", `level=ERROR msg="too slow"`, "level=ERROR msg=broken"} {
		if !strings.Contains(got, want) {
			t.Errorf("the log has no %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "news") {
		t.Errorf("the log has everyday news:\n%s", got)
	}

	out.Reset()
	errorsOnly := quiet(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError})))
	errorsOnly.ErrorContext(cancelled, "stopped", cut)
	if out.Len() != 0 {
		t.Errorf("a log of errors has a warning: %s", out.String())
	}
}
