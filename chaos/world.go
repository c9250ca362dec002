package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/outdial/outdial/internal/testdb"
)

// Setup says what a world is made of.
type Setup struct {
	Folder   string         // of logs and journals; must exist
	Program  string         // path of the program, built with its fault points
	URL      string         // of the database; "" = a SQLite file in the folder
	Queue    string         // URL of the queue's database; "" = the same
	Server   *testdb.Server // whose URL is the database's, where it may be crashed; else nil
	Nodes    int            // one on SQLite
	Lease    time.Duration  // of the nodes; 0 = as in production
	Observer ObserverOptions
	First    []string // settings of the first life of each node only
	Settings []string // further ones of every node and command, as NAME=VALUE
	Accounts int      // organizations
	Credits  float64  // dollars of each organization
	OrgLimit int      // calls an organization may have in flight
}

// World is a database, a carrier, and nodes between them.
type World struct {
	Setup    Setup
	Nodes    []*Node
	Observer *Observer

	accounts []account

	url   string // of the database, not through a proxy
	began time.Time

	mu       sync.Mutex
	record   *journal
	creates  []Create  // guarded by mu
	controls []Control // guarded by mu
	faults   []Fault   // guarded by mu
	broken   []string  // guarded by mu; what went wrong that nobody did on purpose
}

// NewWorld makes a world and starts its nodes. Close ends it.
func NewWorld(ctx context.Context, setup Setup) (w *World, err error) {
	w = &World{Setup: setup, began: time.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.record, err = openJournal(filepath.Join(setup.Folder, "driver.jsonl")); err != nil {
		return w, err
	}
	setup.Observer.Journal = filepath.Join(setup.Folder, "observer.jsonl")
	if w.Observer, err = StartObserver(setup.Observer); err != nil {
		return w, err
	}
	if w.url = setup.URL; w.url == "" {
		w.url = "sqlite://" + filepath.Join(setup.Folder, "outdial.db")
	}
	for i := range setup.Accounts {
		if err = w.createAccount(ctx, i); err != nil {
			return w, err
		}
	}
	var starting sync.WaitGroup
	failures := make([]error, setup.Nodes)
	for i := range setup.Nodes {
		n, err := w.newNode(i)
		if err != nil {
			return w, err
		}
		w.Nodes = append(w.Nodes, n)
		starting.Go(func() { failures[i] = n.Start(ctx, setup.First...) })
	}
	starting.Wait()
	return w, errors.Join(failures...)
}

func (w *World) newNode(i int) (*Node, error) {
	n := &Node{name: fmt.Sprintf("n%d", i+1), program: w.Setup.Program}
	n.folder = filepath.Join(w.Setup.Folder, n.name)
	if err := os.MkdirAll(n.folder, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	host, err := hostOf(w.Observer.URL)
	if err != nil {
		return nil, err
	}
	if n.carrier, err = newProxy(host); err != nil {
		return nil, err
	}
	database := w.url
	if w.Setup.URL != "" {
		if host, err = hostOf(w.url); err != nil {
			return nil, err
		}
		if n.database, err = newProxy(host); err != nil {
			return nil, err
		}
		if database, err = through(w.url, n.database); err != nil {
			return nil, err
		}
	}
	n.settings = append([]string{
		"QUEUE_DATABASE_URL=" + w.Setup.Queue,
		"ADDR=127.0.0.1:0", "DATABASE_URL=" + database, "DATABASE_CONNECTIONS=10", "DEMO=false", "LOG_FORMAT=json", "LOG_LEVEL=info",
		"CARRIER=webhook", "CARRIER_TOKEN=token_of_the_carrier", "REQUESTS_PER_MINUTE=0",
		"RETRY_DELAY=300ms", "RING_TIMEOUT=10s", "MAX_CALL_DURATION=1m", "DRAIN_TIMEOUT=3s",
		"OUTDIAL_LEASE=" + w.Setup.Lease.String(), "GORACE=halt_on_error=0",
	}, w.Setup.Settings...)
	return n, nil
}

// createAccount makes an organization, as an operator does.
func (w *World) createAccount(ctx context.Context, i int) error {
	command := exec.CommandContext(ctx, w.Setup.Program, "organization", "create", //nolint:gosec // our own program
		"--name", fmt.Sprintf("Organization %d", i+1), "--credits", fmt.Sprint(w.Setup.Credits),
		"--concurrent-call-limit", fmt.Sprint(w.Setup.OrgLimit), "--phone-number", fmt.Sprintf("+1202555%04d", 100+i))
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.Setup.Folder, "DATABASE_URL=" + w.url}
	command.Env = append(command.Env, w.Setup.Settings...)
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("create an organization: %w: %s", err, out)
	}
	found := regexp.MustCompile(`organization (\S+)\nAPI key +(\S+)\nphone number (\S+)`).FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("create an organization: %s", out)
	}
	w.accounts = append(w.accounts, account{id: string(found[1]), key: string(found[2]), number: string(found[3]), patience: longPatience})
	return nil
}

// Close ends everything that still runs.
func (w *World) Close() error {
	var errs []error
	for _, n := range w.Nodes {
		_ = n.signal(os.Kill) // it may have ended
		n.wait(0)
		errs = append(errs, n.carrier.close())
		if n.database != nil {
			errs = append(errs, n.database.close())
		}
	}
	if w.Observer != nil {
		errs = append(errs, w.Observer.Stop())
		w.Observer = nil
	}
	if w.record != nil {
		errs = append(errs, w.record.Close())
		w.record = nil
	}
	return errors.Join(errs...)
}

// Freeze stops a node for a while, as a machine that is paused.
func (w *World) Freeze(ctx context.Context, n *Node, d time.Duration) error {
	f := Fault{Kind: faultFreeze, Node: n.life(), At: time.Now()}
	if err := n.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	pause(ctx, d)
	f.Until = time.Now()
	w.note(f)
	return n.signal(syscall.SIGCONT)
}

// note writes down what the driver did.
func (w *World) note(what any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kind := ""
	switch what := what.(type) {
	case Create:
		kind, w.creates = "create", append(w.creates, what)
	case Control:
		kind, w.controls = "control", append(w.controls, what)
	case Fault:
		kind, w.faults = "fault", append(w.faults, what)
	case string:
		kind, w.broken = "broken", append(w.broken, what)
	}
	w.record.add(map[string]any{"at": time.Now(), "kind": kind, "what": what})
}

// serving returns the nodes that serve.
func (w *World) serving() []*Node {
	var found []*Node
	for _, n := range w.Nodes {
		if n.address() != "" {
			found = append(found, n)
		}
	}
	return found
}

// History collects what is known; the nodes must have stopped.
func (w *World) History(ctx context.Context) (*History, error) {
	lines, err := w.Observer.Lines()
	if err != nil {
		return nil, err
	}
	state, err := ReadState(ctx, w.url)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return &History{Lines: lines, Creates: w.creates, Controls: w.controls, Faults: w.faults, State: state}, nil
}
