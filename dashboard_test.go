package main_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/outdial/outdial/internal/browser"
)

// watching makes the dashboard remember in `seen` what it shows of a batch job,
// each time that changes.
const watching = `(() => {
	globalThis.seen = [];
	const look = () => {
		const status = document.querySelector('[data-status]')?.dataset.status;
		const bar = document.querySelector('.standing [role=progressbar]');
		if (!status || !bar) return;
		const now = { status, title: document.title, icon: document.querySelector('link[rel=icon]').href, finished: Number(bar.ariaValueNow), total: Number(bar.ariaValueMax),
			shown: Number(document.querySelector('[data-part=finished]').textContent) };
		if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
	};
	new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
})()`

// shown is what the dashboard showed of a batch job at one time.
type shown struct {
	Status, Title, Icon    string
	Finished, Total, Shown int
}

// has is whether the batch job that is shown has a status.
func has(status string) string {
	return `document.querySelector('[data-status]')?.dataset.status === ` + browser.Quote(status)
}

// heading is whether the page's heading is a text.
func heading(text string) string {
	return `document.querySelector('h1')?.innerText === ` + browser.Quote(text)
}

// says is whether the page shows a text.
func says(text string) string {
	return `document.body.innerText.includes(` + browser.Quote(text) + `)`
}

// press presses the button, link or item of a menu that says the text, in the
// dialog when one is open.
func press(page *browser.Page, text string) {
	found := `Array.from((document.querySelector('dialog:modal') ?? document).querySelectorAll('button, a'))
		.find((one) => [one.ariaLabel, one.innerText.trim()].includes(` + browser.Quote(text) + `) && one.checkVisibility() && !one.disabled)`
	page.Wait(found)
	browser.Read[any](page, `(`+found+`).click()`)
}

// sample makes the sample batch from the first page, and shows it.
func sample(page *browser.Page) {
	page.Wait(heading("Make the first calls"))
	press(page, "Load sample")
	page.Wait(heading("Sample batch"))
}

// tooWide is what sticks out of a page that is wider than its window, and stays so:
// a window that has just changed is laid out anew.
const tooWide = `(async () => {
	const page = document.documentElement;
	for (let looks = 0; page.scrollWidth > innerWidth && looks < 500; looks++) await new Promise((next) => setTimeout(next, 20));
	if (page.scrollWidth <= innerWidth) return [];
	return ['the page has ' + page.scrollWidth, ...Array.from(document.querySelectorAll('body *'))
		.map((one) => [one, Math.round(one.getBoundingClientRect().right)]).filter(([, right]) => right > innerWidth)
		.map(([one, right]) => one.tagName + '.' + one.className + ' ' + right + ' ' + one.textContent.slice(0, 40))];
})()`

// inspect takes pictures of the page on telephones and desks, by day and by night,
// checks that nothing makes it wider than its window, and has axe look at it.
func inspect(t *testing.T, page *browser.Page, name string) {
	t.Helper()
	each(page, func(width int, scheme string) {
		if wide := browser.Read[[]string](page, tooWide); len(wide) > 0 {
			t.Errorf("%s: the page is wider than %d pixels: %q", name, width, wide)
		}
		page.Screenshot(fmt.Sprintf("%s %d %s", name, width, scheme))
		for _, violation := range page.Axe() {
			t.Errorf("%s, %d pixels, %s: %s", name, width, scheme, violation)
		}
	})
	page.Look(1280, "light")
}

