package studio_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/outdial/outdial/internal/debian"
)

// TestUnits runs the tests of the page's own logic, ui/src/**/*.test.ts, in
// Node.js: among them the reader of files, which is held to the server's vectors.
func TestUnits(t *testing.T) {
	t.Parallel()
	// Node reads these; that the test does, too, has it run again when they change.
	for _, shared := range []string{"../contacts/testdata/vectors.json", "../calling/testdata/prompts.json"} {
		read(t, shared)
	}
	install(t)
	if output, err := npm(t, "test").CombinedOutput(); err != nil {
		t.Errorf("npm test: %v\n%s", err, output)
	}
}

// install installs Node.js, where Debian has it and it is lacking, and the
// packages of the lock file.
func install(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		if err := debian.InTurn(func() error { return debian.Install(t.Context(), "nodejs", "npm") }); err != nil {
			t.Fatalf("Node.js 20 or newer with npm is needed (Debian: apt-get install nodejs npm): %v", err)
		}
	}
	wanted, err := os.Stat("ui/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	// npm writes this when it has installed everything.
	if there, err := os.Stat("ui/node_modules/.package-lock.json"); err == nil && !there.ModTime().Before(wanted.ModTime()) {
		return
	}
	if output, err := npm(t, "ci", "--no-audit", "--no-fund", "--prefer-offline").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
}

func npm(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	folder, err := filepath.Abs("ui")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "npm", args...)
	command.Dir = folder
	return command
}
