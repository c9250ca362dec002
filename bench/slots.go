package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// slotsBusy measures which part of the time the slots of a batch job are in use,
// with calls of a second that begin and end together, which is the worst case.
func slotsBusy(ctx context.Context, b *bench) (all []figure, err error) {
	calls := b.size(5_000, 1_000)
	var shares, gaps []float64
	for range b.size(3, 1) { // a round takes as long as its calls
		share, empty, err := b.busyRound(ctx, calls)
		if err != nil {
			return nil, err
		}
		shares, gaps = append(shares, share), append(gaps, empty...)
	}
	return []figure{
		{
			Name: fmt.Sprintf("slots busy ÷ slots × time, %d calls of 1 s, limit %d", calls, limitAtOnce), Unit: "share",
			Product: shares, Target: 0.985,
			Note: fmt.Sprintf("a slot is empty for p50 %.1f ms, p99 %.1f ms", quantile(gaps, 0.5), quantile(gaps, 0.99)),
		},
	}, nil
}

// busyRound returns the share of the time in which slots are in use, and how long each
// was empty between two calls, in milliseconds.
func (b *bench) busyRound(ctx context.Context, calls int) (share float64, empty []float64, err error) {
	s, err := b.openNew(ctx)
	if err != nil {
		return 0, nil, err
	}
	watch := &stopwatch{length: time.Second}
	e, err := b.start(ctx, s, watch)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	c, err := e.customer(ctx, limitAtOnce)
	if err != nil {
		return 0, nil, err
	}
	id, err := e.create(c, calls, limitAtOnce, nil)
	if err != nil {
		return 0, nil, err
	}
	if err := e.finished(c, id); err != nil {
		return 0, nil, err
	}
	starts, ends := watch.noted()
	var busy time.Duration
	for i := range ends {
		busy += ends[i].Sub(starts[i])
	}
	for i, end := range ends {
		if i+limitAtOnce < len(starts) {
			empty = append(empty, starts[i+limitAtOnce].Sub(end).Seconds()*1000)
		}
	}
	span := ends[len(ends)-1].Sub(starts[0])
	return busy.Seconds() / (span.Seconds() * limitAtOnce), empty, nil
}

// lateness measures how long after its scheduled start the carrier is asked for a
// batch job's first call.
func lateness(ctx context.Context, b *bench) (all []figure, err error) {
	s, err := b.openNew(ctx)
	if err != nil {
		return nil, err
	}
	watch := &stopwatch{}
	e, err := b.start(ctx, s, watch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	c, err := e.customer(ctx, limitAtOnce)
	if err != nil {
		return nil, err
	}
	count := b.size(200, 100)
	const apart = 100 * time.Millisecond
	first := time.Now().Add(12 * time.Second).Truncate(time.Millisecond)
	due := map[string]time.Time{}
	for i := range count {
		at := first.Add(time.Duration(i) * apart)
		id, err := e.create(c, 1, 1, &at)
		if err != nil {
			return nil, err
		}
		due[id] = at
	}
	var late []float64
	for id, at := range due {
		if err := e.finished(c, id); err != nil {
			return nil, err
		}
		watch.mu.Lock()
		late = append(late, watch.byJob[id].Sub(at).Seconds()*1000)
		watch.mu.Unlock()
	}
	name := fmt.Sprintf("lateness of %d scheduled starts", count)
	return []figure{
		{Name: name + ", p50", Unit: "ms", Product: []float64{quantile(late, 0.5)}, Target: 5, AtMost: true},
		{Name: name + ", p99", Unit: "ms", Product: []float64{quantile(late, 0.99)}, Target: 40, AtMost: true},
	}, nil
}
