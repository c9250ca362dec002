package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/outdial/outdial/jobs"
	"github.com/outdial/outdial/store"
)

// limitAtOnce is the limit of the batch jobs and organizations measured.
const limitAtOnce = 50

func settleOne(ctx context.Context, b *bench) ([]figure, error) {
	all, err := settleAgainstRiver(ctx, b, 1, 0.35, b.size(10_000, 5_000))
	if err != nil || b.quick {
		return all, err
	}
	for _, n := range []int{1_000, 2_000, 5_000} {
		more, err := settleAgainstRiver(ctx, b, 1, 0, n)
		if err != nil {
			return nil, err
		}
		all = append(all, more[0])
	}
	return all, nil
}

func settleTwenty(ctx context.Context, b *bench) ([]figure, error) {
	return settleAgainstRiver(ctx, b, 20, 0.45, b.size(20_000, 10_000))
}

// settleAgainstRiver has zero-length calls settled, in turn with River's no-ops.
func settleAgainstRiver(ctx context.Context, b *bench, organizations int, target float64, calls int) ([]figure, error) {
	name := fmt.Sprintf("%d calls of no length, %d × limit %d", calls, organizations, limitAtOnce)
	rate := figure{Name: name, Unit: "calls/s", Target: target}
	cost := figure{Name: name + ", processor time", Unit: "µs/call"}
	var commits, server []float64
	for range b.rounds {
		s, err := b.openNew(ctx)
		if err != nil {
			return nil, err
		}
		settled, err := b.settle(ctx, s, organizations, calls)
		if err != nil {
			return nil, err
		}
		done, err := b.commits(ctx)
		if err != nil {
			return nil, err
		}
		commits = append(commits, done/float64(calls))
		server = append(server, settled.serverMicros)
		river, err := b.noOps(ctx, b.size(20_000, 10_000))
		if err != nil {
			return nil, err
		}
		rate.Product, rate.Baseline = append(rate.Product, settled.perSecond), append(rate.Baseline, river.perSecond)
		cost.Product, cost.Baseline = append(cost.Product, settled.micros), append(cost.Baseline, river.micros)
	}
	cost.Note = fmt.Sprintf("of which PostgreSQL %.0f µs; %.3f transactions a call, creating the batch jobs and all else included",
		spreadOf(server).Median, spreadOf(commits).Median)
	return []figure{rate, cost}, nil
}

// commits returns how many transactions the last database has seen.
func (b *bench) commits(ctx context.Context) (done float64, err error) {
	conn, err := pgx.Connect(ctx, b.server)
	if err != nil {
		return 0, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing was changed
	err = conn.QueryRow(ctx, "SELECT xact_commit FROM pg_stat_database WHERE datname = $1", fmt.Sprintf("bench_%d_%d", os.Getpid(), b.made)).Scan(&done)
	return done, err //nolint:wrapcheck // there is one query
}

// pace is how fast something was, and the processor time of each call or job.
type pace struct{ perSecond, micros, serverMicros float64 }

// settle runs a batch job of each organization to its end, from the first call to
// the end of the last batch job, and closes the database.
func (b *bench) settle(ctx context.Context, s *store.Store, organizations, calls int) (m pace, err error) {
	watch := &stopwatch{expect: calls, all: make(chan struct{})}
	e, err := b.start(ctx, s, watch)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	customers := make([]customer, organizations)
	ids := make([]string, organizations)
	at := time.Now().Add(time.Second)
	for i := range customers {
		if customers[i], err = e.customer(ctx, limitAtOnce); err != nil {
			return m, err
		}
	}
	if organizations > 1 || calls > 1000 {
		at = at.Add(4 * time.Second) // until all are there
	}
	for i, c := range customers {
		if ids[i], err = e.create(c, calls/organizations, limitAtOnce, &at); err != nil {
			return m, err
		}
	}
	time.Sleep(time.Until(at.Add(-100 * time.Millisecond)))
	before, serverBefore := processorTime(os.Getpid()), serverTime(s)
	<-watch.all // asking all the while would cost more than the calls
	for i, c := range customers {
		if err := e.finished(c, ids[i]); err != nil {
			return m, err
		}
	}
	over := time.Now()
	used, server := processorTime(os.Getpid())-before, serverTime(s)-serverBefore
	starts, _ := watch.noted()
	if len(starts) != calls {
		return m, fmt.Errorf("%d calls were made instead of %d", len(starts), calls)
	}
	return pace{
		float64(calls) / over.Sub(starts[0]).Seconds(), float64((used + server).Microseconds()) / float64(calls),
		float64(server.Microseconds()) / float64(calls),
	}, nil
}

type noOpArgs struct{}

// Kind names the job in the queue's tables.
func (noOpArgs) Kind() string { return "no_op" }

// noOps returns how many jobs a second River works that do nothing, with the
// settings of the queue of calls, and the processor time of each.
func (b *bench) noOps(ctx context.Context, count int) (p pace, err error) {
	s, err := b.openNew(ctx)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var worked atomic.Int64
	done := make(chan struct{})
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[noOpArgs]) error {
		if worked.Add(1) == int64(count) {
			close(done)
		}
		return nil
	}))
	cooldown, poll := jobs.Timing()
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{
		Logger: b.log, Workers: workers, FetchCooldown: cooldown, FetchPollInterval: poll,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 500}},
	})
	if err != nil {
		return p, fmt.Errorf("make River's client: %w", err)
	}
	params := make([]river.InsertManyParams, count)
	for i := range params {
		params[i].Args = noOpArgs{}
	}
	if _, err := client.InsertManyFast(ctx, params); err != nil {
		return p, fmt.Errorf("insert jobs: %w", err)
	}
	before := processorTime(os.Getpid()) + serverTime(s)
	began := time.Now()
	if err := client.Start(ctx); err != nil {
		return p, fmt.Errorf("start River: %w", err)
	}
	<-done
	p.perSecond = float64(count) / time.Since(began).Seconds()
	if err := client.Stop(ctx); err != nil {
		return p, fmt.Errorf("stop River: %w", err)
	}
	used := processorTime(os.Getpid()) + serverTime(s) - before
	p.micros = float64(used.Microseconds()) / float64(count)
	return p, nil
}

