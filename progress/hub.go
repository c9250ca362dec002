// Package progress carries the progress of batch jobs to everybody who watches:
// the newest snapshot, coalesced, never history. It never blocks whoever
// reports a change, and a slow watcher slows nobody. Start reading at Hub; a
// Relay connects the hubs of several nodes.
package progress

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/outdial/outdial/calling"
)

const (
	// between is the shortest time between two snapshots: at most four a second.
	between = 250 * time.Millisecond
	// betweenLooks is the shortest time between two readings of which the first found
	// nothing new. It is short, for what changes next should not wait for it.
	betweenLooks = 20 * time.Millisecond
	// refresh is how often a watched batch job is read although nobody reported
	// a change, because a report may have been lost on its way from another node.
	refresh = 2 * time.Second
)

// Load reads the snapshots of batch jobs, whoever they belong to. Ones that are
// not there are left out.
type Load func(ctx context.Context, batchJobIDs ...string) ([]calling.Progress, error)

// ErrNotFound says that there is no such batch job.
var ErrNotFound = errors.New("no such batch job")

// Hub reads each watched batch job once, however many watch it. It is safe for
// concurrent use.
type Hub struct {
	load       Load
	loadActive LoadActive
	log        *slog.Logger
	ctx        context.Context //nolint:containedctx // the life of the goroutines that read for watchers
	stop       context.CancelFunc
	work       sync.WaitGroup

	mu      sync.Mutex
	watches map[string]*watch // guarded by mu; by batch job
	active  activities        // guarded by mu
	closed  bool              // guarded by mu
}

// watch is one batch job that somebody watches.
type watch struct {
	changed  chan struct{} // one slot: "read again"
	watchers map[chan calling.Progress]struct{}
	last     calling.Progress
}

// NewHub returns a hub that reads with load and active. Close ends it.
func NewHub(ctx context.Context, load Load, active LoadActive, log *slog.Logger) *Hub {
	h := &Hub{load: load, loadActive: active, log: log, watches: map[string]*watch{}, active: newActivities()}
	h.ctx, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	return h
}

// Changed tells that a batch job has changed; or an organization, in something that
// no batch job shows. It does not block.
func (h *Hub) Changed(batchJobID string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.watches[batchJobID]; w != nil {
		w.wake()
	}
	h.noteActivity(batchJobID)
}

// ChangedAll has every watched batch job read again, because changes may have
// been missed.
func (h *Hub) ChangedAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.watches {
		w.wake()
	}
	h.noteAll()
}

// poll looks with one query which watched batch jobs have changed and has those
// read again; and watched organizations as a whole.
func (h *Hub) poll(ctx context.Context) error {
	h.mu.Lock()
	ids := slices.Collect(maps.Keys(h.watches))
	h.noteAll()
	h.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	snapshots, err := h.load(ctx, ids...)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range snapshots {
		if w := h.watches[p.BatchJobID]; w != nil && p.Version > w.last.Version {
			w.wake()
		}
	}
	return nil
}

func (w *watch) wake() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// Subscribe returns a channel with the batch job's present snapshot and then
// the newest one whenever it changed. A watcher that does not receive loses
// older snapshots, never the newest. The channel is closed after the snapshot
// of a terminal status, and after ctx has ended; when the hub is closed it just
// falls silent, because "closed" means that the batch job is over.
func (h *Hub) Subscribe(ctx context.Context, batchJobID string) (<-chan calling.Progress, error) {
	first, err := h.load(ctx, batchJobID)
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, ErrNotFound
	}
	ch := make(chan calling.Progress, 1)
	if first[0].Status.Terminal() {
		ch <- first[0]
		close(ch)
		return ch, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		ch <- first[0]
		context.AfterFunc(ctx, func() { close(ch) })
		return ch, nil
	}
	w := h.watches[batchJobID]
	if w == nil {
		w = &watch{changed: make(chan struct{}, 1), watchers: map[chan calling.Progress]struct{}{}, last: first[0]}
		h.watches[batchJobID] = w
		h.work.Go(func() { h.follow(batchJobID, w) })
	}
	w.offer(first[0])
	ch <- w.last // newer than the read above where others heard of a change since
	w.watchers[ch] = struct{}{}
	w.wake() // what changed between the read above and here is read again
	context.AfterFunc(ctx, func() { h.leave(batchJobID, w, ch) })
	return ch, nil
}

// leave forgets a watcher.
func (h *Hub) leave(batchJobID string, w *watch, ch chan calling.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, in := w.watchers[ch]; !in {
		return
	}
	delete(w.watchers, ch)
	close(ch)
	if len(w.watchers) == 0 && h.watches[batchJobID] == w {
		delete(h.watches, batchJobID)
		w.wake()
	}
}

// follow reads a batch job whenever it changed, until nobody watches or it is
// over.
func (h *Hub) follow(batchJobID string, w *watch) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-w.changed:
		case <-tick.C:
		}
		if !h.watched(batchJobID, w) {
			return
		}
		wait := between
		snapshots, err := h.load(h.ctx, batchJobID)
		if err != nil {
			if h.ctx.Err() == nil {
				h.log.WarnContext(h.ctx, "reading progress failed, will try again", "batch_job", batchJobID, "error", err)
			}
		} else if len(snapshots) == 1 {
			told, over := h.deliver(batchJobID, w, snapshots[0])
			if over {
				return
			}
			if !told {
				wait = betweenLooks
			}
		}
		select {
		case <-h.ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (h *Hub) watched(batchJobID string, w *watch) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.watches[batchJobID] == w
}

// offer hands a snapshot that is newer than the last to every watcher,
// replacing one that was not received yet; false when it is not newer.
func (w *watch) offer(p calling.Progress) (told bool) {
	if p.Version <= w.last.Version {
		return false
	}
	w.last = p
	for ch := range w.watchers {
		select {
		case <-ch:
		default:
		}
		ch <- p // whoever sends holds the hub's lock, and the slot was just emptied
	}
	return true
}

// deliver hands a snapshot to every watcher, and reports whether it told anything
// new, and whether it was the last.
func (h *Hub) deliver(batchJobID string, w *watch, p calling.Progress) (told, over bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	told = w.offer(p)
	// What was offered last and not what was read: a retry may have led out of
	// the end that was read here, and a new watcher have read that already.
	if !w.last.Status.Terminal() {
		return told, false
	}
	for ch := range w.watchers {
		close(ch)
		delete(w.watchers, ch)
	}
	if h.watches[batchJobID] == w {
		delete(h.watches, batchJobID)
	}
	return told, true
}

// Close ends the hub's work. Channels of watchers fall silent and stay open.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.stop()
	h.work.Wait()
}
