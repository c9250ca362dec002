package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"
)

// perKey is how many subscribers share an API key, which may have 1,000.
const perKey = 900

// between is the time between two changes of the batch job that is watched.
const between = 500 * time.Millisecond

// subscribers measures what it costs to tell many WebSockets of one batch job, in
// processor time of the server and in its memory, beside a server that does nothing
// but write the same bytes to as many connections.
func subscribers(ctx context.Context, b *bench) (all []figure, err error) {
	database, err := b.newDatabase(ctx)
	if err != nil {
		return nil, err
	}
	p, err := b.serve(ctx, database, 50)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	bare, err := launch(ctx, self, []string{helperBroadcast}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	count, seconds := b.size(5_000, 1_000), b.size(6, 4)
	ours, theirs := &audience{}, &audience{}
	defer ours.leave()
	defer theirs.leave()
	change, err := p.watched(ctx, ours, count)
	if err != nil {
		return nil, err
	}
	if err := theirs.join(ctx, count, bare, nil); err != nil {
		return nil, err
	}
	broadcast := func() error {
		answer, err := http.Post(bare.url+"/broadcast", "application/json", ours.last()) //nolint:noctx // between processes of one run
		if err != nil {
			return fmt.Errorf("ask for a broadcast: %w", err)
		}
		return answer.Body.Close() //nolint:wrapcheck // nothing was asked for
	}
	var product, baseline told
	for range b.rounds {
		if err := ours.measure(p, seconds, change, &product); err != nil {
			return nil, err
		}
		if err := theirs.measure(bare, seconds, broadcast, &baseline); err != nil {
			return nil, err
		}
	}
	name := fmt.Sprintf("%d subscribers, two changes a second", count)
	return []figure{
		{Name: name + ", processor time", Unit: "µs/message", Product: product.micros, Baseline: baseline.micros, Target: 1.8, AtMost: true},
		{
			Name: name + ", request sent to message read, p99", Unit: "ms", Product: product.late, Target: 150, AtMost: true,
			Note: fmt.Sprintf("the bare broadcast: %.1f ms; %d messages of %d bytes were read", quantile(baseline.late, 0.5), product.messages, ours.last().Len()),
		},
		{
			Row: 8, Name: name + ", memory of each", Unit: "KiB", Target: 2, AtMost: true,
			Product: []float64{ours.memory / 1024}, Baseline: []float64{theirs.memory / 1024},
		},
	}, nil
}

// watched has so many clients watch a batch job, and returns what changes it.
func (p *process) watched(ctx context.Context, a *audience, count int) (change func() error, err error) {
	contentType, body := p.restForm(csvOf(10))
	created, err := p.ask(ctx, "POST", "/batch/create", contentType, body)
	if err != nil {
		return nil, err
	}
	id, key := fmt.Sprint(created["batchJobId"]), p.key
	subscribe := func(c *client, i int) (err error) {
		if i%perKey == perKey-1 {
			if key, err = p.moreKey(ctx); err != nil {
				return err
			}
		}
		return c.subscribe(key, id)
	}
	if err := a.join(ctx, count, p, subscribe); err != nil {
		return nil, err
	}
	changes := 0
	return func() error {
		changes++
		query := fmt.Sprintf(`mutation { updateBatchJob(input: {batchJobId: %q, name: "Name %d"}) { userErrors { message } } }`, id, changes)
		text, err := json.Marshal(map[string]string{"query": query})
		if err == nil {
			_, err = p.ask(ctx, "POST", "/graphql", "application/json", text)
		}
		return err
	}, nil
}

// audience is many clients of one server.
type audience struct {
	memory float64 // of the server for each, in bytes

	mu      sync.Mutex
	clients []*client
	sentAt  time.Time // guarded by mu; of the last change
	late    []float64 // guarded by mu; from a change to each client, in milliseconds
	newest  []byte    // guarded by mu; the last message
	work    sync.WaitGroup
}

// join connects so many clients; each is prepared, and reads until it leaves.
func (a *audience) join(ctx context.Context, n int, p *process, prepare func(c *client, i int) error) error {
	before, _ := p.memory()
	path := "/graphql"
	if prepare == nil {
		path = "/socket"
	}
	for i := range n {
		c, err := connect(ctx, p.url, path)
		if err != nil {
			return err
		}
		if prepare != nil {
			if err := prepare(c, i); err != nil {
				return err
			}
		}
		a.clients = append(a.clients, c)
	}
	for _, c := range a.clients {
		a.work.Go(func() { c.readAll(a.hear) })
	}
	time.Sleep(2 * time.Second) // for first messages, and the collector
	now, _ := p.memory()
	a.memory = float64(now-before) / float64(n)
	return nil
}

func (a *audience) hear(message []byte) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sentAt.IsZero() {
		return
	}
	a.late = append(a.late, now.Sub(a.sentAt).Seconds()*1000)
	if len(a.newest) != len(message) {
		a.newest = append([]byte(nil), message...)
	}
}

// last is the last message that came.
func (a *audience) last() *reader {
	a.mu.Lock()
	defer a.mu.Unlock()
	return newReader(a.newest)
}

// told is what was measured of an audience, once a round.
type told struct {
	micros   []float64 // processor time of the server for each message
	late     []float64 // p99, in milliseconds
	messages int
}

// measure makes changes for some seconds and has every client told of each.
func (a *audience) measure(p *process, seconds int, change func() error, sum *told) error {
	a.mu.Lock()
	a.late = nil
	a.mu.Unlock()
	before := p.processorTime()
	next := time.Now()
	for range seconds * int(time.Second/between) {
		time.Sleep(time.Until(next))
		next = next.Add(between)
		a.mu.Lock()
		a.sentAt = time.Now()
		a.mu.Unlock()
		if err := change(); err != nil {
			return err
		}
	}
	time.Sleep(time.Until(next))
	used := p.processorTime() - before
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.late) == 0 {
		return errors.New("nobody was told")
	}
	sum.micros = append(sum.micros, float64(used.Microseconds())/float64(len(a.late)))
	sum.late = append(sum.late, quantile(a.late, 0.99))
	sum.messages += len(a.late)
	return nil
}

// leave ends all connections; it may be called again.
func (a *audience) leave() {
	for _, c := range a.clients {
		c.close()
	}
	a.work.Wait()
	a.clients = nil
}