// settleStored compares a database that holds much with an empty one.
func settleStored(ctx context.Context, b *bench) ([]figure, error) {
	const calls = 5_000
	var all []figure
	for _, n := range b.sizes([]int{b.stored / 10, b.stored}) {
		full, err := b.newDatabase(ctx)
		if err != nil {
			return nil, err
		}
		if err := b.fill(ctx, full, n, 1000); err != nil {
			return nil, err
		}
		f := figure{Name: fmt.Sprintf("%d calls of no length, %d contacts and attempts stored", calls, n), Unit: "calls/s"}
		if n == b.stored {
			f.Target = 0.9
		}
		for range b.rounds {
			stored, err := b.settleOn(ctx, full, calls)
			if err != nil {
				return nil, err
			}
			fresh, err := b.newDatabase(ctx)
			if err != nil {
				return nil, err
			}
			empty, err := b.settleOn(ctx, fresh, calls)
			if err != nil {
				return nil, err
			}
			f.Product, f.Baseline = append(f.Product, stored.perSecond), append(f.Baseline, empty.perSecond)
		}
		all = append(all, f)
	}
	return all, nil
}

// settleOn has calls of one organization settled in a database.
func (b *bench) settleOn(ctx context.Context, url string, calls int) (pace, error) {
	s, err := b.open(ctx, url)
	if err != nil {
		return pace{}, err
	}
	return b.settle(ctx, s, 1, calls)
}

// fill stores contacts and their attempts in batch jobs that are over.
func (b *bench) fill(ctx context.Context, url string, n, batchJobs int) error {
	s, err := b.open(ctx, url)
	if err != nil {
		return err
	}
	e, err := b.start(ctx, s, &stopwatch{})
	if err != nil {
		return err
	}
	c, err := e.customer(ctx, limitAtOnce)
	if err != nil {
		return errors.Join(err, e.stop())
	}
	id, err := e.create(c, 1, 1, nil)
	if err != nil {
		return errors.Join(err, e.stop())
	}
	if err := errors.Join(e.finished(c, id), e.stop()); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close(ctx) //nolint:errcheck // what was written is committed
	for _, statement := range fillStatements(id, n, batchJobs) {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("fill the database: %w", err)
		}
	}
	return nil
}

// fillStatements copy a batch job that is over, with its one contact and attempt,
// as often as is wanted.
func fillStatements(id string, n, batchJobs int) []string {
	return []string{
		fmt.Sprintf(`INSERT INTO batch_jobs SELECT r.* FROM batch_jobs m CROSS JOIN generate_series(1, %d) i`+
			` CROSS JOIN LATERAL json_populate_record(m, json_build_object('id', m.id || '_' || i)) r WHERE m.id = '%s'`, batchJobs, id),
		fmt.Sprintf(`INSERT INTO contacts SELECT r.* FROM contacts c CROSS JOIN generate_series(1, %d) i`+
			` CROSS JOIN LATERAL json_populate_record(c, json_build_object('id', gen_random_uuid(), 'batch_job_id', '%s_' || (1 + i %% %d), 'row', i)) r`+
			` WHERE c.batch_job_id = '%s'`, n, id, batchJobs, id),
		fmt.Sprintf(`INSERT INTO attempts SELECT r.* FROM attempts a CROSS JOIN contacts c`+
			` CROSS JOIN LATERAL json_populate_record(a, json_build_object('id', gen_random_uuid(), 'batch_job_id', c.batch_job_id, 'contact_id', c.id)) r`+
			` WHERE a.batch_job_id = '%s' AND c.batch_job_id <> '%s'`, id, id),
		`VACUUM (ANALYZE)`, // as it would be long before there is so much: else the server does it while it is measured
	}
}
