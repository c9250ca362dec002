package progress

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/outdial/outdial/calling"
)

const (
	// betweenActivities is the shortest time between two events of an
	// organization's activity: at most two a second.
	betweenActivities = 500 * time.Millisecond
	// refreshActivity is how often a watched organization is read although nobody
	// reported a change.
	refreshActivity = 5 * time.Second
	// keepEnded is how long a batch job that is over is told of to those who ask
	// for everything again, because they may have missed that it ended.
	keepEnded = time.Minute
	// mostKnown bounds what is remembered of who owns batch jobs, and what waits
	// to be read.
	mostKnown = 10_000
)

// LoadActive reads the snapshots of an organization's batch jobs that are not
// over; and, unless after is empty, of those whose ids are greater, over or not.
type LoadActive func(ctx context.Context, organizationID, after string) ([]calling.Progress, error)

// activities are the organizations that somebody watches. The hub's mutex guards
// all of it. One goroutine reads for all of them: nobody who reports a change
// needs to know whose batch job it is.
type activities struct {
	running bool                 // the goroutine
	stirred chan struct{}        // one slot: "look what is to be done"
	watched map[string]*activity // by organization
	changed map[string]struct{}  // batch jobs to be read
	owners  map[string]string    // the organizations of batch jobs, as far as they are known
}

// activity is one organization.
type activity struct {
	stale     bool // everything is to be read
	jobs      map[string]*activeJob
	newest    string // the greatest id that was read
	followers map[*follower]struct{}
}

// activeJob is a batch job that is not over, or has not been for long.
type activeJob struct {
	calling.Progress
	over bool
}

// follower is one who watches.
type follower struct {
	wake  chan struct{} // one slot
	anew  bool          // it is to be told although no batch job has changed
	shown map[string]int64
}

func newActivities() activities {
	return activities{
		stirred: make(chan struct{}, 1), watched: map[string]*activity{},
		changed: map[string]struct{}{}, owners: map[string]string{},
	}
}

// Activity returns a channel with the snapshots of the organization's batch jobs
// that are not over, be there any or not, and then of those that have changed
// since, newest first and at most twice a second; of none when something else of
// the organization has. After each receive from again
// it is told all of them once more. Who does not receive is told the newest of
// everything later, and slows nobody. The channel is never closed: it falls
// silent after ctx has ended and when the hub is closed.
func (h *Hub) Activity(ctx context.Context, organizationID string, again <-chan struct{}) (<-chan []calling.Progress, error) {
	first, err := h.loadActive(ctx, organizationID, "")
	if err != nil {
		return nil, err
	}
	out := make(chan []calling.Progress)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return out, nil
	}
	a := h.active.watched[organizationID]
	if a == nil {
		a = &activity{jobs: map[string]*activeJob{}, followers: map[*follower]struct{}{}}
		h.active.watched[organizationID] = a
	}
	h.take(organizationID, a, first)
	f := &follower{wake: make(chan struct{}, 1), shown: map[string]int64{}}
	for id, j := range a.jobs {
		if j.over {
			f.shown[id] = j.Version
		}
	}
	a.followers[f] = struct{}{}
	a.stale = true // what changed between the read above and here
	h.stir()
	if !h.active.running {
		h.active.running = true
		h.work.Go(h.followActivities)
	}
	h.work.Go(func() { h.tell(ctx, a, f, again, out) })
	context.AfterFunc(ctx, func() { h.unfollow(organizationID, a, f) })
	return out, nil
}

// stir has the goroutine look what is to be done. The hub is locked.
func (h *Hub) stir() {
	select {
	case h.active.stirred <- struct{}{}:
	default:
	}
}

// noteActivity has a batch job read when somebody may watch its organization, or
// those told anew who watch an organization. The hub is locked.
func (h *Hub) noteActivity(batchJobID string) {
	a := &h.active
	if len(a.watched) == 0 {
		return
	}
	if one := a.watched[batchJobID]; one != nil {
		one.tellAnew()
		return
	}
	if owner, known := a.owners[batchJobID]; known && a.watched[owner] == nil {
		return
	}
	if len(a.changed) >= mostKnown { // everything is read instead
		clear(a.changed)
		h.noteAll()
		return
	}
	a.changed[batchJobID] = struct{}{}
	h.stir()
}

