// Command bench measures how fast Outdial is, against the limits of what it stands
// on: each figure is a ratio to a baseline that was run in the same minutes on the
// same machine, in turn with it, because absolute figures say more about a machine
// and who else uses it.
//
//	go run ./bench             # everything, an hour or so
//	go run ./bench -quick      # the same in small, some minutes
//	go run ./bench -only 1,3   # some rows
//
// It starts a throwaway PostgreSQL, prints a table, and writes JSON where -json
// says. docs/performance.md says what the rows are and what came out. Start reading
// at rows, below; each row has a file.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// row is one line of the table of targets.
type row struct {
	number int
	about  string
	run    func(context.Context, *bench) ([]figure, error)
}

// rows are what is measured.
func rows() []row {
	return []row{
		{1, "creating batch jobs on PostgreSQL, against COPY of the same rows", createOnPostgres},
		{2, "creating batch jobs on SQLite, against INSERT of the same rows", createOnSQLite},
		{3, "calls settled a second, one organization, against River's no-ops", settleOne},
		{4, "calls settled a second, twenty organizations, against River's no-ops", settleTwenty},
		{5, "slots busy", slotsBusy},
		{6, "lateness of scheduled starts", lateness},
		{7, "subscribers of one batch job, against a bare broadcast", subscribers},
		{9, "calls settled a second with much stored, against an empty database", settleStored},
		{10, "memory", memory},
		{11, "a batch job over the webhook carrier, against a plain loop", overWebhook},
		{12, "building, and the first answer", building},
	}
}

// bench is what the rows share.
type bench struct {
	quick   bool
	rounds  int
	stored  int
	folder  string // for files; removed at the end
	program string // the built server
	server  string // URL of PostgreSQL's administrator
	log     *slog.Logger
	made    int // databases so far
}

// size returns the amount for a full run, or else for a quick one.
func (b *bench) size(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// sizes returns all sizes for a full run, and the last for a quick one.
func (b *bench) sizes(all []int) []int {
	if b.quick {
		return all[len(all)-1:]
	}
	return all
}

func main() {
	if len(os.Args) > 1 && helper(os.Args[1]) { // this program is its own runtime and its own bare server
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	b := &bench{log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	only := flag.String("only", "", "numbers of the rows to run, such as 1,3; default all")
	report := flag.String("json", "", "file to write the figures to as JSON")
	durable := flag.Bool("durable", false, "have PostgreSQL wait for the disk")
	server := flag.String("postgres", "", "URL of a PostgreSQL server's administrator to measure on, instead of a throwaway one")
	profile := flag.String("profile", "", "file to write a profile of this program's processor time to")
	flag.BoolVar(&b.quick, "quick", false, "measure less")
	flag.IntVar(&b.rounds, "rounds", 0, "how often product and baseline take turns; default 7, quick 3")
	flag.IntVar(&b.stored, "stored", 0, "contacts stored for row 9; default 5,000,000, quick 100,000")
	flag.Parse()
	if b.rounds == 0 {
		b.rounds = b.size(7, 3)
	}
	if b.stored == 0 {
		b.stored = b.size(5_000_000, 100_000)
	}
	if b.folder, err = os.MkdirTemp("", "outdial-bench-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	if b.program, err = buildProgram(ctx, b.folder); err != nil {
		return err
	}
	stop, err := profiling(*profile)
	if err != nil {
		return err
	}
	defer stop()
	stopServer, err := b.startPostgres(ctx, *server, *durable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopServer()) }()
	all := document{Machine: machine(), Began: time.Now().UTC().Truncate(time.Second)}
	if all.Database, err = b.aboutDatabase(ctx); err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n%d rounds, medians, spread in brackets\n\n", all.Machine, all.Database, b.rounds)
	printHeader()
	for _, r := range rows() {
		if !chosen(*only, r.number) {
			continue
		}
		figures, err := r.run(ctx, b)
		if err != nil {
			return fmt.Errorf("row %d, %s: %w", r.number, r.about, err)
		}
		for _, f := range figures {
			f.Row = cmpRow(f.Row, r.number)
			f.sum()
			f.print()
			all.Figures = append(all.Figures, f)
		}
	}
	fmt.Printf("\nload average at the end: %s\n", loadAverage())
	return write(*report, all)
}

// profiling writes a profile to a file, if there is to be one, until stop is called.
func profiling(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	file, err := os.Create(path) //nolint:gosec // whoever runs this names it
	if err != nil {
		return nil, fmt.Errorf("make the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, fmt.Errorf("begin the profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close() // what is missing shows when it is read
	}, nil
}

func cmpRow(own, of int) int {
	if own != 0 {
		return own
	}
	return of
}

func chosen(only string, number int) bool {
	return only == "" || slices.Contains(strings.Split(only, ","), strconv.Itoa(number))
}

func write(path string, all document) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the figures: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}

func machine() string {
	return fmt.Sprintf("%s, %d CPUs, %s, load average %s", runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), runtime.Version(), loadAverage())
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
