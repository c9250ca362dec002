// Package debian installs what tests need and a machine lacks, where that may
// be done unasked: as root, on a system with apt-get, as in a container. It
// installs Debian's own packages and nothing else.
//
// Only what runs tests imports this package.
package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// InTurn calls do, which is to look again for what was lacking and then Install
// it: processes that lack something at the same time take turns. It returns an
// error, and does not call do, where this process may install nothing.
func InTurn(do func() error) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("only root may install it")
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "outdial-debian.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	return do()
}

// Install installs the packages with the given names from a fresh list of
// packages. ctx ends the wait, and the installation with it.
func Install(ctx context.Context, names ...string) error {
	install := append([]string{"install", "--yes", "--no-install-recommends"}, names...)
	for _, args := range [][]string{{"update"}, install} {
		command := exec.CommandContext(ctx, "apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=300"}, args...)...) //nolint:gosec // arguments are ours
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, output)
		}
	}
	return nil
}
