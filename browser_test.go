package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outdial/outdial/internal/browser"
)

// watching makes the dashboard remember in `seen` what it shows of its first
// batch job, each time that changes.
const watching = `(() => {
	globalThis.seen = [];
	new MutationObserver(() => {
		const batch = document.querySelector('#batches li.batch');
		if (!batch) return;
		const numbers = (text) => (text.match(/\d+/g) ?? []).map(Number);
		const [finished, total] = numbers(batch.querySelector('[data-part=finished]').textContent);
		seen.push({
			status: batch.dataset.status, finished, total,
			sum: Array.from(batch.querySelectorAll('.counts dd'), ({ textContent }) => Number(textContent)).reduce((a, b) => a + b),
		});
	}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
})()`

// shown is what the dashboard showed of a batch job at one time.
type shown struct {
	Status               string
	Finished, Total, Sum int
}

// ended waits until the first batch job is shown as completed.
const ended = `document.querySelector('#batches li.batch').dataset.status === 'COMPLETED'`

func TestDashboard(t *testing.T) {
	t.Parallel()

	t.Run("opens signed in by the printed link and shows a batch to its end", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir(), "DEMO_API_KEY=", "SIMULATOR_TIME_SCALE=600")
		page := browser.Open(t, n.withKey())
		page.Wait(`!document.querySelector('#dashboard').hidden && !document.querySelector('#empty').hidden`)
		if address := browser.Read[string](page, `location.href`); address != n.url+"/" {
			t.Errorf("the address bar shows %s", address)
		}
		look(t, page, "dashboard empty")

		browser.Read[any](page, watching)
		page.Click("#sample")
		page.Wait(`document.querySelector('#connection').dataset.live === 'true'`)
		page.Wait(`seen.at(-1).finished > 20`)
		look(t, page, "dashboard running")
		page.Wait(ended)
		wentUp(t, page)
		page.Wait(`document.querySelector('#calls').textContent.startsWith('0 ') && document.querySelector('#held').textContent === '$0.00'`)
		full(t, page)
		look(t, page, "dashboard completed")
	})

	t.Run("goes on by itself after the server was killed in the middle", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		n := startNode(t, folder)
		page := browser.Open(t, n.withKey())
		page.Allow(`ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE`)
		page.Wait(`!document.querySelector('#dashboard').hidden`)
		browser.Read[any](page, watching)
		page.Click("#sample")
		page.Wait(`seen.at(-1).finished > 20`)
		n.stop(t, syscall.SIGKILL)
		page.Wait(`document.querySelector('#connection').dataset.live === 'false' && document.body.dataset.stale`)
		look(t, page, "dashboard server gone")

		startNode(t, folder, "ADDR="+strings.TrimPrefix(n.url, "http://"))
		page.Wait(`document.querySelector('#connection').dataset.live === 'true' && !document.body.dataset.stale`)
		page.Wait(ended)
		wentUp(t, page)
		full(t, page)
		if text := browser.Read[string](page, `document.querySelector('#notice').innerText`); text != "" {
			t.Errorf("the notice stays: %s", text)
		}
	})

	t.Run("is used with the keyboard alone", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir())
		page := browser.Open(t, n.url)
		page.Allow(`status of 401`)
		focused := func(id string) { page.Wait(`document.activeElement.id === ` + browser.Quote(id)) }

		focused("key")
		page.Press("outdial_nobody_has_this_key\r")
		page.Wait(`document.querySelector('#sign-in-error').innerText !== ''`)
		focused("key")
		look(t, page, "dashboard wrong key")
		if text := browser.Read[string](page, `document.querySelector('#sign-in-error').innerText`); !strings.Contains(text, "key") || !strings.HasSuffix(text, ".") {
			t.Errorf("a wrong key is answered with %q", text)
		}

		page.Press(testKey + "\r")
		page.Wait(`!document.querySelector('#dashboard').hidden && document.querySelector('#sign-in').hidden`)
		page.Press("\t")
		focused("sample")
		page.Press("\r")
		page.Wait(`document.querySelector('#batches li.batch')`)
		focused("sample")
		page.TabBack()
		focused("sign-out")
		page.Press("\r")
		page.Wait(`!document.querySelector('#sign-in').hidden && document.querySelector('#dashboard').hidden`)
		focused("key")
		page.Goto(n.url)
		page.Wait(`!document.querySelector('#sign-in').hidden`)
		if found := browser.Read[string](page, `document.body.innerText + JSON.stringify(sessionStorage) + JSON.stringify(localStorage)`); strings.Contains(found, testKey) || strings.Contains(found, "Sample") {
			t.Errorf("signing out leaves %s", found)
		}
	})
}

// withKey is the dashboard's address with the key that the program printed.
func (n *node) withKey() string {
	return strings.Replace(n.links["playground"], "/playground#", "/#", 1)
}

// look takes pictures of the page on telephones and desks, by day and by night,
// and checks that nothing makes it wider than its window.
func look(t *testing.T, page *browser.Page, name string) {
	t.Helper()
	for _, width := range []int{320, 1280} {
		for _, scheme := range []string{"dark", "light"} {
			page.Look(width, scheme)
			if !browser.Read[bool](page, `document.documentElement.scrollWidth <= innerWidth`) {
				t.Errorf("%s: the page is wider than %d pixels", name, width)
			}
			page.Screenshot(fmt.Sprintf("%s %d %s", name, width, scheme))
		}
	}
}