// tellAnew has all followers told. The hub is locked.
func (a *activity) tellAnew() {
	for f := range a.followers {
		f.anew = true
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// noteAll has every watched organization read. The hub is locked.
func (h *Hub) noteAll() {
	for _, a := range h.active.watched {
		a.stale = true
	}
	h.stir()
}

func (h *Hub) unfollow(organizationID string, a *activity, f *follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(a.followers, f)
	if len(a.followers) == 0 && h.active.watched[organizationID] == a {
		delete(h.active.watched, organizationID)
		h.stir()
	}
}

// tell sends a follower what it has not been told, until its context or the hub
// ends.
func (h *Hub) tell(ctx context.Context, a *activity, f *follower, again <-chan struct{}, out chan<- []calling.Progress) {
	for whole := true; ; {
		if news, anew := h.news(a, f); whole || anew || len(news) > 0 {
			select {
			case out <- news:
			case <-ctx.Done():
				return
			case <-h.ctx.Done():
				return
			}
			if !h.pause(ctx, betweenActivities) {
				return
			}
		}
		whole = false
		select {
		case <-f.wake:
		case <-again:
			whole = true
			clear(f.shown)
		case <-ctx.Done():
			return
		case <-h.ctx.Done():
			return
		}
	}
}

// pause waits, and reports whether there is still somebody to wait for.
func (h *Hub) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-h.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// news returns what a follower has not been told, and takes it for told.
func (h *Hub) news(a *activity, f *follower) (news []calling.Progress, anew bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	anew, f.anew = f.anew, false
	news = []calling.Progress{}
	for id, j := range a.jobs {
		if j.Version > f.shown[id] {
			news = append(news, j.Progress)
			f.shown[id] = j.Version
		}
	}
	for id := range f.shown {
		if a.jobs[id] == nil {
			delete(f.shown, id)
		}
	}
	slices.SortFunc(news, func(x, y calling.Progress) int { return cmp.Compare(y.BatchJobID, x.BatchJobID) })
	return news, anew
}

// followActivities reads what changed, until nobody watches any organization.
func (h *Hub) followActivities() {
	tick := time.NewTicker(refreshActivity)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.active.stirred:
		case <-tick.C:
			h.mu.Lock()
			h.noteAll()
			h.mu.Unlock()
		}
		changed, stale, more := h.toRead()
		if !more {
			return
		}
		if err := h.readActivities(changed, stale); err != nil {
			if h.ctx.Err() == nil {
				h.log.WarnContext(h.ctx, "reading what changed failed, will try again", "error", err)
			}
			h.mu.Lock()
			h.noteAll() // nothing that was to be read is forgotten
			h.mu.Unlock()
			if !h.pause(h.ctx, refresh) {
				return
			}
		}
		if !h.pause(h.ctx, between) {
			return
		}
	}
}

// toRead takes over what is to be read: batch jobs, and organizations with the
// greatest id known of each. more is false when nobody watches.
func (h *Hub) toRead() (changed []string, stale map[string]string, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &h.active
	changed, stale = slices.Collect(maps.Keys(a.changed)), map[string]string{}
	clear(a.changed)
	if len(a.watched) == 0 {
		a.running = false
		clear(a.owners)
		return nil, nil, false
	}
	for id, one := range a.watched {
		if one.stale {
			one.stale = false
			stale[id] = one.newest
		}
	}
	return changed, stale, true
}

// readActivities reads batch jobs that were reported, and organizations as a
// whole: what they have that is not over or new, and what they had that is not
// there any more because it is over.
func (h *Hub) readActivities(changed []string, stale map[string]string) error {
	for organizationID, newest := range stale {
		found, err := h.loadActive(h.ctx, organizationID, newest)
		if err != nil {
			return err
		}
		changed = append(changed, h.gone(organizationID, found)...)
		h.spread(found)
	}
	if len(changed) == 0 {
		return nil
	}
	slices.Sort(changed)
	found, err := h.load(h.ctx, slices.Compact(changed)...)
	if err != nil {
		return err
	}
	h.spread(found)
	return nil
}

// gone returns the batch jobs of an organization that were not over and are not
// among those found.
func (h *Hub) gone(organizationID string, found []calling.Progress) []string {
	there := make(map[string]bool, len(found))
	for _, p := range found {
		there[p.BatchJobID] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var gone []string
	if a := h.active.watched[organizationID]; a != nil {
		for id, j := range a.jobs {
			if !j.over && !there[id] {
				gone = append(gone, id)
			}
		}
	}
	return gone
}

// spread gives snapshots to the organizations they are of, and to no others.
func (h *Hub) spread(found []calling.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.active.owners)+len(found) > mostKnown {
		clear(h.active.owners)
	}
	byOwner := map[string][]calling.Progress{}
	for _, p := range found {
		h.active.owners[p.BatchJobID] = p.OrganizationID
		byOwner[p.OrganizationID] = append(byOwner[p.OrganizationID], p)
	}
	for owner, some := range byOwner {
		if a := h.active.watched[owner]; a != nil {
			h.take(owner, a, some)
		}
	}
}

// take keeps snapshots that are newer than those known, wakes the followers, and
// forgets what has long been over. The hub is locked.
func (h *Hub) take(organizationID string, a *activity, found []calling.Progress) {
	news := false
	var now time.Time // as the snapshots have it
	for _, p := range found {
		known := a.jobs[p.BatchJobID]
		if p.OrganizationID != organizationID || known != nil && known.Version >= p.Version {
			continue
		}
		a.jobs[p.BatchJobID] = &activeJob{Progress: p, over: p.Status.Terminal()}
		a.newest, news = max(a.newest, p.BatchJobID), true
		if p.OccurredAt.After(now) {
			now = p.OccurredAt
		}
	}
	maps.DeleteFunc(a.jobs, func(_ string, j *activeJob) bool { return j.over && now.Sub(j.OccurredAt) > keepEnded })
	if !news {
		return
	}
	for f := range a.followers {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}
