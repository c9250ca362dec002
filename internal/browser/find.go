package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/outdial/outdial/internal/debian"
)

// program is the environment variable that names the browser to test with: a
// path, or a name to look for in PATH.
const program = "TEST_CHROMIUM"

// noChromium is what a test says that can get no browser.
const noChromium = "browser: no Chromium to test with. Set TEST_CHROMIUM to the path of Chromium or Chrome, or install one " +
	"(Debian: apt-get install chromium; Ubuntu: Google's package google-chrome-stable; macOS: brew install --cask chromium)"

// chromium returns the browser's path, found when the first test asks.
//
//nolint:gochecknoglobals // installing takes a minute; all tests of a process share what it found
var chromium = sync.OnceValues(func() (string, error) { return Chromium(context.Background()) })

// Chromium returns the path of the browser that tests are to use, and installs
// Debian's package first where none is and this process may.
func Chromium(ctx context.Context) (string, error) {
	if named := os.Getenv(program); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("browser: %s: %w", program, err)
		}
		return path, nil
	}
	if path := find(); path != "" {
		return path, nil
	}
	if err := debian.InTurn(func() error {
		if find() != "" {
			return nil // another process was quicker
		}
		return debian.Install(ctx, "chromium")
	}); err != nil {
		return "", fmt.Errorf("%s: %w", noChromium, err)
	}
	if path := find(); path != "" {
		return path, nil
	}
	return "", errors.New(noChromium)
}

// find looks where distributions put the program; "" when nowhere.
func find() string {
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
		"/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
