// Command cluster runs a command beside throwaway PostgreSQL and MariaDB servers,
// so that all packages of one test run share them:
//
//	go run ./internal/testdb/cluster -- go test ./...
//
// The command finds the servers in TEST_POSTGRES_URL and TEST_MYSQL_URL. Where
// one is set already, that server is not started. The exit status is the
// command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
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

// run starts the servers that the environment does not name, at the same time,
// and returns the exit status of the command.
func run(ctx context.Context, args []string) (status int, err error) {
	kinds := []struct {
		variable string
		start    func(context.Context) (*testdb.Server, error)
	}{
		{"TEST_POSTGRES_URL", testdb.StartPostgres},
		{"TEST_MYSQL_URL", testdb.StartMariaDB},
	}
	servers := make([]*testdb.Server, len(kinds))
	failures := make([]error, len(kinds))
	var starting sync.WaitGroup
	for i, kind := range kinds {
		if os.Getenv(kind.variable) == "" {
			starting.Go(func() { servers[i], failures[i] = kind.start(ctx) })
		}
	}
	starting.Wait()
	defer func() {
		for _, server := range servers {
			if server != nil {
				err = errors.Join(err, server.Stop())
			}
		}
	}()
	for i, kind := range kinds {
		if servers[i] != nil {
			failures = append(failures, os.Setenv(kind.variable, servers[i].URL))
		}
	}
	if err := errors.Join(failures...); err != nil {
		return 1, err
	}
	return runCommand(ctx, args)
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