func each(page *browser.Page, do func(width int, scheme string)) {
	for _, width := range []int{320, 1280} {
		for _, scheme := range []string{"dark", "light"} {
			page.Look(width, scheme)
			do(width, scheme)
		}
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()

	t.Run("opens signed in by the printed link and shows a batch to its end", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir(), "DEMO_API_KEY=", "SIMULATOR_TIME_SCALE=600")
		page := browser.Open(t, n.links["dashboard"])
		page.Wait(heading("Make the first calls"))
		if address := browser.Read[string](page, `location.href`); address != n.url+"/" {
			t.Errorf("the address bar shows %s", address)
		}
		inspect(t, page, "first run")

		browser.Read[any](page, watching)
		sample(page)
		page.Wait(has("COMPLETED"))
		page.Wait(`seen.at(-1).finished === 100`)
		wentUp(t, page)
		inspect(t, page, "batch completed")

		press(page, browser.Read[string](page, `Array.from(document.querySelectorAll('.page-header button'), (b) => b.innerText).find((text) => text.startsWith('Retry'))`))
		page.Wait(says("dialed again"))
		inspect(t, page, "retry")
		press(page, browser.Read[string](page, `document.querySelector('dialog button[type=submit]').innerText`))
		page.Wait(`seen.at(-1).finished < 100`)
		page.Wait(has("COMPLETED") + ` && seen.at(-1).finished === 100`)

		page.Goto(n.url + "/batches")
		page.Wait(says("Sample batch"))
		inspect(t, page, "batches")
	})

	t.Run("goes on by itself after the server was killed in the middle", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		n := startNode(t, folder, "SIMULATOR_TIME_SCALE=120")
		page := browser.Open(t, n.links["dashboard"])
		page.Allow(`ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE`)
		browser.Read[any](page, watching)
		sample(page)
		page.Wait(`seen.at(-1).finished > 5`)
		n.stop(t, syscall.SIGKILL)
		page.Wait(`document.body.dataset.stale !== undefined && ` + says("numbers as of"))
		inspect(t, page, "server gone")
		page.Look(320, "light")
		page.Wait(`document.querySelector('.stale').getBoundingClientRect().height < 40`) // its words stand on one line
		page.Look(1280, "light")

		startNode(t, folder, "SIMULATOR_TIME_SCALE=600", "ADDR="+strings.TrimPrefix(n.url, "http://"))
		page.Wait(`document.body.dataset.stale === undefined`)
		page.Wait(has("COMPLETED") + ` && seen.at(-1).finished === 100`)
		wentUp(t, page)
	})

	t.Run("is used with the keyboard alone", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir())
		page := browser.Open(t, n.url+"/batches")
		page.Allow(`status of 401`)
		page.Wait(`document.activeElement.name === 'key'`)
		inspect(t, page, "sign in")
		browser.Read[any](page, `document.querySelector('[name=key]').focus()`)
		page.Press("outdial_nobody_has_this_key\r")
		page.Wait(`document.querySelector('[name=key][aria-invalid]')`)
		inspect(t, page, "wrong key")
		browser.Read[any](page, `document.querySelector('[name=key]').select()`)
		page.Press(testKey + "\r")
		page.Wait(heading("Batches"))

		page.Press("?")
		page.Wait(`document.querySelector('dialog:modal')`)
		inspect(t, page, "shortcuts")
		page.Press("\x1b")
		page.Wait(`!document.querySelector('dialog')`)
		page.Press("gc")
		page.Wait(heading("Calls") + ` && document.activeElement.localName === 'h1'`)
		inspect(t, page, "calls")
		page.Press("gb")
		page.Wait(heading("Batches"))
		page.Press("/")
		page.Wait(`document.activeElement.type === 'search'`)
		// The keyboard's driver types what the page has used up, too.
		browser.Read[any](page, `document.activeElement.select()`)
		page.Press("nothing has this name")
		page.Wait(says("No batch fits") + ` && new URLSearchParams(location.search).get('q') === 'nothing has this name'`)
		inspect(t, page, "nothing found")

		press(page, "Account: Demo organization")
		press(page, "Sign out")
		page.Wait(`document.querySelector('[name=key]')`)
		if found := browser.Read[string](page, `document.body.innerText + JSON.stringify(sessionStorage) + JSON.stringify(localStorage) + document.cookie`); strings.Contains(found, testKey) || strings.Contains(found, "outdial_session") {
			t.Errorf("signing out leaves %s", found)
		}
	})
}

// wentUp checks everything that the dashboard showed of a batch job: the bar and
// the words agree, nothing goes back, and the user sees it move.
func wentUp(t *testing.T, page *browser.Page) {
	t.Helper()
	page.Wait(`seen.at(-1).icon.endsWith('/icon.svg')`)
	states := browser.Read[[]shown](page, `seen`)
	finished, steps, titles := 0, 0, 0
	icons := map[string]bool{}
	for _, s := range states {
		if s.Shown != s.Finished || s.Total != 100 || s.Finished < finished {
			t.Errorf("after %d had finished, the page showed %+v", finished, s)
		}
		if s.Finished > finished && s.Status == "RUNNING" {
			steps++
		}
		if strings.Contains(s.Title, "% Sample batch") {
			titles++
		}
		if strings.HasPrefix(s.Icon, "data:image/svg+xml") {
			icons[s.Icon] = true
		}
		finished = s.Finished
	}
	if finished != 100 || steps < 3 || titles < 3 || len(icons) < 3 {
		t.Errorf("the page showed %d steps, %d titles and %d icons while the batch ran, up to %d finished", steps, titles, len(icons), finished)
	}
}

