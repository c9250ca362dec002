package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// BuildProgram compiles the program with its fault points into a folder, with
// the race detector if asked, and returns its path.
func BuildProgram(ctx context.Context, folder string, race bool) (string, error) {
	module, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	path := filepath.Join(folder, "outdial")
	args := []string{"build", "-tags=faults", "-o", path}
	if race {
		args = append(args, "-race", "-gcflags=modernc.org/sqlite/lib=-race=false", "-gcflags=modernc.org/libc=-race=false")
	}
	build := exec.CommandContext(ctx, "go", append(args, ".")...) //nolint:gosec // our own program
	build.Dir = strings.TrimSpace(string(module))
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
}

// Node is the program on one machine, which it shares with nobody: its lives come
// one after the other.
type Node struct {
	name     string
	program  string
	folder   string
	settings []string
	database *proxy // nil on SQLite
	carrier  *proxy

	busy sync.Mutex // held by whoever breaks it

	mu     sync.Mutex
	lives  int           // guarded by mu
	url    string        // guarded by mu; "" while it is not serving
	cmd    *exec.Cmd     // guarded by mu
	ended  chan struct{} // guarded by mu; closed once cmd has ended
	wanted bool          // guarded by mu; false once somebody ended it on purpose
}

var listening = regexp.MustCompile(`^outdial: listening on (http://\S+)\n$`)

// life names the present life.
func (n *Node) life() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprintf("%s.%d", n.name, n.lives)
}

// address returns where the node serves; "" when it does not.
func (n *Node) address() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.url
}

// Start starts a life of the node and waits until it serves. extra settings are
// for this life only.
func (n *Node) Start(ctx context.Context, extra ...string) error {
	n.mu.Lock()
	n.lives++
	n.mu.Unlock()
	life := n.life()
	log, err := os.Create(filepath.Join(n.folder, life+".log")) //nolint:gosec // our own folder
	if err != nil {
		return fmt.Errorf("make a log: %w", err)
	}
	defer log.Close()              //nolint:errcheck // the process has its own
	cmd := exec.Command(n.program) //nolint:gosec,noctx // our own program, ended in more than one way
	cmd.Dir = n.folder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + n.folder, "CARRIER_URL=http://" + n.carrier.Addr + "/" + life}, n.settings...)
	cmd.Env = append(cmd.Env, extra...)
	cmd.Stderr = log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("reach %s: %w", life, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", life, err)
	}
	ended := make(chan struct{})
	n.mu.Lock()
	n.cmd, n.ended, n.wanted = cmd, ended, true
	n.mu.Unlock()
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	out := bufio.NewReader(stdout)
	first, err := out.ReadString('\n')
	late.Stop()
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // how it ended is read from its state
		n.mu.Lock()
		n.url = ""
		n.mu.Unlock()
		close(ended)
	}()
	found := listening.FindStringSubmatch(first)
	if found == nil {
		_ = cmd.Process.Kill() // it may have ended
		<-ended
		return errors.Join(fmt.Errorf("%s did not serve; see %s", life, log.Name()), err, ctx.Err())
	}
	n.mu.Lock()
	n.url = found[1]
	n.mu.Unlock()
	return nil
}

// surely starts the node however often its database is away.
func (n *Node) surely(ctx context.Context) error {
	for {
		err := n.Start(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// signal sends a signal to the process.
func (n *Node) signal(s os.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil {
		return os.ErrProcessDone
	}
	if s == syscall.SIGKILL || s == syscall.SIGTERM {
		n.wanted = false
		n.url = ""
	}
	return n.cmd.Process.Signal(s)
}

// wait waits until the process has ended, and returns how. It kills it when that
// takes longer than most.
func (n *Node) wait(most time.Duration) (*os.ProcessState, bool) {
	n.mu.Lock()
	cmd, ended := n.cmd, n.ended
	n.mu.Unlock()
	if cmd == nil {
		return nil, true
	}
	select {
	case <-ended:
		return cmd.ProcessState, true
	case <-time.After(most):
		_ = cmd.Process.Signal(syscall.SIGCONT) // or a frozen one would not die
		_ = cmd.Process.Kill()
		<-ended
		return cmd.ProcessState, false
	}
}

// Kill kills the process at once and waits until it is gone.
func (n *Node) Kill() error {
	if err := n.signal(syscall.SIGKILL); err != nil {
		return err
	}
	n.wait(patience)
	return nil
}

// Died waits until the process has killed itself, and reports whether it did.
func (n *Node) Died(within time.Duration) bool {
	state, inTime := n.wait(within)
	if state == nil {
		return false
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	return inTime && ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// Stop ends the node as a deploy does, and says what was wrong with that.
func (n *Node) Stop() error {
	if err := n.signal(syscall.SIGTERM); err != nil {
		return nil //nolint:nilerr // it has ended already, which is looked at elsewhere
	}
	state, inTime := n.wait(30 * time.Second)
	if !inTime {
		return fmt.Errorf("%s did not stop within 30 seconds", n.life())
	}
	if state != nil && state.ExitCode() != 0 {
		return fmt.Errorf("%s exited with %d", n.life(), state.ExitCode())
	}
	return nil
}

// fell reports whether the process ended without having been asked to.
func (n *Node) fell() bool {
	n.mu.Lock()
	cmd, ended, wanted := n.cmd, n.ended, n.wanted
	n.mu.Unlock()
	if cmd == nil || !wanted {
		return false
	}
	select {
	case <-ended:
		return true
	default:
		return false
	}
}

// through is a database URL by way of a proxy.
func through(databaseURL string, p *proxy) (string, error) {
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("read the database URL: %w", err)
	}
	parsed.Host = p.Addr
	return parsed.String(), nil
}

func hostOf(databaseURL string) (string, error) {
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("read the database URL: %w", err)
	}
	return parsed.Host, nil
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
