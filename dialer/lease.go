package dialer

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent/attempt"
	"github.com/outdial/outdial/store"
)

// leaseChunk bounds the ids of one statement.
const leaseChunk = 1000

// heldCalls are the attempts this process is really carrying. Leases are
// extended for these alone, so that one that was dropped on the way, whatever
// the reason, becomes free for others.
type heldCalls struct {
	mu  sync.Mutex
	ids map[uuid.UUID]int // guarded by mu; how many carry it
}

func (h *heldCalls) add(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids == nil {
		h.ids = map[uuid.UUID]int{}
	}
	h.ids[id]++
}

func (h *heldCalls) remove(id uuid.UUID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids[id]--; h.ids[id] == 0 {
		delete(h.ids, id)
	}
}

func (h *heldCalls) all() []uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(h.ids))
	for id := range h.ids {
		ids = append(ids, id)
	}
	return ids
}

// heartbeat extends the leases of the calls this node carries and nobody else
// has claimed meanwhile; also of those whose lease had run out unnoticed.
func (d *Dialer) heartbeat(ctx context.Context) error {
	for ids := range slices.Chunk(d.held.all(), leaseChunk) {
		err := d.Store.InTx(auth.WithSystem(ctx), func(ctx context.Context, tx *store.Tx) error {
			return tx.Ent.Attempt.Update().
				Where(attempt.IDIn(ids...), attempt.Node(d.node), attempt.StatusEQ(calling.AttemptDialing)).
				SetLeaseUntil(d.now().Add(d.Lease)).Exec(ctx)
		})
		if err != nil {
			return fmt.Errorf("extend leases: %w", err)
		}
	}
	return nil
}