func TestBatchPage(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=4")
	page := browser.Open(t, n.links["dashboard"])
	sample(page)
	page.Wait(`document.querySelector('.chart svg')`)
	inspect(t, page, "batch")

	away(t, page)
	control(t, page)
	scroll(t, page, n)
	lookAround(t, page, n)
}

// away checks that what was read stays when the server cannot be asked again.
func away(t *testing.T, page *browser.Page) {
	t.Helper()
	page.Wait(`document.querySelector('.chart rect') && document.querySelector('.heat') && document.querySelector('.calls-now li')`)
	browser.Read[any](page, `globalThis.asks = fetch; globalThis.fetch = () => Promise.reject(new TypeError('away'));`)
	page.Wait(`document.querySelector('main .notice.bad') && document.querySelector('.calls-now li')`)
	if !browser.Read[bool](page, `Boolean(document.querySelector('.chart rect') && document.querySelector('.heat')) && !document.body.innerText.includes('UNREACHABLE')`) {
		t.Errorf("while the server is away the page says %s", browser.Read[string](page, `document.querySelector('main').innerText`))
	}
	page.Screenshot("batch away")
	browser.Read[any](page, `globalThis.fetch = asks;`)
	page.Wait(`!document.querySelector('main .notice.bad')`)
}

// disabled is what the open menu offers but cannot be chosen and does not look so, and
// whether it does not fit into the window.
const disabled = `Array.from(document.querySelectorAll('.menu:popover-open')).flatMap((one) => {
	const { top, bottom } = one.getBoundingClientRect();
	const color = (item) => getComputedStyle(item).color;
	const muted = one.querySelector('.why') ? color(one.querySelector('.why')) : '';
	return [...one.querySelectorAll('[aria-disabled=true]')].filter((item) => color(item) !== muted).map((item) => item.innerText)
		.concat(top < 0 || bottom > innerHeight || one.scrollHeight > one.clientHeight ? ['it is cut'] : []);
}).join()`

// control does things with a batch job, each of which is asked about first.
func control(t *testing.T, page *browser.Page) {
	t.Helper()
	for action, confirm := range map[string]string{"Cancel…": "Cancel the batch", "Change limit…": "Save changes"} {
		if action == "Change limit…" {
			press(page, "More")
			if wrong := browser.Read[string](page, disabled); wrong != "" {
				t.Errorf("in the menu, these do not look as they should: %s", wrong)
			}
		}
		press(page, action)
		page.Wait(`document.querySelector('dialog:modal')`)
		if action == "Cancel…" {
			page.Wait(says("to call them, make a new batch"))
		}
		inspect(t, page, "dialog "+confirm)
		press(page, "Go back")
		page.Wait(`!document.querySelector('dialog')`)
	}
	press(page, "Pause")
	page.Wait(says("Nobody is called twice for it."))
	inspect(t, page, "dialog Pause")
	browser.Read[any](page, `document.querySelector('dialog input').focus()`)
	page.Press("to see it stop\r")
	page.Wait(has("PAUSED") + ` && ` + says("Nobody is called until it is resumed."))
	page.Wait(`document.title.startsWith('Paused: Sample batch')`)
	inspect(t, page, "batch paused")
	press(page, "Resume")
	press(page, "Resume")
	page.Wait(has("RUNNING"))
}

