// Package browser gives tests a page in a real Chromium that has no window, with
// a fresh profile that is gone after the test. A page can ask its own server and
// nobody else; what it asks of others, what it complains of on its console,
// exceptions and violations of its Content-Security-Policy fail the test, also
// when the test looks elsewhere.
//
// Nothing is skipped: where there is no Chromium and none may be installed, the
// test fails and says what to install. BROWSER_SCREENSHOTS names a folder for
// the pictures that tests take.
//
// Only tests import this package. Start reading at Open.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to do what is waited for.
const patience = 40 * time.Second

// screenshots is the environment variable that names the folder for pictures.
const screenshots = "BROWSER_SCREENSHOTS"

// Page is a page in a browser of its own, 1280 by 800 pixels, that prefers light
// colours. It belongs to the goroutine of its test, and each method fails the test
// at once when it cannot do what it says within a patient while.
type Page struct {
	tb     testing.TB
	ctx    context.Context //nolint:containedctx // the browser's library keeps its connection in it
	record *record
}

// Open starts a browser and shows the page at the address, whose host is the
// only one that the page may ask.
func Open(tb testing.TB, address string) *Page {
	tb.Helper()
	path, err := chromium()
	if err != nil {
		tb.Fatal(err)
	}
	server, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Page{tb: tb, record: &record{host: server.Host}}
	// A context of its own, as the test's ends before the page is looked at last.
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(tb.Context()), options(path, server.Hostname())...)
	p.ctx, _ = chromedp.NewContext(ctx, chromedp.WithListener(p.record.hear), chromedp.WithErrorf(tb.Logf))
	tb.Cleanup(func() {
		defer stop() // waits until the browser is gone, and its profile with it
		p.finish()
	})
	if err := chromedp.Do(p.ctx, call(audits.Enable, cdp.Empty{})); err != nil {
		tb.Fatalf("start %s: %v", path, err)
	}
	p.Look(1280, "light")
	p.Goto(address)
	return p
}

// options are the browser's flags: no window, no network of its own, and no
// host but the server's.
func options(path, host string) []chromedp.ExecAllocatorOption {
	chosen := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE "+host),
	)
	if os.Geteuid() == 0 {
		chosen = append(chosen, chromedp.NoSandbox) // which refuses to work for root
	}
	return chosen
}

// finish fails the test for what the page recorded, and keeps a picture of a
// page whose test failed.
func (p *Page) finish() {
	p.tb.Helper()
	for _, problem := range p.Problems() {
		p.tb.Errorf("the page reports %s", problem)
	}
	if p.tb.Failed() {
		p.Screenshot("failed " + p.tb.Name())
	}
}

// Goto shows another page of the server.
func (p *Page) Goto(address string) {
	p.tb.Helper()
	p.do("go to "+address, chromedp.Navigate(address))
}

// Allow makes the page's problems that fit the regular expression no problems,
// as a test must that takes its server away.
func (p *Page) Allow(pattern string) { p.record.allow(regexp.MustCompile(pattern)) }

// Problems returns what went wrong in the page so far and is not allowed:
// requests to other hosts, errors and warnings on its console, exceptions, and
// violations of its policy.
func (p *Page) Problems() []string {
	p.tb.Helper()
	// What happened before an answer has been heard before it.
	p.do("look at the page", chromedp.Evaluate[chromedp.Void](`0`))
	return p.record.list()
}

// Look sets the width of the page and whether it prefers "light" or "dark"
// colours.
func (p *Page) Look(width int, scheme string) {
	p.tb.Helper()
	p.do("set the size",
		chromedp.EmulateViewport(int64(width), 800),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}))
}

// Click clicks the first visible element that fits the CSS selector, once there
// is one.
func (p *Page) Click(selector string) {
	p.tb.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Press presses keys one after the other, wherever the page's focus is; "\t" is
// the tabulator and "\r" the enter key.
func (p *Page) Press(keys string) {
	p.tb.Helper()
	p.do("press keys", chromedp.KeyEvent(keys))
}

// TabBack presses shift and the tabulator.
func (p *Page) TabBack() {
	p.tb.Helper()
	p.do("press shift and tab", chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)))
}

// Choose puts a file into the file input that fits the CSS selector.
func (p *Page) Choose(selector, path string) {
	p.tb.Helper()
	p.do("choose a file in "+selector, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}

// Download does something that has the page save a file, and returns the file's name
// and content once it is whole.
func (p *Page) Download(do func()) (name string, content []byte) {
	p.tb.Helper()
	folder := p.tb.TempDir()
	p.do("allow downloads", call(cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
	}))
	do()
	for end := time.After(patience); ; {
		files, err := os.ReadDir(folder)
		if err != nil {
			p.tb.Fatal(err)
		}
		// What is on its way has another name.
		if len(files) == 1 && !strings.HasSuffix(files[0].Name(), ".crdownload") {
			content, err := os.ReadFile(filepath.Join(folder, files[0].Name())) //nolint:gosec // the folder is the test's own
			if err != nil {
				p.tb.Fatal(err)
			}
			return files[0].Name(), content
		}
		select {
		case <-end:
			p.tb.Fatalf("nothing is saved in %s; there is %v", patience, files)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Wait waits until the JavaScript expression is true in the page. As long as it
// throws, it is not.
func (p *Page) Wait(expression string) {
	p.tb.Helper()
	// Asked in the page, and without making code of text there, which its policy
	// may forbid.
	waiting := fmt.Sprintf(`new Promise((resolve) => {
		const end = performance.now() + %d;
		(function look() {
			let found = false;
			try { found = Boolean(%s); } catch {}
			if (found || performance.now() > end) resolve(found); else setTimeout(look, 20);
		})();
	})`, patience.Milliseconds(), expression)
	if !run(p, "wait for "+expression, chromedp.Evaluate[bool](waiting, chromedp.EvalAwaitPromise)) {
		shown := run(p, "read the page", chromedp.Evaluate[string](`document.body.innerText`))
		p.tb.Fatalf("waited in vain for %s; the page shows:\n%s", expression, shown)
	}
}

// Read returns the value of a JavaScript expression in the page; of a promise,
// what it resolves to.
func Read[T any](p *Page, expression string) T {
	p.tb.Helper()
	return run(p, "read "+expression, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Screenshot keeps a picture of the whole page under the name in the folder of
// BROWSER_SCREENSHOTS, when that is set.
func (p *Page) Screenshot(name string) {
	p.tb.Helper()
	folder := os.Getenv(screenshots)
	if folder == "" {
		return
	}
	picture := run(p, "take a picture", chromedp.FullScreenshot(100))
	name = regexp.MustCompile(`[^\w.]+`).ReplaceAllString(name, "-")
	err := os.MkdirAll(folder, 0o750) //nolint:gosec // the folder of who runs the tests
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600) //nolint:gosec // as above
	}
	if err != nil {
		p.tb.Error(err)
	}
}

// Quote writes a string as JavaScript does.
func Quote(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can be written
	}
	return string(quoted)
}

// do does something with the page, or fails the test.
func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.tb.Helper()
	run(p, what, chromedp.Steps(steps...))
}

// run does something with the page that has an answer, or fails the test.
func run[T any](p *Page, what string, action chromedp.Action[T]) T {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience+5*time.Second)
	defer cancel()
	answer, err := chromedp.Run(ctx, action)
	if err != nil {
		p.tb.Fatalf("%s: %v; the page reports %s", what, err, strings.Join(p.record.list(), "\n"))
	}
	return answer
}

// call makes an action of a command of the browser's protocol.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}
