package suites

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/outdial/outdial/internal/debian"
)

// oldestNode is the oldest major version of Node.js that the suites run on.
const oldestNode = 20

// noNode is what a test says that can get no Node.js.
const noNode = "suites: Node.js 20 or newer and npm are needed (Debian 13 and Ubuntu 25.04: apt-get install nodejs npm; others: https://nodejs.org)"

// Install makes sure that the packages of the lock file in folder are in its
// node_modules, as `npm ci` puts them there, and installs Debian's Node.js and
// npm first where they lack and this process may. It does nothing when the
// packages are there already.
func Install(ctx context.Context, folder string) (err error) {
	if err := haveNode(ctx); err != nil {
		return err
	}
	lock, err := os.Open(filepath.Join(folder, "package-lock.json")) //nolint:gosec // a folder of ours
	if err != nil {
		return fmt.Errorf("suites: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // other processes take turns
		return fmt.Errorf("suites: lock the lock file: %w", err)
	}
	wanted, err := os.ReadFile(lock.Name())
	if err != nil {
		return fmt.Errorf("suites: %w", err)
	}
	stamp := filepath.Join(folder, "node_modules", ".installed.json")
	if there, err := os.ReadFile(stamp); err == nil && bytes.Equal(there, wanted) { //nolint:gosec // a path of ours
		return nil
	}
	install := exec.CommandContext(ctx, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error")
	install.Dir = folder
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("suites: npm ci: %w\n%s", err, output)
	}
	if err := os.WriteFile(stamp, wanted, 0o600); err != nil { //nolint:gosec // a folder of ours
		return fmt.Errorf("suites: %w", err)
	}
	return nil
}

// haveNode makes sure that there are npm and a Node.js that is new enough.
func haveNode(ctx context.Context) error {
	if !found() {
		if err := debian.InTurn(func() error {
			if found() {
				return nil // another process was quicker
			}
			return debian.Install(ctx, "nodejs", "npm")
		}); err != nil {
			return fmt.Errorf("%s: %w", noNode, err)
		}
	}
	output, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("%s: %w", noNode, err)
	}
	version := strings.TrimSpace(string(output))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return fmt.Errorf("%s: node is %s", noNode, version)
	}
	return nil
}

// found reports whether both programs can be run.
func found() bool {
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			return false
		}
	}
	return true
}
