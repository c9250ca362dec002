package main_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "cluster")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}

	t.Run("ends with the command's exit status, and the servers with it", func(t *testing.T) {
		t.Parallel()
		cluster := cluster(t, program, "", `echo "$TEST_POSTGRES_URL $TEST_MYSQL_URL"; read -r _; exit 7`)
		ping(t, cluster.url)
		reach(t, cluster.mysql)

		if err := cluster.stdin.Close(); err != nil {
			t.Error(err)
		}
		if err := cluster.Wait(); cluster.ProcessState.ExitCode() != 7 {
			t.Errorf("got %v, want exit status 7", err)
		}

		if _, err := pgx.Connect(t.Context(), cluster.url); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("connect to PostgreSQL afterwards: got %v, want connection refused", err)
		}
		if _, err := new(net.Dialer).DialContext(t.Context(), "tcp", cluster.mysql); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("connect to MariaDB afterwards: got %v, want connection refused", err)
		}
	})

	t.Run("leaves no server and no files behind when it is killed", func(t *testing.T) {
		t.Parallel()
		cluster := cluster(t, program, "", `echo "$TEST_POSTGRES_URL $TEST_MYSQL_URL"; read -r _`)
		ping(t, cluster.url)

		if err := cluster.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cluster.stdin.Close() // ends the command, which outlived it
		_ = cluster.Wait()        // "signal: killed"

		eventually(t, "the servers are gone", func() bool {
			_, postgres := pgx.Connect(t.Context(), cluster.url)
			_, mysql := new(net.Dialer).DialContext(t.Context(), "tcp", cluster.mysql)
			return errors.Is(postgres, syscall.ECONNREFUSED) && errors.Is(mysql, syscall.ECONNREFUSED)
		})
		eventually(t, "its files are gone", func() bool {
			left, err := os.ReadDir(cluster.temp)
			return err == nil && len(left) == 0
		})
	})

	t.Run("starts no server where the environment names one", func(t *testing.T) {
		t.Parallel()
		const elsewhere = "://elsewhere:1/test"
		cluster := cluster(t, program, elsewhere, `echo "$TEST_POSTGRES_URL $TEST_MYSQL_URL"`)
		if cluster.url != "postgres"+elsewhere || cluster.mysql != "elsewhere:1" {
			t.Errorf("the command was told %q and %q, want %q", cluster.url, cluster.mysql, elsewhere)
		}
	})
}

// running is the program under test, running a command that has printed a URL.
type running struct {
	*exec.Cmd

	stdin io.Closer
	temp  string // where the servers keep their files
	url   string // of PostgreSQL
	mysql string // host and port of MariaDB
}

// cluster starts the program with a shell script that prints the URLs it sees,
// which come from outside when elsewhere is what they end with.
func cluster(t *testing.T, program, elsewhere, script string) running {
	t.Helper()
	temp, err := os.MkdirTemp("", "outdial-cluster-") //nolint:usetesting // t.TempDir is closed to the server's account
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o777); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "--", "sh", "-c", script)
	command.Env = append(os.Environ(), "TEST_POSTGRES_URL=", "TEST_MYSQL_URL=", "TMPDIR="+temp)
	if elsewhere != "" {
		command.Env = append(command.Env, "TEST_POSTGRES_URL=postgres"+elsewhere, "TEST_MYSQL_URL=mysql"+elsewhere)
	}
	command.Stderr = t.Output()
	command.WaitDelay = 10 * time.Second
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the command printed no URL: %v", err)
	}
	postgres, mysql, _ := strings.Cut(strings.TrimSpace(line), " ")
	at, err := url.Parse(mysql)
	if err != nil {
		t.Fatal(err)
	}
	return running{Cmd: command, stdin: stdin, temp: temp, url: postgres, mysql: at.Host}
}

func reach(t *testing.T, address string) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func ping(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// eventually waits for something another process does.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting, after 20 seconds, until %s", what)
		}
	}
}
