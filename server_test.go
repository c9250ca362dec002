package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/outdial/outdial/internal/testdb"
)

const (
	testKey = "key_for_tests_0123456789"
	patient = time.Minute
)

// programFolder is where this process builds the program.
func programFolder() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("outdial-test-%d", os.Getpid()))
}

func TestMain(m *testing.M) {
	m.Run()
	_ = os.RemoveAll(programFolder()) // at worst a program is left in the temporary folder
}

// program builds the program once and returns its path.
var program = sync.OnceValues(func() (string, error) { //nolint:gochecknoglobals // built once for all tests
	path := filepath.Join(programFolder(), "outdial")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// output is what a process writes, to be read also while it does.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// node is the program, running as a process of its own.
type node struct {
	url    string
	links  map[string]string // of the dashboard and the playground, as printed
	cmd    *exec.Cmd
	stderr *output
	exited chan struct{} // closed once it has ended
}

// startNode starts the program in a folder and waits until it serves.
func startNode(t *testing.T, folder string, settings ...string) *node {
	t.Helper()
	cmd := command(t, folder, append([]string{"ADDR=127.0.0.1:0", "DEMO_API_KEY=" + testKey, "SIMULATOR_TIME_SCALE=300", "REQUESTS_PER_MINUTE=0"}, settings...))
	n := &node{links: map[string]string{}, cmd: cmd, stderr: &output{}, exited: make(chan struct{})}
	cmd.Stderr = n.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended already
		if t.Failed() {
			t.Logf("the program said: %s", n.stderr)
		}
	})
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the program did not serve: %v, %s", err, n.stderr)
	}
	found := regexp.MustCompile(`^outdial: listening on (http://\S+)\n$`).FindStringSubmatch(first)
	if found == nil {
		t.Fatalf("the first line is %q", first)
	}
	n.url = found[1]
	for n.links["playground"] == "" { // the last of them
		var page, link string
		if _, err := fmt.Fscanln(lines, &page, &link); err != nil {
			t.Fatalf("the program does not print where its pages are: %v", err)
		}
		n.links[page] = link
	}
	go func() {
		_, _ = io.Copy(io.Discard, lines)
		_ = cmd.Wait() // its exit status is read from the process state
		close(n.exited)
	}()
	return n
}

func command(t *testing.T, folder string, settings []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...) //nolint:noctx // it is ended by the test, in more than one way
	cmd.Dir = folder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}, settings...)
	return cmd
}

// stop ends the program as an operator does and returns its exit status.
func (n *node) stop(t *testing.T, signal os.Signal) int {
	t.Helper()
	if err := n.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-n.exited:
		return n.cmd.ProcessState.ExitCode()
	case <-time.After(patient):
		t.Fatal("the program did not stop")
		return -1
	}
}

func (n *node) request(t *testing.T, method, path, contentType string, body io.Reader) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, n.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testKey)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var decoded map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&decoded); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, decoded
}

// upload creates a batch job of n contacts from a file and returns its id.
func (n *node) upload(t *testing.T, contacts int, fields map[string]string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "contacts.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintln(file, "phone,name,customerName")
	for i := range contacts {
		_, _ = fmt.Fprintf(file, "+1202%05d%02d,Person %d,Person %d\n", i/90, 10+i%90, i, i)
	}
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(form.WriteField("fromPhoneNumberId", "phone_abc123"), form.WriteField("name", "Test"), form.Close()); err != nil {
		t.Fatal(err)
	}
	status, answer := n.request(t, http.MethodPost, "/batch/create", form.FormDataContentType(), &body)
	if status != http.StatusOK {
		t.Fatalf("create is answered %d: %v", status, answer)
	}
	id, ok := answer["batchJobId"].(string)
	if !ok {
		t.Fatalf("create is answered without an id: %v", answer)
	}
	return id
}

// metric returns what the program counts under a name.
func (n *node) metric(t *testing.T, name string) float64 {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), name+" "); found {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("%s is not counted", name)
	return 0
}

// snapshot is what the subscription sends.
type snapshot struct {
	Version  int64
	Status   string
	Total    int
	Contacts map[string]int
}

