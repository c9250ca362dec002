package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outdial/outdial/internal/browser"
)

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

// TestPlaygroundOfSession uses the playground as whoever is signed in to the
// dashboard, without a key.
func TestPlaygroundOfSession(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	id := n.upload(t, 2, tomorrow())
	page := browser.Open(t, n.links["dashboard"])
	page.Wait(`document.querySelector('nav.rail')`)
	page.Goto(n.url + "/playground/")
	page.Wait(`document.querySelector('#key-status').innerText === 'Signed in as Demo organization'`)
	execute(t, page, "Viewer", "", "availableMicros")
	lookAtPlayground(t, page, "playground session")
	execute(t, page, "BatchProgress", `{ "batchJobId": `+browser.Quote(id)+` }`, `"status": "SCHEDULED"`)
	page.Wait(`(() => { // every line is seen to its end
		const editor = __MONACO.editor.getEditors().find((one) => /operation/.test(one.getModel()?.uri.path));
		return editor.getLayoutInfo().isViewportWrapping && editor.getScrollWidth() <= editor.getLayoutInfo().width;
	})()`)

	page.Look(320, "light")
	page.Goto(n.url + "/playground/")
	page.Wait(`['.graphiql-query-editor', '.graphiql-response'].every((part) => { // one above the other
		const { left, right, bottom, height } = document.querySelector(part)?.getBoundingClientRect() ?? {};
		return left >= 0 && right <= innerWidth && bottom <= innerHeight && height > 80;
	})`)
	page.Screenshot("playground narrow")
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
