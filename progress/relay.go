package progress

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// announceEvery is the shortest time between two announcements of one batch
// job. Announcing inside every transaction would make commits wait for each
// other on PostgreSQL.
const announceEvery = 100 * time.Millisecond

// Channel is where nodes announce which batch job changed.
const Channel = "outdial_progress"

// Bus reaches the other nodes.
type Bus interface {
	// Notify tells every node that listens on channel.
	Notify(ctx context.Context, channel, payload string) error
	// Listen calls hear with what was sent, and missed when something may have
	// been lost, until ctx ends.
	Listen(ctx context.Context, channel string, hear func(payload string), missed func())
}

// Relay tells the hub of this node, and those of all others, what changed. It
// is safe for concurrent use.
type Relay struct {
	hub *Hub
	bus Bus
	log *slog.Logger

	mu     sync.Mutex
	dirty  map[string]struct{} // guarded by mu; batch jobs to announce
	signal chan struct{}
}

// NewRelay connects a hub to a bus. Run carries announcements.
func NewRelay(hub *Hub, bus Bus, log *slog.Logger) *Relay {
	return &Relay{hub: hub, bus: bus, log: log, dirty: map[string]struct{}{}, signal: make(chan struct{}, 1)}
}

// Changed implements dialer.Publisher. It does not block.
func (r *Relay) Changed(batchJobID string) {
	r.hub.Changed(batchJobID)
	r.mu.Lock()
	r.dirty[batchJobID] = struct{}{}
	r.mu.Unlock()
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

// Run announces this node's changes and hears the others' until ctx ends. An
// announcement that is lost costs its watchers the time until the hub reads
// again by itself.
func (r *Relay) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { r.bus.Listen(ctx, Channel, r.hub.Changed, r.hub.ChangedAll) })
	work.Go(func() { r.announce(ctx) })
	work.Wait()
}

func (r *Relay) announce(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.signal:
		}
		r.mu.Lock()
		ids := r.dirty
		r.dirty = map[string]struct{}{}
		r.mu.Unlock()
		for id := range ids {
			if err := r.bus.Notify(ctx, Channel, id); err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "announcing a change failed", "batch_job", id, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(announceEvery):
		}
	}
}
