package main_test

import (
	"strings"
	"testing"

	"github.com/outdial/outdial/internal/browser"
)

// TestNewBatchOfAnExport mends what the server exported of rejected rows and has it
// called: the browser and the server read the same in it.
func TestNewBatchOfAnExport(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	page := signedIn(t, n)
	dropFile(page, "first.csv", "phone,name,note\n+12025550101,Ann,a\n12025550102,Bob,=1+1\nn/a,Cid,x;'-2\n")
	pick(page, "From", "Renewal agent")
	settled(page)
	press(page, "Start batch")
	page.Wait(`location.pathname.startsWith('/batches/batch_')`)
	first := batches(page, "first")[0]
	export := browser.Read[string](page, `fetch('/batch/jobs/`+first.ID+`/rejected.csv').then((answer) => answer.text())`)
	if !strings.Contains(export, "reason_code") {
		t.Fatalf("the export is %s", export)
	}

	newBatch(page, n)
	dropFile(page, "mended.csv", strings.Replace(export, "12025550102", "+12025550102", 1))
	counted(page, "here", "2 = 1 + 1 + 0 + 0")
	pick(page, "From", "Renewal agent")
	counted(page, "server", "2 = 1 + 1 + 0 + 0")
	settled(page)
	if browser.Read[bool](page, `document.body.innerText.includes('reason_code') || document.body.innerText.includes('counts differently')`) {
		t.Error("the columns of the export are taken for the upload's")
	}
	press(page, "Start batch")
	page.Wait(`location.pathname.startsWith('/batches/batch_')`)
	second := batches(page, "mended")[0].Contacts.Nodes
	if len(second) != 1 || second[0].Name != "Bob" || len(second[0].CustomFields) != 1 || second[0].CustomFields["note"] != "=1+1" {
		t.Errorf("made %+v of %s", second, export)
	}
}
