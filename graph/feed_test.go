package graph_test

import (
	"context"
	"slices"
	"sync"

	"github.com/outdial/outdial/calling"
)

// feed is the progress of batch jobs in the test's hands.
type feed struct {
	mu       sync.Mutex
	watchers map[string][]chan calling.Progress
	first    map[string]calling.Progress // what a new watcher is told at once

	followers map[string][]chan []calling.Progress // of organizations
	active    map[string][]calling.Progress        // what a new one of these is told at once
	asked     []<-chan struct{}                    // by which they are asked to tell everything
}

func (f *feed) Subscribe(ctx context.Context, id string) (<-chan calling.Progress, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := make(chan calling.Progress, 100)
	if p, ok := f.first[id]; ok {
		ch <- p
		if p.Status.Terminal() {
			close(ch)
			return ch, nil
		}
	}
	f.watchers[id] = append(f.watchers[id], ch)
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if i := slices.Index(f.watchers[id], ch); i >= 0 {
			f.watchers[id] = slices.Delete(f.watchers[id], i, i+1)
			close(ch)
		}
	})
	return ch, nil
}

// Activity is told by hand: what is sent to active of the organization.
func (f *feed) Activity(ctx context.Context, id string, again <-chan struct{}) (<-chan []calling.Progress, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := make(chan []calling.Progress, 100)
	ch <- f.active[id]
	f.followers[id] = append(f.followers[id], ch)
	f.asked = append(f.asked, again)
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.followers[id] = slices.DeleteFunc(f.followers[id], func(c chan []calling.Progress) bool { return c == ch })
	})
	return ch, nil
}

// stir has everybody who watches an organization see snapshots.
func (f *feed) stir(id string, changed ...calling.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ch := range f.followers[id] {
		ch <- changed
	}
}

// tell has everybody who watches a batch job see a snapshot.
func (f *feed) tell(p calling.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first[p.BatchJobID] = p
	for _, ch := range f.watchers[p.BatchJobID] {
		ch <- p
		if p.Status.Terminal() {
			close(ch)
		}
	}
	if p.Status.Terminal() {
		delete(f.watchers, p.BatchJobID)
	}
}

// watching returns how many watch a batch job.
func (f *feed) watching(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watchers[id])
}