// scroll checks that filter, place and focus stay while the contacts change.
func scroll(t *testing.T, page *browser.Page, n *node) {
	t.Helper()
	address := browser.Read[string](page, `location.pathname`)
	page.Goto(n.url + address + "?tab=contacts&q=e")
	page.Wait(`document.querySelectorAll('.grid .body [data-key]').length > 10`)
	inspect(t, page, "contacts")
	browser.Read[any](page, `scrollTo(0, 900)`)
	page.Wait(`document.querySelector('.grid .body [data-index="25"]')`)
	const place = `JSON.stringify([scrollY, document.activeElement.dataset.key, location.search,
			Array.from(document.querySelectorAll('.grid .body [data-key]'), ({ dataset }) => dataset.index + dataset.key)])`
	browser.Read[any](page, `document.querySelector('.grid .body [data-index="25"]').focus({ preventScroll: true })`)
	before := browser.Read[string](page, place)
	version := browser.Read[int](page, `Number(document.querySelector('[data-version]').dataset.version)`)
	page.Wait(fmt.Sprintf(`Number(document.querySelector('[data-version]').dataset.version) > %d`, version+4))
	if after := browser.Read[string](page, place); after != before {
		t.Errorf("the page was at %s and is at %s", before, after)
	}
	page.Press("\r")
	page.Wait(`document.querySelector('.side-panel h2') === document.activeElement && ` + says("Prompt as spoken"))
	inspect(t, page, "contact")
	page.Press("\x1b")
	page.Wait(`!document.querySelector('.side-panel') && document.activeElement.dataset.index === '25'`)
}

// lookAround looks at the other tabs, at what is not there, and cancels.
func lookAround(t *testing.T, page *browser.Page, n *node) {
	t.Helper()
	address := n.url + browser.Read[string](page, `location.pathname`)
	for tab, text := range map[string]string{
		"calls": "Slots", "settings": "As the agent had it", "history": "to see it stop",
	} {
		page.Goto(address + "?tab=" + tab)
		page.Wait(says(text))
		if tab == "history" && browser.Read[bool](page, says("PERSON")+` || `+says("blank rows: 0")) {
			t.Error("the history is told in the API's words, or tells of nothing")
		}
		inspect(t, page, "batch "+tab)
	}
	for _, path := range []string{"/batches/batch_none", "/nothing/here"} {
		page.Goto(n.url + path)
		page.Wait(heading("There is nothing here"))
	}
	inspect(t, page, "not found")
	page.Goto(address)
	page.Wait(has("RUNNING"))
	press(page, "Cancel…")
	page.Wait(`document.querySelector('dialog:modal')`)
	browser.Read[any](page, `Array.from(document.querySelectorAll('dialog label')).find(({ innerText }) => innerText === 'Hang them up now').click()`)
	press(page, "Cancel the batch")
	page.Wait(has("CANCELLED"))
	press(page, "More")
	page.Wait(`document.querySelector('.menu:popover-open')`)
	if items := browser.Read[string](page, menu); items != "Clone,Copy as GraphQL request" {
		t.Errorf("the menu of a batch that was cancelled offers %s", items)
	}
}

// menu is what the open menu offers, one after the other.
const menu = `Array.from(document.querySelectorAll('.menu:popover-open [role=menuitem]'), (one) => one.innerText.trim()).join()`

func TestZone(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	page := browser.Open(t, n.links["dashboard"])
	sample(page)
	const started = `document.querySelector('.page-header time')`
	page.Wait(started)
	before := browser.Read[string](page, started+`.title`)
	press(page, "Display zone: UTC")
	press(page, "Another zone…")
	page.Wait(`document.querySelector('dialog [role=combobox]')`)
	inspect(t, page, "zone")
	browser.Read[any](page, `document.querySelector('dialog [role=combobox]').select()`)
	page.Press("kolkata")
	page.Wait(`document.querySelectorAll('dialog [role=option]').length === 1`)
	inspect(t, page, "zone found")
	browser.Read[any](page, `document.querySelector('dialog [role=option]').click()`)
	press(page, "Save")
	page.Wait(`!document.querySelector('dialog')`)
	if after := browser.Read[string](page, started+`.title`); after == before || !strings.Contains(after, "5:30") {
		t.Errorf("%q became %q", before, after)
	}
	page.Goto(n.url + "/batches")
	page.Wait(`document.querySelector('[aria-label="Display zone: Kolkata"]') && document.querySelector('main time')`)
	if titles := browser.Read[[]string](page, `Array.from(document.querySelectorAll('time'), ({ title }) => title)`); slices.ContainsFunc(titles, func(s string) bool { return !strings.Contains(s, "5:30") }) {
		t.Errorf("times in another zone: %q", titles)
	}
}
