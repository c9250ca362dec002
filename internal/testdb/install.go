package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// noMainCluster keeps Debian's package from setting up and starting a server of
// its own when it is installed: tests bring theirs.
const noMainCluster = "/etc/postgresql-common/createcluster.d/outdial-tests.conf"

// installPostgres installs Debian's package, when this process may: as root,
// where there is apt-get. Processes that need it at the same time take turns.
func installPostgres(ctx context.Context) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("only root may install it")
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "outdial-testdb.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if findPostgres(ctx) != "" {
		return nil // another process was quicker
	}
	if err := os.MkdirAll(filepath.Dir(noMainCluster), 0o755); err != nil { //nolint:gosec // a folder of /etc, read by other accounts
		return err
	}
	if err := os.WriteFile(noMainCluster, []byte("create_main_cluster = false\n"), 0o644); err != nil { //nolint:gosec // as above
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(noMainCluster)) }()
	return aptInstall(ctx, "postgresql")
}

// aptInstall installs a Debian package with a fresh list of packages.
func aptInstall(ctx context.Context, name string) error {
	for _, args := range [][]string{{"update"}, {"install", "--yes", "--no-install-recommends", name}} {
		command := exec.CommandContext(ctx, "apt-get", append([]string{"-q", "-o", "DPkg::Lock::Timeout=300"}, args...)...) //nolint:gosec // arguments are ours
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, output)
		}
	}
	return nil
}
