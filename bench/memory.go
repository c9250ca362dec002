package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const mebibyte = 1 << 20

// memory measures how much more memory the server takes than when it is idle.
func memory(ctx context.Context, b *bench) (all []figure, err error) {
	database, err := b.newDatabase(ctx)
	if err != nil {
		return nil, err
	}
	const flying = 5_000
	p, err := b.serve(ctx, database, flying, "CALLS_PER_NODE=5000", "SIMULATOR_TIME_SCALE=1")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	csv := csvOf(10_000)
	create := func() error {
		_, err := p.create(ctx, "/batch/create", p.restForm, csv)
		return err
	}
	idle, _ := p.memory()
	for _, m := range []struct {
		name string
		most float64
		do   func() error
	}{
		{"memory above idle, creating 10,000 contacts", 25, create},
		{"memory above idle, creating 20 × 10,000 at once", 250, func() error { return atOnce(20, create) }},
		{fmt.Sprintf("memory above idle, %d calls in flight", flying), 120, func() error { return p.fly(ctx, database, flying) }},
	} {
		f := figure{Name: m.name, Unit: "MiB", Target: m.most, AtMost: true}
		if err := p.forgetPeak(); err != nil {
			return nil, err
		}
		if err := m.do(); err != nil {
			return nil, err
		}
		now, most := p.memory()
		f.Product = []float64{float64(most-idle) / mebibyte}
		f.Note = fmt.Sprintf("idle %.1f MiB, peak %.1f MiB, %.1f MiB right after", float64(idle)/mebibyte, float64(most)/mebibyte, float64(now)/mebibyte)
		all = append(all, f)
	}
	return all, nil
}

func atOnce(n int, do func() error) error {
	var work sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		work.Go(func() { errs[i] = do() })
	}
	work.Wait()
	return errors.Join(errs...)
}

// fly has so many calls in flight, and waits until they are.
func (p *process) fly(ctx context.Context, database string, calls int) error {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing was changed
	body := fmt.Appendf(nil, `{"fromPhoneNumberId": %q, "name": "Bench", "concurrentCallLimit": %d, "contacts": [`, p.number, limitAtOnce)
	for i := range 200 {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"phone": %q}`, phone(i))
	}
	body = append(body, "]}"...)
	for range calls / limitAtOnce {
		if _, err := p.ask(ctx, "POST", "/batch/create", "application/json", body); err != nil {
			return err
		}
	}
	late := time.Now().Add(time.Minute)
	for {
		var flying int
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM attempts WHERE status = 'DIALING'").Scan(&flying); err != nil {
			return fmt.Errorf("count calls in flight: %w", err)
		}
		if flying >= calls*98/100 { // some end all the while
			return nil
		}
		if time.Now().After(late) {
			return fmt.Errorf("only %d calls are in flight after a minute", flying)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
