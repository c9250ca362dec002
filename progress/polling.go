package progress

import (
	"context"
	"log/slog"
	"time"
)

// pollEvery is how often a node looks for what others did, where they cannot
// tell it.
const pollEvery = time.Second

// Polling is the bus of nodes that share rows and nothing else: nobody is told,
// everybody looks.
type Polling struct {
	hub *Hub
	log *slog.Logger
}

// NewPolling returns a bus that looks for changes of what is watched on a hub.
func NewPolling(hub *Hub, log *slog.Logger) *Polling { return &Polling{hub: hub, log: log} }

// Notify does nothing.
func (p *Polling) Notify(context.Context, string, string) error { return nil }

// Listen looks once a second, with one query, until ctx ends. While nobody
// watches it asks nothing.
func (p *Polling) Listen(ctx context.Context, _ string, _ func(string), _ func()) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.hub.poll(ctx); err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "looking for changes failed, will look again", "error", err)
			}
		}
	}
}
