package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// observerVariable makes a process an observer: its options as JSON.
const observerVariable = "OUTDIAL_CHAOS_OBSERVER"

// ObserveIfAsked makes this process the observer, and never returns, when the
// environment says so: the observer is a process of its own, started from
// whatever program uses this package. Call it first thing in main or TestMain.
func ObserveIfAsked() {
	text := os.Getenv(observerVariable)
	if text == "" {
		return
	}
	if err := observe(text); err != nil {
		fmt.Fprintln(os.Stderr, "observer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// observe serves until standard input ends, as it does with whoever started it.
func observe(text string) error {
	var options ObserverOptions
	if err := json.Unmarshal([]byte(text), &options); err != nil {
		return fmt.Errorf("read the options: %w", err)
	}
	o, err := newObserver(options)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := o.server()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // either way it has ended
		_ = server.Close()
	}()
	if _, err := fmt.Fprintf(os.Stdout, "http://%s\n", listener.Addr()); err != nil {
		return fmt.Errorf("say where: %w", err)
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return o.journal.Close()
}

// Observer is the running observer.
type Observer struct {
	URL     string
	journal string
	input   io.Closer
	command *exec.Cmd
}

// StartObserver starts an observer as a process of its own.
func StartObserver(options ObserverOptions) (*Observer, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("write the options: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	command := exec.CommandContext(context.Background(), self) //nolint:gosec // this very program
	command.Env = append(os.Environ(), observerVariable+"="+string(text))
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("reach the observer: %w", err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("reach the observer: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the observer: %w", err)
	}
	first, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the observer did not start: %w", err), command.Wait())
	}
	return &Observer{URL: strings.TrimSpace(first), journal: options.Journal, input: input, command: command}, nil
}

// Forget makes the observer forget every call it accepted.
func (o *Observer) Forget(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL+"/forget", nil)
	if err != nil {
		return fmt.Errorf("ask the observer to forget: %w", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("ask the observer to forget: %w", err)
	}
	return answer.Body.Close()
}

// Lines returns what the observer has written so far.
func (o *Observer) Lines() ([]Line, error) { return readJournal[Line](o.journal) }

// Stop ends the observer.
func (o *Observer) Stop() error {
	late := time.AfterFunc(10*time.Second, func() { _ = o.command.Process.Kill() })
	defer late.Stop()
	return errors.Join(o.input.Close(), o.command.Wait())
}
