// Command cluster runs a command beside a throwaway PostgreSQL server, so that
// all packages of one test run share it:
//
//	go run ./internal/testdb/cluster -- go test ./...
//
// The command finds the server in TEST_POSTGRES_URL. Where that is set already,
// no server is started. The exit status is the command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/outdial/outdial/internal/testdb"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: cluster [--] COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	status, err := run(context.Background(), args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		status = 1
	}
	os.Exit(status)
}

// run starts a server unless the environment names one, and returns the exit
// status of the command.
func run(ctx context.Context, args []string) (int, error) {
	if os.Getenv("TEST_POSTGRES_URL") != "" {
		return runCommand(ctx, args)
	}
	server, err := testdb.StartPostgres(ctx)
	if err != nil {
		return 1, err
	}
	if err := os.Setenv("TEST_POSTGRES_URL", server.URL); err != nil {
		return 1, errors.Join(err, server.Stop())
	}
	status, err := runCommand(ctx, args)
	return status, errors.Join(err, server.Stop())
}

// runCommand returns the exit status of the command, 1 when a signal ended it.
func runCommand(ctx context.Context, args []string) (int, error) {
	// The terminal sends Ctrl-C to the command as well; we outlive it to stop the
	// server. Other signals come to us alone and are passed on.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)

	command := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running what it is told is the purpose
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Start(); err != nil {
		return 1, err
	}
	go func() {
		for received := range signals {
			if received == syscall.SIGTERM {
				_ = command.Process.Signal(received) // it may have ended by itself
			}
		}
	}()

	err := command.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), nil
	default:
		return 1, err
	}
}
