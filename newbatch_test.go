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

// newBatch opens the page on which batches are made, as it is at first.
func newBatch(page *browser.Page, n *node) {
	browser.Read[any](page, `sessionStorage.clear()`)
	page.Goto(n.url + "/batches/new")
	page.Wait(`document.querySelector('.newbatch select')`)
}

// signedIn opens the page on which batches are made in a browser of its own.
func signedIn(t *testing.T, n *node) *browser.Page {
	t.Helper()
	page := browser.Open(t, n.links["dashboard"])
	page.Wait(heading("Make the first calls"))
	newBatch(page, n)
	return page
}

// contactsFile writes a file of contacts and returns its path.
func contactsFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// transfer is JavaScript for what a person drops or pastes.
func transfer(kind, event, name, content string) string {
	add := `data.setData('text/plain', text)`
	if name != "" {
		add = `data.items.add(new File([text], ` + browser.Quote(name) + `))`
	}
	return fmt.Sprintf(`(() => {
		const text = %s, data = new DataTransfer();
		%s;
		const field = %s;
		document.querySelector('.drop').dispatchEvent(new %s('%s', { [field]: data, bubbles: true, cancelable: true }));
	})()`, browser.Quote(content), add, browser.Quote(map[string]string{"DragEvent": "dataTransfer", "ClipboardEvent": "clipboardData"}[kind]), kind, event)
}

func dropFile(page *browser.Page, name, content string) {
	browser.Read[any](page, transfer("DragEvent", "drop", name, content))
}

func paste(page *browser.Page, text string) {
	browser.Read[any](page, transfer("ClipboardEvent", "paste", "", text))
}

// pick chooses the option that holds the text, in the list with the label.
func pick(page *browser.Page, label, text string) {
	list := fmt.Sprintf(`[...document.querySelectorAll('select')].find((one) => (one.ariaLabel ?? one.labels[0]?.innerText).startsWith(%s))`, browser.Quote(label))
	page.Wait(list)
	browser.Read[any](page, fmt.Sprintf(`(() => {
		const list = %s;
		list.value = [...list.options].find((one) => one.text.includes(%s) && !one.disabled).value;
		list.dispatchEvent(new Event('change', { bubbles: true }));
	})()`, list, browser.Quote(text)))
}

// tick presses the box or the button beside the label.
func tick(page *browser.Page, label string) {
	box := fmt.Sprintf(`[...document.querySelectorAll('label')].find((one) => one.innerText === %s)`, browser.Quote(label))
	page.Wait(box)
	browser.Read[any](page, box+`.click()`)
}

// enter types into the field with the label, in place of what is there.
func enter(page *browser.Page, label, text string) {
	field := fmt.Sprintf(`[...document.querySelectorAll('label')].findLast((one) => one.innerText === %s).control`, browser.Quote(label))
	page.Wait(field)
	browser.Read[any](page, field+`.focus(), `+field+`.select()`)
	page.Press(text)
}

// counted waits until the sum is that of the server, or of the browser, and says
// rows = ready + rejected + duplicates + blank.
func counted(page *browser.Page, by, sum string) {
	page.Wait(fmt.Sprintf(`(() => {
		const sum = document.querySelector('[data-part=sum]');
		const [rows, ...parts] = [...sum.querySelectorAll('dd')].map((one) => one.innerText.replace(/\D/g, ''));
		return sum.dataset.by === '%s' && rows + ' = ' + parts.join(' + ') === '%s';
	})()`, by, sum))
}

// settled waits until the server has spoken about what is on the page.
func settled(page *browser.Page) {
	page.Wait(`document.querySelector('[data-part=server-check]') && document.querySelector('[data-part=figures]:not(.old)')`)
}

// made is a batch as the API has it.
type made struct {
	ID, Name                        string
	TotalContacts, RejectedContacts int
	DuplicateContacts, MaxAttempts  int
	ScheduledStartTime              *string
	CallWindow                      *struct{ Opens, Closes, Timezone string }
	Contacts                        struct{ Nodes []madeContact }
}

type madeContact struct {
	Phone, Name  string
	CustomFields map[string]string
}

