package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

const runtimeToken = "token-for-tests"

// exampleRuntime builds the example once and returns its path.
var exampleRuntime = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // built once for all tests
	path := filepath.Join(programFolder(), "runtime")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, "./examples/runtime").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// runtime is the example of a voice-agent runtime, running as a process of its
// own, and what it says it has dialed.
type runtime struct {
	url string

	mu     sync.Mutex
	dialed map[string]int // guarded by mu; by call id
}

func startRuntime(t *testing.T, args ...string) *runtime {
	t.Helper()
	return startRuntimeOn(t, "127.0.0.1:0", args...)
}

func startRuntimeOn(t *testing.T, addr string, args ...string) *runtime {
	t.Helper()
	path, err := exampleRuntime()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-addr", addr, "-token", runtimeToken}, args...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has killed it
	lines := bufio.NewScanner(stderr)
	lines.Scan()
	_, url, found := strings.Cut(lines.Text(), "waiting for calls on ")
	if !found {
		t.Fatalf("the runtime says %q", lines.Text())
	}
	r := &runtime{url: url, dialed: map[string]int{}}
	said := regexp.MustCompile(`dial "(.+)"$`)
	go func() {
		for lines.Scan() {
			if m := said.FindStringSubmatch(lines.Text()); m != nil {
				r.mu.Lock()
				r.dialed[m[1]]++
				r.mu.Unlock()
			}
		}
	}()
	return r
}

// settings of a program that calls through the runtime.
func (r *runtime) settings() []string {
	return []string{"DEMO=true", "CARRIER=webhook", "CARRIER_URL=" + r.url + "/", "CARRIER_TOKEN=" + runtimeToken}
}

// checkDialed fails unless so many calls were dialed, each once.
func (r *runtime) checkDialed(t *testing.T, want int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, n := range r.dialed {
		if n != 1 {
			t.Errorf("%s was dialed %d times", id, n)
		}
	}
	if len(r.dialed) != want {
		t.Errorf("%d calls were dialed, want %d", len(r.dialed), want)
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	// One attempt each: as many calls as contacts.
	fields := map[string]string{"concurrentCallLimit": "20", "maxAttempts": "1"}
	t.Run("has a runtime call everybody, once", func(t *testing.T) {
		t.Parallel()
		r := startRuntime(t, "-pace", "200ms")
		n := startNode(t, t.TempDir(), r.settings()...)
		if last := follow(t, n.watch(t, n.upload(t, 100, fields)), never); last.Status != "COMPLETED" || last.Total != 100 {
			t.Errorf("ended as %+v", last)
		}
		r.checkDialed(t, 100)
	})
	t.Run("waits for a runtime that is away", func(t *testing.T) {
		t.Parallel()
		reserved, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := reserved.Addr().String()
		_ = reserved.Close()
		n := startNode(t, t.TempDir(), (&runtime{url: "http://" + addr}).settings()...)
		snapshots := n.watch(t, n.upload(t, 20, fields))
		follow(t, snapshots, func(s snapshot) bool { return s.Contacts["dialing"] > 0 })
		r := startRuntimeOn(t, addr, "-pace", "200ms")
		if last := follow(t, snapshots, never); last.Status != "COMPLETED" || last.Total != 20 {
			t.Errorf("ended as %+v", last)
		}
		r.checkDialed(t, 20)
	})
	for behaviour, signal := range map[string]syscall.Signal{"a kill": syscall.SIGKILL, "a stop, which waits for no call": syscall.SIGTERM} {
		t.Run("finds its calls again after "+behaviour, func(t *testing.T) {
			t.Parallel()
			r := startRuntime(t, "-pace", "1s")
			folder := t.TempDir()
			before := startNode(t, folder, append(r.settings(), "DRAIN_TIMEOUT=1h")...)
			id := before.upload(t, 150, fields)
			follow(t, before.watch(t, id), func(s snapshot) bool { return s.Contacts["completed"] > 20 })
			before.stop(t, signal)
			after := startNode(t, folder, r.settings()...)
			if last := follow(t, after.watch(t, id), never); last.Status != "COMPLETED" || last.Total != 150 {
				t.Errorf("ended as %+v", last)
			}
			r.checkDialed(t, 150)
		})
	}
}

// TestStopDialsNobody: a program that was told to stop dials nobody more, whoever keeps
// the rest of it from ending, and ends well; the next one calls who is left.
func TestStopDialsNobody(t *testing.T) {
	t.Parallel()
	const contacts = 1500
	r := startRuntime(t, "-pace", "100ms")
	folder := t.TempDir()
	before := startNode(t, folder, r.settings()...)
	id := before.upload(t, contacts, map[string]string{"concurrentCallLimit": "20", "maxAttempts": "1"})
	before.hang(t, "POST /batch/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+testKey+
		"\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{", "")
	before.hang(t, "GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", "101 Switching")
	follow(t, before.watch(t, id), func(s snapshot) bool { return s.Contacts["completed"]+s.Contacts["failed"] > 20 })
	told := r.count()
	if code := before.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("stopped with %d", code)
	}
	// Two hundred end a second; those who hold it up do so for some.
	if more := r.count() - told; more > 200 {
		t.Errorf("%d were dialed after the program was told to stop", more)
	}
	after := startNode(t, folder, r.settings()...)
	if last := follow(t, after.watch(t, id), never); last.Status != "COMPLETED" || last.Total != contacts {
		t.Errorf("ended as %+v", last)
	}
	r.checkDialed(t, contacts)
}

// hang sends a part of a conversation and then nothing more, not even an answer to a
// close frame; it waits for what is expected to be answered.
func (n *node) hang(t *testing.T, request, expected string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if expected == "" {
		return
	}
	answer := make([]byte, 200)
	if n, err := conn.Read(answer); err != nil || !strings.Contains(string(answer[:n]), expected) {
		t.Fatalf("answered %q, %v", answer[:n], err)
	}
}

// count is how many calls were dialed so far.
func (r *runtime) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.dialed)
}

func TestCarrierCheck(t *testing.T) {
	t.Parallel()
	r := startRuntime(t, "-pace", "1h")
	for behaviour, row := range map[string]struct {
		token string
		args  []string
		code  int
		says  string
	}{
		"passes a runtime that does all":       {runtimeToken, []string{"--to", "+12025550101", "--from", "+12025550199"}, 0, "✓ hangs up\n"},
		"says what to do about one that fails": {"another", []string{"--to", "+12025550101", "--from", "+12025550199"}, 1, "to do  give the token that the runtime expects as CARRIER_TOKEN"},
		"dials nobody it was not told to":      {runtimeToken, nil, 2, "it needs --to"},
		"wants to know where the runtime is":   {"", []string{"--to", "+12025550101"}, 2, "needs --carrier-url and --carrier-token"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, t.TempDir(), []string{"CARRIER_URL=" + r.url, "CARRIER_TOKEN=" + row.token}, append([]string{"carrier", "check"}, row.args...)...)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != row.code || !strings.Contains(string(out), row.says) {
				t.Errorf("exits with %d (%v) and says\n%s", code, err, out)
			}
		})
	}
}
