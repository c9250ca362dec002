package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// buildProgram compiles the server as it is released.
func buildProgram(ctx context.Context, folder string) (string, error) {
	path := filepath.Join(folder, "outdial")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, ".") //nolint:gosec // our own program
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
}

// process is a program that serves.
type process struct {
	command *exec.Cmd
	url     string
	key     string // of an organization; empty where there is none
	number  string
	env     []string
	client  *http.Client
}

var serves = regexp.MustCompile(`listening on (http://\S+)`)

// launch starts a program and waits until it says where it listens.
func launch(ctx context.Context, path string, args, env []string) (*process, error) {
	command := exec.CommandContext(ctx, path, args...) //nolint:gosec // our own programs
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(path)}, env...)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", path, err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	out := bufio.NewReader(stdout)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			_ = command.Process.Kill()
			return nil, fmt.Errorf("%s did not serve: %w", path, errors.Join(err, command.Wait()))
		}
		if found := serves.FindStringSubmatch(line); found != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return &process{command: command, url: found[1], client: &http.Client{}}, nil
		}
	}
}

var made = regexp.MustCompile(`organization \S+\nAPI key +(\S+)\nphone number (\S+)`)

// serve starts the server on a database, with one organization.
func (b *bench) serve(ctx context.Context, database string, limit int, settings ...string) (*process, error) {
	env := append([]string{
		"ADDR=127.0.0.1:0", "DATABASE_URL=" + database, "DEMO=false", "LOG_LEVEL=error", "REQUESTS_PER_MINUTE=0",
	}, settings...)
	create := exec.CommandContext(ctx, b.program, "organization", "create", "--name", "Bench", "--credits", "1000000", //nolint:gosec // our own program
		"--concurrent-call-limit", strconv.Itoa(limit), "--phone-number", "+12025550199")
	create.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.folder}, env...)
	out, err := create.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("create an organization: %w: %s", err, out)
	}
	found := made.FindSubmatch(out)
	if found == nil {
		return nil, fmt.Errorf("create an organization: %s", out)
	}
	p, err := launch(ctx, b.program, nil, env)
	if err != nil {
		return nil, err
	}
	p.key, p.number, p.env = string(found[1]), string(found[2]), create.Env
	return p, nil
}

var madeKey = regexp.MustCompile(`API key +(\S+)`)

// moreKey makes another key of the server's organization.
func (p *process) moreKey(ctx context.Context) (string, error) {
	create := exec.CommandContext(ctx, p.command.Path, "key", "create") //nolint:gosec // our own program
	create.Env = p.env
	out, err := create.CombinedOutput()
	found := madeKey.FindSubmatch(out)
	if err != nil || found == nil {
		return "", errors.Join(err, fmt.Errorf("create a key: %s", out))
	}
	return string(found[1]), nil
}

// stop ends the program as a deploy does.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.command.Path, err)
	}
	err := p.command.Wait()
	if status, ok := errors.AsType[*exec.ExitError](err); ok && status.Sys().(syscall.WaitStatus).Signaled() { //nolint:errcheck,forcetypeassert // it is that on every Unix
		return nil
	}
	return err //nolint:wrapcheck // the exit status says it
}

// memory returns what the process has in memory now, and at most since the last
// forgetPeak, in bytes.
func (p *process) memory() (now, most int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kib, err := strconv.ParseInt(fields[1], 10, 64)
		switch {
		case err != nil:
		case fields[0] == "VmRSS:":
			now = kib << 10
		case fields[0] == "VmHWM:":
			most = kib << 10
		}
	}
	return now, most
}

// forgetPeak has the peak of the memory begin anew.
func (p *process) forgetPeak() error {
	err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.command.Process.Pid), []byte("5"), 0)
	if err != nil {
		return fmt.Errorf("forget the peak of memory: %w", err)
	}
	return nil
}

func (p *process) processorTime() time.Duration { return processorTime(p.command.Process.Pid) }

// ask sends a request with the organization's key and reads the answer.
func (p *process) ask(ctx context.Context, method, path, contentType string, body []byte) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+p.key)
	r.Header.Set("Content-Type", contentType)
	answer, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", path, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read to the end
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", path, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil || answer.StatusCode != http.StatusOK || fields["errors"] != nil {
		return nil, fmt.Errorf("%s answered %d: %.300s", path, answer.StatusCode, text)
	}
	return fields, nil
}