// watch subscribes to a batch job and returns its snapshots; closed when the
// subscription completes.
func (n *node) watch(t *testing.T, id string) <-chan snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patient)
	t.Cleanup(cancel)
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(n.url, "http")+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	send := func(message map[string]any) {
		if err := wsjson.Write(ctx, c, message); err != nil {
			t.Error(err)
		}
	}
	send(map[string]any{"type": "connection_init", "payload": map[string]any{"Authorization": "Bearer " + testKey}})
	send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{
		"query": `subscription($id: ID!) { batchProgress(batchJobId: $id) {
			version status total contacts { pending dialing completed failed cancelled } } }`,
		"variables": map[string]any{"id": id},
	}})
	snapshots := make(chan snapshot)
	go func() {
		defer close(snapshots)
		for {
			var m struct {
				Type    string
				Payload struct {
					Data struct{ BatchProgress snapshot }
				}
			}
			if wsjson.Read(ctx, c, &m) != nil || m.Type == "complete" {
				return
			}
			if m.Type == "next" {
				select {
				case snapshots <- m.Payload.Data.BatchProgress:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return snapshots
}

// follow reads snapshots until done says so or the subscription completes, and
// checks that each adds up and none is older than the one before.
func follow(t *testing.T, snapshots <-chan snapshot, done func(snapshot) bool) snapshot {
	t.Helper()
	var last snapshot
	for s := range snapshots {
		sum := 0
		for _, n := range s.Contacts {
			sum += n
		}
		if sum != s.Total || s.Version < last.Version {
			t.Errorf("after version %d came %+v", last.Version, s)
		}
		last = s
		if done(s) {
			break
		}
	}
	return last
}

func never(snapshot) bool { return false }

func TestProgram(t *testing.T) {
	t.Parallel()
	t.Run("calls everybody and completes the subscription", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir())
		id := n.upload(t, 100, map[string]string{"concurrentCallLimit": "20"})
		if last := follow(t, n.watch(t, id), never); last.Status != "COMPLETED" || last.Total != 100 {
			t.Errorf("ended as %+v", last)
		}
		if status, answer := n.request(t, http.MethodGet, "/readyz", "", nil); status != http.StatusOK ||
			fmt.Sprint(answer["checks"]) != "map[database:ok queue:ok schema:ok]" {
			t.Errorf("not ready: %v", answer)
		}
		for name, least := range map[string]float64{
			"outdial_calls_started_total": 100, `outdial_calls_settled_total{dialed="true",outcome="COMPLETED"}`: 1,
			"outdial_turn_endings_sum": 100, `outdial_http_request_seconds_count{method="POST",route="/batch/create",status="200"}`: 1,
		} {
			if got := n.metric(t, name); got < least {
				t.Errorf("%s is %v", name, got)
			}
		}
		for _, name := range []string{"outdial_calls_carried", `outdial_sweep_repairs_total{kind="late_start"}`} {
			if got := n.metric(t, name); got != 0 {
				t.Errorf("%s is %v", name, got)
			}
		}
		if code := n.stop(t, syscall.SIGTERM); code != 0 {
			t.Errorf("a clean stop exits with %d", code)
		}
	})
	t.Run("goes on where it was after a kill", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		before := startNode(t, folder)
		id := before.upload(t, 150, map[string]string{"concurrentCallLimit": "20"})
		follow(t, before.watch(t, id), func(s snapshot) bool { return s.Contacts["completed"] > 20 })
		before.stop(t, syscall.SIGKILL)
		after := startNode(t, folder)
		if last := follow(t, after.watch(t, id), never); last.Status != "COMPLETED" || last.Contacts["pending"] != 0 {
			t.Errorf("ended as %+v", last)
		}
	})
	t.Run("adds credits from the command line", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		for _, c := range []struct {
			args []string
			says string
			code int
		}{
			{[]string{"credits", "add", "--amount", "5"}, "There is no organization yet", 1},
			{[]string{"organization", "create", "--name", "One", "--credits", "1"}, "organization org_", 0},
			{[]string{"credits", "add", "--amount", "2.5", "--note", "invoice"}, "added        $2.50\nbalance      $3.50\nheld         $0.00\n", 0},
			{[]string{"credits", "add", "--amount", "1", "--organization", "org_nowhere"}, "Organization org_nowhere not found", 1},
			{[]string{"credits", "add", "--amount", "-1"}, "credits add needs --amount", 2},
			{[]string{"credits", "add", "--amount", "1000001"}, "credits add needs --amount", 2},
		} {
			var out bytes.Buffer
			cmd := command(t, folder, nil, c.args...)
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(out.String(), c.says) {
				t.Errorf("%v: %v, %q", c.args, err, out.String())
			}
		}
	})
	t.Run("refuses what cannot be with one sentence", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		startNode(t, folder)
		for _, c := range []struct {
			setting, says string
			code          int
		}{
			{"ADDR=nowhere", "ADDR must be", 2},
			{"DATABASE_URL=oracle://x", "DATABASE_URL must be", 2},
			{"ADDR=127.0.0.1:0", "is in use by another outdial", 1},
		} {
			var stderr bytes.Buffer
			cmd := command(t, folder, []string{c.setting})
			cmd.Stderr = &stderr
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(stderr.String(), c.says) || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("%s: %v, %q", c.setting, err, stderr.String())
			}
		}
	})
}

// TestNodes runs two nodes on one PostgreSQL, with the watcher on the one and
// the upload on the other, and kills the one that took the upload.
func TestNodes(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + testdb.Postgres(t)
	first := startNode(t, t.TempDir(), database, "DEMO=true")
	second := startNode(t, t.TempDir(), database, "DEMO=true")
	id := first.upload(t, 200, map[string]string{"concurrentCallLimit": "20"})
	snapshots := second.watch(t, id)
	follow(t, snapshots, func(s snapshot) bool { return s.Contacts["completed"] > 20 })
	first.stop(t, syscall.SIGKILL)
	if last := follow(t, snapshots, never); last.Status != "COMPLETED" || last.Total != 200 {
		t.Errorf("ended as %+v", last)
	}
}