// batches returns every batch there is whose name begins with the words.
func batches(page *browser.Page, name string) []made {
	text := browser.Read[string](page, `fetch('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: `+browser.Quote(`{
		viewer { organization { batchJobs(first: 100) { nodes {
			id name totalContacts rejectedContacts duplicateContacts maxAttempts scheduledStartTime
			callWindow { opens closes timezone }
			contacts(first: 3) { nodes { phone name customFields } }
		} } } }
	}`)+` }) }).then((answer) => answer.text())`)
	var answer struct {
		Data struct {
			Viewer struct {
				Organization struct{ BatchJobs struct{ Nodes []made } }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		panic(err) // the API answers with JSON
	}
	var found []made
	for _, one := range answer.Data.Viewer.Organization.BatchJobs.Nodes {
		if strings.HasPrefix(one.Name, name) {
			found = append(found, one)
		}
	}
	return found
}

const mixedFile = "phone,name,Customer Name,renewalDate\n" +
	"+12025550101,Ann,Ann A.,Feb 1\n" +
	"12025550102,Bob,Bob B.,Feb 2\n" +
	"12025550103,Cid,Cid C.,\n" +
	"(202) 555-0104,Dee,Dee D.,Feb 4\n" +
	"+1 (202) 555-0105,Eve,Eve E.,Feb 5\n" +
	"n/a,Fay,Fay F.,Feb 6\n" +
	"+12025550101,Ann again,Ann A.,Feb 7\n" +
	",,,\n"

func TestNewBatch(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "DEMO_API_KEY="+testKey)
	page := signedIn(t, n)
	inspect(t, page, "new batch")

	t.Run("a dropped file is checked at once, mended, and called", func(t *testing.T) { //nolint:paralleltest // one page
		dropFile(page, "January_renewals.csv", mixedFile)
		counted(page, "here", "8 = 1 + 5 + 1 + 1")
		pick(page, "From", "Renewal agent")
		counted(page, "server", "8 = 1 + 5 + 1 + 1")
		settled(page)
		inspect(t, page, "new batch checked")

		press(page, "Add the +")
		counted(page, "here", "8 = 3 + 3 + 1 + 1")
		counted(page, "server", "8 = 3 + 3 + 1 + 1")
		press(page, "Add +1")
		press(page, "Remove formatting")
		counted(page, "server", "8 = 5 + 1 + 1 + 1")
		page.Wait(says("2 numbers: + added"))
		press(page, "Use the column “Customer Name”")
		press(page, "Fill in…")
		page.Wait(`document.querySelector('dialog:modal')`)
		inspect(t, page, "new batch default")
		enter(page, "Text", "Basic\r")
		page.Wait(says("is “Basic” where it is empty"))
		pick(page, "Call the one that comes", "last")
		settled(page)
		inspect(t, page, "new batch mended")

		press(page, "Preview prompt")
		page.Wait(`document.querySelector('dialog:modal .prompt').innerText.includes('Cid C.') && document.querySelector('.prompt .missing')`)
		inspect(t, page, "new batch preview")
		press(page, "Close")

		page.Wait(says("Calls 5 people from +1 202 555 0199 starting now, 5 at a time, up to 3 tries each; simulated"))
		browser.Read[any](page, `(() => { const b = document.querySelector('[data-part=submit]'); b.click(); b.click(); })()`)
		page.Wait(`location.pathname.startsWith('/batches/batch_')`)
		found := batches(page, "January renewals")
		if len(found) != 1 || found[0].TotalContacts != 5 || found[0].RejectedContacts != 1 || found[0].DuplicateContacts != 1 {
			t.Fatalf("two presses made %+v", found)
		}
		first := found[0].Contacts.Nodes[0]
		if first.Name != "Ann again" || first.CustomFields["customerName"] != "Ann A." || first.CustomFields["planType"] != "Basic" {
			t.Errorf("the first contact is %+v", first)
		}

		page.Goto(n.url + "/batches/new?clone=" + found[0].ID)
		page.Wait(says("Like January renewals") + ` && document.querySelector('[data-field=name]').value === 'January renewals'`)
		inspect(t, page, "new batch like another")
	})

	t.Run("rows pasted from a spreadsheet, mended by hand and by file", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		paste(page, "Mobile\tname\tnote\r\n+12025550101\tAnn\t5\" pipe\r\n0\tBob\t\"a\r\nb\"\r\n1\tCid\t=1+1\r\n")
		page.Wait(says("CSV must have 'phone' column"))
		inspect(t, page, "new batch without phone")
		press(page, "Use the column “Mobile” as phone")
		counted(page, "here", "3 = 1 + 2 + 0 + 0")

		browser.Read[any](page, `globalThis.saved = []; { const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((text) => saved.push(text)); return make.call(URL, blob); }; }`)
		press(page, "Download rejected.csv")
		page.Wait(`saved.length === 1`)
		rejected := browser.Read[string](page, `saved[0]`)
		for _, want := range []string{"Mobile,name,note,row,reason_code,reason\r\n", "\t0,Bob,\"a\nb\",2,invalid_phone_format,", ",Cid,'=1+1,3,"} {
			if !strings.Contains(rejected, want) {
				t.Errorf("the rejected rows are without %q:\n%s", want, rejected)
			}
		}
		dropFile(page, "rejected.csv", strings.Replace(rejected, "\t0,Bob", "+12025550102,Bob", 1))
		counted(page, "here", "3 = 2 + 1 + 0 + 0")
		page.Wait(says("2 rows were put back"))

		press(page, "Show rejected rows")
		page.Wait(`document.querySelector('dialog:modal .rows input')`)
		page.Wait(`/Cid · =1\+1/.test(document.querySelector('dialog .rows').innerText)`)
		inspect(t, page, "new batch rows")
		browser.Read[any](page, `document.querySelector('dialog .rows input').select()`)
		page.Press("+12025550103\r")
		page.Wait(says("Mended."))
		press(page, "Close")
		counted(page, "here", "3 = 3 + 0 + 0 + 0")
		press(page, "Paste rows")
		page.Wait(`document.querySelector('dialog:modal textarea')`)
		inspect(t, page, "new batch paste")
		press(page, "Cancel")
	})

	t.Run("files as spreadsheets write them, and other files", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		page.Choose("[data-part=file]", contactsFile(t, "excel.csv", "\ufeffphone;name;Betrag\r\n+12025550101;Jörg, Müller;1,5\r\n"))
		page.Wait(says("UTF-8 with BOM, semicolon"))
		counted(page, "here", "1 = 1 + 0 + 0 + 0")
		page.Choose("[data-part=file]", contactsFile(t, "plain.csv", "phone;name\r\n+12025550101;J\xf6rg \x80\r\n")) // Windows-1252
		page.Wait(says("Line 2 is not UTF-8 text"))
		press(page, "Read it as Windows text")
		page.Wait(`document.querySelector('.columns').textContent.includes('Jörg €')`)
		page.Choose("[data-part=file]", contactsFile(t, "book.csv", "PK\x03\x04\x14\x00"))
		page.Wait(says("The file looks like an Excel workbook"))
		inspect(t, page, "new batch workbook")
		page.Choose("[data-part=file]", contactsFile(t, "bare.csv", "Ann,+12025550101\nBob,+12025550102\n"))
		press(page, "The first row is a contact")
		pick(page, "Use of the column column_2", "Phone")
		counted(page, "here", "2 = 2 + 0 + 0 + 0")
	})

	t.Run("a start that clocks skip, and one that is past", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		dropFile(page, "later.csv", "phone,customerName,renewalDate,planType\n+12025550101,Ann,Feb 1,Basic\n")
		pick(page, "From", "Renewal agent")
		tick(page, "At a certain time")
		page.Wait(`document.querySelector('[role=combobox]')`)
		browser.Read[any](page, `document.querySelector('[role=combobox]').select()`)
		page.Press("new york")
		page.Wait(`document.querySelector('[role=option]')`)
		browser.Read[any](page, `document.querySelector('[role=option]').click()`)
		browser.Read[any](page, `document.querySelector('input[type=datetime-local]').focus()`)
		page.Press("03142027\t0230a")
		page.Wait(says("does not exist in New York: clocks go forward over it") + ` && ` + says("07:30 UTC"))
		tick(page, "Call during certain hours only")
		settled(page)
		inspect(t, page, "new batch gap")
		press(page, "Schedule batch")
		page.Wait(`location.pathname.startsWith('/batches/batch_')`)
		found := batches(page, "later")
		if len(found) != 1 || found[0].ScheduledStartTime == nil || *found[0].ScheduledStartTime != "2027-03-14T07:30:00Z" ||
			found[0].CallWindow == nil || found[0].CallWindow.Opens != "09:00" {
			t.Errorf("made %+v", found)
		}

		newBatch(page, n)
		dropFile(page, "past.csv", "phone\n+12025550101\n")
		pick(page, "From", "Renewal agent")
		tick(page, "At a certain time")
		browser.Read[any](page, `document.querySelector('input[type=datetime-local]').focus()`)
		page.Press("01012020\t0900a")
		page.Wait(says("is in the past"))
		enter(page, "Calls at once", "99")
		press(page, "Schedule batch")
		page.Wait(`document.querySelectorAll('[aria-invalid=true]').length >= 2 && document.activeElement.ariaInvalid === 'true'`)
		inspect(t, page, "new batch wrong")
		if found := batches(page, "past"); len(found) != 0 {
			t.Errorf("made %+v", found)
		}
	})
}

func TestNewBatchKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	page := signedIn(t, n)
	const one = "phone,customerName,renewalDate,planType\n+12025550101,Ann,Feb 1,Basic\n"

	t.Run("ten thousand rows", func(t *testing.T) { //nolint:paralleltest // one page
		var rows strings.Builder
		rows.WriteString("phone,name,customerName,renewalDate\n")
		for i := range 10_000 {
			fmt.Fprintf(&rows, "+1202%07d,Person %d,Customer %d,Feb %d\n", 5_550_000+i, i, i, i%28+1)
		}
		pick(page, "From", "Renewal agent")
		page.Choose("[data-part=file]", contactsFile(t, "many.csv", rows.String()))
		counted(page, "here", "10000 = 10000 + 0 + 0 + 0")
		t.Log(browser.Read[string](page, `document.querySelector('[data-part=local-check]').innerText`))
		counted(page, "server", "10000 = 10000 + 0 + 0 + 0")
		page.Wait(says("about 67 h") + ` && ` + says("17 h at 20"))
		press(page, "Start batch")
		page.Wait(`location.pathname.startsWith('/batches/batch_')`)
		if found := batches(page, "many"); len(found) != 1 || found[0].TotalContacts != 10_000 {
			t.Errorf("made %+v", found)
		}
	})

	t.Run("an answer that is lost makes no second batch", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		dropFile(page, "lost.csv", one)
		pick(page, "From", "Renewal agent")
		settled(page)
		browser.Read[any](page, `(() => {
			const real = fetch;
			globalThis.fetch = async (address, options) => {
				const answer = await real(address, options);
				if (options?.body instanceof FormData && options.body.get('operations').includes('CreateBatch')) {
					globalThis.fetch = real;
					throw new TypeError('Failed to fetch');
				}
				return answer;
			};
		})()`)
		press(page, "Start batch")
		page.Wait(says("No answer came from the server"))
		inspect(t, page, "new batch unanswered")
		press(page, "Start batch")
		page.Wait(`location.pathname.startsWith('/batches/batch_')`)
		if found := batches(page, "lost"); len(found) != 1 {
			t.Errorf("made %+v", found)
		}
	})

	t.Run("a session that ends in the middle", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		page.Allow(`status of 401`)
		dropFile(page, "expired.csv", one)
		pick(page, "From", "Renewal agent")
		enter(page, "Tries each", "7")
		page.Wait(says("up to 7 tries each"))
		settled(page)
		browser.Read[any](page, `fetch('/session', { method: 'DELETE' })`)
		page.Wait(`document.querySelector('dialog:modal [name=key]')`)
		inspect(t, page, "new batch expired")
		enter(page, "API key", testKey+"\r")
		page.Wait(`!document.querySelector('dialog')`)
		settled(page)
		press(page, "Start batch")
		page.Wait(`location.pathname.startsWith('/batches/batch_')`)
		if found := batches(page, "expired"); len(found) != 1 || found[0].MaxAttempts != 7 || found[0].TotalContacts != 1 {
			t.Errorf("made %+v", found)
		}
	})

	t.Run("with the keyboard alone", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		tabTo := func(is string) {
			t.Helper()
			for range 60 {
				page.Press("\t")
				if browser.Read[bool](page, `((one) => `+is+`)(document.activeElement)`) {
					return
				}
			}
			t.Fatalf("the tabulator does not get to %s", is)
		}
		tabTo(`one.innerText === 'Paste rows'`)
		page.Press("\r")
		page.Wait(`document.activeElement.localName === 'textarea'`)
		page.Press("phone,name\r+12025550101,Ann\r")
		tabTo(`one.innerText === 'Use these rows'`)
		page.Press("\r")
		counted(page, "here", "1 = 1 + 0 + 0 + 0")
		tabTo(`one.dataset.field === 'name'`)
		page.Press("keyboard")
		tabTo(`one.localName === 'select' && one.labels[0]?.innerText === 'From'`)
		page.Press("+1 202 555 0199")
		settled(page)
		tabTo(`one.dataset.part === 'submit'`)
		page.Press("\r")
		page.Wait(`location.pathname.startsWith('/batches/batch_')`)
		if found := batches(page, "keyboard"); len(found) != 1 || found[0].TotalContacts != 1 {
			t.Errorf("made %+v", found)
		}
	})

	t.Run("a form is kept over a reload, and contacts never are", func(t *testing.T) { //nolint:paralleltest // one page
		newBatch(page, n)
		dropFile(page, "kept.csv", one)
		enter(page, "Tries each", "9")
		page.Wait(says("Draft kept"))
		if kept := browser.Read[string](page, `JSON.stringify(sessionStorage) + JSON.stringify(localStorage)`); strings.Contains(kept, "2025550101") || strings.Contains(kept, "customerName") {
			t.Errorf("the browser keeps %s", kept)
		}
		page.Goto(n.url + "/batches/new")
		page.Wait(`document.querySelector('[data-field=name]').value === 'kept' && document.querySelector('input[max="10"]').value === '9'`)
	})
}
