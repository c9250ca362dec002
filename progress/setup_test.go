package progress_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/progress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// books are the batch jobs that a hub reads.
type books struct {
	mu     sync.Mutex
	jobs   map[string]calling.Progress
	loads  map[string]int
	broken error
	read   func(n int, p calling.Progress) // after the nth load has read, before it returns; may block
}

func newBooks(ids ...string) *books {
	b := &books{jobs: map[string]calling.Progress{}, loads: map[string]int{}}
	for _, id := range ids {
		b.jobs[id] = calling.Progress{BatchJobID: id, Version: 1, Status: calling.BatchRunning}
	}
	return b
}

// Load implements progress.Load.
func (b *books) Load(ctx context.Context, ids ...string) ([]calling.Progress, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	read, broken := b.read, b.broken
	var found []calling.Progress
	n := 0
	for _, id := range ids {
		b.loads[id]++
		n = b.loads[id]
		if p, ok := b.jobs[id]; ok {
			found = append(found, p)
		}
	}
	b.mu.Unlock()
	if broken != nil {
		return nil, broken
	}
	if read != nil && len(found) == 1 {
		read(n, found[0])
	}
	return found, nil
}

// LoadActive implements progress.LoadActive.
func (b *books) LoadActive(ctx context.Context, organizationID, after string) ([]calling.Progress, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loads[organizationID]++
	var found []calling.Progress
	for id, p := range b.jobs {
		if p.OrganizationID == organizationID && (!p.Status.Terminal() || after != "" && id > after) {
			found = append(found, p)
		}
	}
	return found, b.broken
}

// advance changes a batch job and returns its new version.
func (b *books) advance(id string, status calling.BatchStatus) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.jobs[id]
	p.Version++
	p.Status = status
	b.jobs[id] = p
	return p.Version
}

func (b *books) count(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loads[id]
}

func (b *books) set(change func(*books)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

var errBroken = errors.New("the database is away")

// open returns a hub over the books; close it before a bubble ends.
func open(tb testing.TB, b *books) *progress.Hub {
	tb.Helper()
	hub := progress.NewHub(tb.Context(), b.Load, b.LoadActive, slog.New(slog.DiscardHandler))
	tb.Cleanup(hub.Close)
	return hub
}

func subscribe(ctx context.Context, tb testing.TB, hub *progress.Hub, id string) <-chan calling.Progress {
	tb.Helper()
	updates, err := hub.Subscribe(ctx, id)
	if err != nil {
		tb.Fatal(err)
	}
	return updates
}
