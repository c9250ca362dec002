package testdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Server is a throwaway database server. It lives until Stop, or until the
// process that started it ends or lets go of the Server: hold on to it.
type Server struct {
	URL string // of an administrator, in a database that always exists

	lifeline *os.File // commands to the keeper; the server is stopped when this closes
	said     *bufio.Scanner
	keeper   *exec.Cmd
}

// Crash ends the server at once, as a kill of all its processes does, and keeps
// its files. It is not safe for concurrent use with itself and Restart.
func (s *Server) Crash() error { return s.tell("crash") }

// Restart starts a server that has crashed, on the same files and port, and
// returns once it has recovered.
func (s *Server) Restart() error { return s.tell("start") }

// tell has the keeper carry out a command.
func (s *Server) tell(command string) error {
	if _, err := fmt.Fprintln(s.lifeline, command); err != nil {
		return fmt.Errorf("tell the server's keeper to %s: %w", command, err)
	}
	if !s.said.Scan() {
		return fmt.Errorf("the server's keeper ended before it could %s", command)
	}
	if answer := s.said.Text(); answer != command+": 0" {
		return fmt.Errorf("the server's keeper failed: %s", answer)
	}
	return nil
}

// Stop ends the server at once, removes its files and returns when both are
// done.
func (s *Server) Stop() error {
	return errors.Join(s.lifeline.Close(), s.keeper.Wait())
}

// keep runs a keeper: a shell script that starts a server on the given free
// port in the given empty folder, prints "ready", waits for the end of its
// standard input, and then stops the server and removes the folder. Until then
// it carries out the commands "crash" and "start" that come on it. The
// operating system closes that input when this process dies, so neither a
// panic, os.Exit nor a kill leaves a server behind.
func keep(ctx context.Context, script string, env ...string) (s *Server, err error) {
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	dir, err := serverFolder(account)
	if err != nil {
		return nil, err
	}
	stdin, lifeline, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close() //nolint:errcheck // a copy of the read end; the keeper has its own

	// The server outlives the test that happened to need it first.
	keeper := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", script) //nolint:gosec // our own embedded script
	keeper.Dir = dir
	keeper.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "DIR=" + dir}, env...)
	keeper.Stdin = stdin
	// A group of its own: Ctrl-C at the terminal must reach the tests only, or
	// the keeper dies before it has tidied up.
	keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: account}
	stdout, err := keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := keeper.Start(); err != nil {
		return nil, errors.Join(err, lifeline.Close(), os.RemoveAll(dir))
	}

	said := bufio.NewScanner(stdout)
	var report []string
	for said.Scan() {
		if said.Text() == "ready" {
			return &Server{lifeline: lifeline, said: said, keeper: keeper}, nil
		}
		report = append(report, said.Text())
	}
	err = errors.Join(lifeline.Close(), keeper.Wait())
	return nil, fmt.Errorf("start a test server: %w\n%s", err, strings.Join(report, "\n"))
}

// serverAccount returns the account a server runs under: nil, which is our own,
// except for root, as whom database servers refuse to run.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is how os/exec spells "our own account"
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("run a test server: root may not, and there is no account postgres or nobody to run it under")
}

// serverFolder makes an empty folder that belongs to account.
func serverFolder(account *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp(tempFolder(), "outdial-testdb-")
	if err != nil || account == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(account.Uid), int(account.Gid))
}

// tempFolder returns where servers keep their files: shared memory, where it has room
// for a few hundred databases of 8 MB, as making one writes hundreds of files
// and disks can be slow; else, or when TMPDIR says so, the usual place.
func tempFolder() string {
	const memory, enough = "/dev/shm", 4 << 30
	var found syscall.Statfs_t
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &found) == nil &&
		uint64(found.Bsize)*found.Bavail > enough { //nolint:gosec // block sizes are positive
		return memory
	}
	return os.TempDir()
}

// freePort returns a loopback port that was free a moment ago.
func freePort(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, errors.Join(err, listener.Close())
}

// programFolder returns the first of the folders that holds all the programs,
// and "" when none does. Folders may be patterns as in filepath.Glob, of whose
// matches the last, by name the newest version, is tried first.
func programFolder(patterns []string, programs ...string) string {
	for _, pattern := range patterns {
		folders, _ := filepath.Glob(pattern) // only a malformed pattern is an error
		for _, folder := range slices.Backward(folders) {
			if holdsAll(folder, programs) {
				return folder
			}
		}
	}
	return ""
}

func holdsAll(folder string, programs []string) bool {
	for _, program := range programs {
		if _, err := exec.LookPath(filepath.Join(folder, program)); err != nil {
			return false
		}
	}
	return true
}
