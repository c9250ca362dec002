package testdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/outdial/outdial/internal/debian"
)

// noMainCluster keeps Debian's package from setting up and starting a server of
// its own when it is installed: tests bring theirs.
const noMainCluster = "/etc/postgresql-common/createcluster.d/outdial-tests.conf"

// installPostgres installs Debian's package, when this process may.
func installPostgres(ctx context.Context) error {
	return debian.InTurn(func() (err error) {
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
		return debian.Install(ctx, "postgresql")
	})
}