// wentUp checks everything that the dashboard showed of a batch job: all of it
// adds up, nothing goes back, and the user sees it move.
func wentUp(t *testing.T, page *browser.Page) {
	t.Helper()
	states := browser.Read[[]shown](page, `seen`)
	finished, steps := 0, 0
	for _, s := range states {
		if s.Sum != 100 || s.Total != 100 || s.Finished < finished {
			t.Errorf("after %d had finished, the page showed %+v", finished, s)
		}
		if s.Finished > finished && s.Status == "RUNNING" {
			steps++
		}
		finished = s.Finished
	}
	if finished != 100 || steps < 3 {
		t.Errorf("the page showed %d steps while the batch ran, up to %d finished", steps, finished)
	}
}

// full checks that the bar of a finished batch job is full of what is finished.
func full(t *testing.T, page *browser.Page) {
	t.Helper()
	bar := browser.Read[struct{ Now, Max, Width, Filled float64 }](page, `(() => {
		const bar = document.querySelector('#batches li.batch [data-part=bar]');
		const done = Array.from(bar.querySelectorAll('[data-status=completed], [data-status=failed]'));
		return { Now: Number(bar.ariaValueNow), Max: Number(bar.ariaValueMax), Width: bar.clientWidth,
			Filled: done.reduce((sum, part) => sum + part.getBoundingClientRect().width, 0) };
	})()`)
	if bar.Now != 100 || bar.Max != 100 || bar.Width-bar.Filled > 2 { // segments stand a pixel apart
		t.Errorf("the bar of the finished batch is %+v", bar)
	}
}

func TestPlayground(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "DEMO_API_KEY=")
	page := browser.Open(t, n.links["playground"])
	page.Wait(`document.querySelector('#key-status').innerText === 'Key accepted'`)
	if address := browser.Read[string](page, `location.href`); address != n.url+"/playground/" {
		t.Errorf("the address bar shows %s", address)
	}

	answer := execute(t, page, "Viewer", "", "availableMicros")
	if !strings.Contains(answer, `"simulated": true`) {
		t.Errorf("the query is answered %s", answer)
	}
	lookAtPlayground(t, page, "playground query")

	csv := "phone,name,customerName\n"
	for i := range 40 {
		csv += fmt.Sprintf("+120255501%02d,Person %d,Person %d\n", i, i, i)
	}
	file := filepath.Join(t.TempDir(), "contacts.csv")
	if err := os.WriteFile(file, []byte(csv+"12,Nobody,Nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	page.Click(`button[aria-label="Show Files"]`)
	page.Choose("#file-0", file)
	answer = execute(t, page, "CreateBatchJobFromFile", "", "userErrors")
	lookAtPlayground(t, page, "playground upload")
	var created struct {
		Data struct {
			CreateBatchJob struct {
				BatchJob                        struct{ ID string }
				TotalContacts, RejectedContacts int
				UserErrors                      []any
			}
		}
	}
	if err := json.Unmarshal([]byte(answer), &created); err != nil {
		t.Fatal(err)
	}
	job := created.Data.CreateBatchJob
	if job.TotalContacts != 40 || job.RejectedContacts != 1 || len(job.UserErrors) > 0 {
		t.Fatalf("the upload is answered %s", answer)
	}

	execute(t, page, "BatchProgress", `{ "batchJobId": `+browser.Quote(job.BatchJob.ID)+` }`, `"status": "RUNNING"`)
	page.Wait(answering(`"status": "COMPLETED"`))
	page.Wait(`document.querySelector('.graphiql-execute-button').ariaLabel.startsWith('Execute')`) // the subscription is over
	lookAtPlayground(t, page, "playground subscription")
	versions := browser.Read[[]string](page, `Array.from(new Set(answers.map((text) => text.match(/"version": "?(\d+)/)?.[1]).filter(Boolean)))`)
	if len(versions) < 3 {
		t.Errorf("the subscription showed the versions %v", versions)
	}
}

// model is the text of one of the playground's editors.
func model(name string) string {
	return `__MONACO.editor.getModels().find(({ uri }) => /` + name + `/.test(uri.path))`
}

// answering is whether the playground shows an answer that contains the text.
func answering(text string) string {
	return model("response") + `.getValue().includes(` + browser.Quote(text) + `)`
}

// execute runs the operation of a tab of the playground, with its own variables
// when none are given, and returns the answer once it contains the text.
func execute(t *testing.T, page *browser.Page, tab, variables, text string) string {
	t.Helper()
	tabs := `Array.from(document.querySelectorAll('.graphiql-tab-button')).find(({ innerText }) => innerText === ` + browser.Quote(tab) + `)`
	page.Wait(tabs)
	browser.Read[any](page, tabs+`.click()`)
	page.Wait(model("operation") + `.getValue().includes(` + browser.Quote(" "+tab) + `)`)
	if variables != "" {
		browser.Read[any](page, model("variables")+`.setValue(`+browser.Quote(variables)+`)`)
	}
	browser.Read[any](page, `(() => {
		globalThis.answers = [];
		const response = `+model("response")+`;
		response.onDidChangeContent(() => answers.push(response.getValue()));
	})()`)
	page.Click(".graphiql-execute-button")
	page.Wait(answering(text))
	return browser.Read[string](page, model("response")+`.getValue()`)
}

// lookAtPlayground takes pictures by night and by day, which the editors follow.
func lookAtPlayground(t *testing.T, page *browser.Page, name string) {
	t.Helper()
	for scheme, theme := range map[string]string{"dark": "vs-dark", "light": "vs"} {
		page.Look(1280, scheme)
		page.Wait(`document.querySelector('.monaco-editor').classList.contains(` + browser.Quote(theme) + `)`)
		page.Screenshot(name + " " + scheme)
	}
}
