// Command cmd runs chaos at length:
//
//	go run ./chaos/cmd -database postgres -nodes 3 -batches 100 -kills 200
//
// It prints a report with its seed. The exit status is 1 when a promise was
// broken; logs and journals are then kept in the folder that is named.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/outdial/outdial/chaos"
	"github.com/outdial/outdial/internal/testdb"
)

func main() {
	chaos.ObserveIfAsked()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	setup    chaos.Setup
	plan     chaos.Plan
	database string
	faults   string
	race     bool
	keep     bool
	shortest time.Duration
	longest  time.Duration
	misdeeds float64
}

func parse() (*options, error) {
	o := &options{}
	flag.StringVar(&o.database, "database", "postgres", "postgres, mysql (MariaDB, with its queue on PostgreSQL) or sqlite")
	flag.IntVar(&o.setup.Nodes, "nodes", 3, "nodes; 1 on sqlite")
	flag.IntVar(&o.plan.Batches, "batches", 30, "batch jobs at least; more come until all faults have happened")
	flag.IntVar(&o.plan.Kills, "kills", 50, "faults in all")
	flag.Uint64Var(&o.plan.Seed, "seed", 0, "of everything random; 0 = a new one, which the report names")
	flag.StringVar(&o.faults, "faults", "kill,stop,crash,cut,stall,slow,reset,freeze,control", "what to break, comma separated")
	flag.IntVar(&o.plan.Fewest, "fewest", 30, "contacts of a batch job, at least")
	flag.IntVar(&o.plan.Most, "most", 300, "contacts of a batch job, at most")
	flag.IntVar(&o.plan.AtOnce, "at-once", 6, "batch jobs at a time")
	flag.IntVar(&o.setup.OrgLimit, "limit", 10, "calls in flight an organization may have")
	flag.DurationVar(&o.setup.Lease, "lease", 0, "how long a silent node keeps its calls; 0 = as in production")
	flag.DurationVar(&o.plan.Calm, "calm", 4*time.Second, "longest pause between faults")
	flag.DurationVar(&o.plan.Deadline, "deadline", 5*time.Minute, "for everything to end once nothing breaks any more")
	flag.DurationVar(&o.shortest, "shortest", 50*time.Millisecond, "call")
	flag.DurationVar(&o.longest, "longest", 500*time.Millisecond, "call")
	flag.Float64Var(&o.misdeeds, "misbehaves", 0.08, "share of calls the carrier answers badly")
	flag.BoolVar(&o.race, "race", false, "build the program with the race detector")
	flag.BoolVar(&o.keep, "keep", false, "keep logs and journals whatever comes")
	flag.Parse()
	if o.plan.Seed == 0 {
		o.plan.Seed = rand.Uint64() //nolint:gosec // a seed
	}
	if o.database == "sqlite" {
		o.setup.Nodes = 1
	}
	var err error
	o.plan.Faults, o.plan.Controls, err = chaos.ParseFaults(strings.Split(o.faults, ","))
	return o, err
}

func run(ctx context.Context) (ok bool, err error) {
	o, err := parse()
	if err != nil {
		return false, err
	}
	fmt.Printf("seed %d\n", o.plan.Seed)
	if o.setup.Folder, err = os.MkdirTemp("", "outdial-chaos-"); err != nil {
		return false, err
	}
	defer func() {
		if ok && err == nil && !o.keep {
			err = os.RemoveAll(o.setup.Folder)
			return
		}
		fmt.Printf("logs and journals are in %s\n", o.setup.Folder)
	}()
	if o.setup.Program, err = chaos.BuildProgram(ctx, o.setup.Folder, o.race); err != nil {
		return false, err
	}
	stop, err := o.startDatabase(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	o.setup.Accounts, o.setup.Credits = 2, 1e6
	o.setup.Observer = chaos.ObserverOptions{Seed: o.plan.Seed, Misbehaves: o.misdeeds, Shortest: o.shortest, Longest: o.longest}
	world, err := chaos.NewWorld(ctx, o.setup)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	report, err := chaos.Run(ctx, world, o.plan)
	if err != nil {
		return false, err
	}
	fmt.Print(report)
	return len(report.Violations) == 0, nil
}

// startDatabase starts the servers the run stands on; stop ends them.
func (o *options) startDatabase(ctx context.Context) (stop func() error, err error) {
	none := func() error { return nil }
	switch o.database {
	case "sqlite":
		return none, nil
	case "postgres":
		if o.setup.Server, err = testdb.StartDurablePostgres(ctx); err != nil {
			return none, err
		}
		o.setup.URL = o.setup.Server.URL
		return o.setup.Server.Stop, nil
	case "mysql":
		queue, err := testdb.StartDurablePostgres(ctx)
		if err != nil {
			return none, err
		}
		if o.setup.Server, err = testdb.StartDurableMariaDB(ctx); err != nil {
			return none, errors.Join(err, queue.Stop())
		}
		o.setup.URL, o.setup.Queue = o.setup.Server.URL, queue.URL
		return func() error { return errors.Join(o.setup.Server.Stop(), queue.Stop()) }, nil
	}
	return none, fmt.Errorf("-database is postgres, mysql or sqlite, not %q", o.database)
}
