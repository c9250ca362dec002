package main_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/browser"
)

// create has a batch job made, with what else its input says, and returns its id.
// The last three digits of its contacts' numbers tell the simulator how their calls
// end.
func (n *node) create(t *testing.T, name, input string, digits ...string) string {
	t.Helper()
	var list strings.Builder
	for i, last := range digits {
		_, _ = fmt.Fprintf(&list, `{phone: "+1202%d%s", name: "Person %d", customFields: {customerName: "Person %d"}} `, 5200+i, last, i, i)
	}
	_, answer := n.asks(t, testKey, fmt.Sprintf(`mutation { createBatchJob(input: {name: %q, fromPhoneNumberId: "phone_abc123",
		contacts: {list: [%s]} %s}) { batchJob { id } userErrors { message } } }`, name, list.String(), input))
	_, rest, found := strings.Cut(answer, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("create is answered %s", answer)
	}
	return id
}

// cut is what is written in a table and stands outside of its cell or the window,
// where it may not be cut: statuses, times and money.
const cut = `Array.from(document.querySelectorAll('.grid .body :is(.badge, time, .nowrap)')).filter((one) => {
	const { left, right, width } = one.getBoundingClientRect();
	const cell = one.closest('[role=cell]').getBoundingClientRect();
	return width === 0 || left < 0 || right > Math.min(innerWidth, cell.right + 1);
}).map((one) => one.innerText)`

// TestBatchesList looks at batches of every kind in windows of every width.
func TestBatchesList(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=30")
	many := make([]string, 400)
	for i := range many {
		many[i] = fmt.Sprintf("%03d", 100+i%90)
	}
	stopped := n.create(t, "A name that is much longer than any window is wide, of a batch that was cancelled", `concurrentCallLimit: 4`, many...)
	failed := n.create(t, "Some were not reached", `maxAttempts: 1`, "200", "404", "404", "500", "480")
	n.create(t, "Next year, under a name that is longer than a card is wide", fmt.Sprintf(`scheduledStartTime: %q`, time.Now().AddDate(0, 4, 0).UTC().Format(time.RFC3339)), "200")
	page := browser.Open(t, n.links["dashboard"])
	page.Wait(heading("Batches"))
	row := func(id string) string { return `document.querySelector('[data-key="` + id + `"]')` }
	page.Wait(`Number(` + row(stopped) + `.querySelector('[role=progressbar]').ariaValueNow) > 3`)
	if _, answer := n.asks(t, testKey, `mutation { cancelBatchJob(input: {batchJobId: "`+stopped+`", hangUp: true}) { userErrors { message } } }`); !strings.Contains(answer, `"userErrors":[]`) {
		t.Fatalf("the batch is not cancelled: %s", answer)
	}
	page.Wait(row(stopped) + `.innerText.includes('Cancelled')`)
	page.Wait(row(failed) + `.innerText.includes('4 not reached')`)
	page.Goto(n.url + "/batches")
	page.Wait(row(stopped))

	if !browser.Read[bool](page, `(() => {
		const row = `+row(stopped)+`, bar = row.querySelector('[role=progressbar]');
		const cancelled = bar.querySelector('.cancelled').getBoundingClientRect().width / bar.getBoundingClientRect().width;
		const [, done] = row.innerText.match(/(\d+) of 400/), [, left] = row.innerText.match(/(\d+) cancelled/);
		return Number(done) + Number(left) === 400 && bar.ariaValueNow === done && Math.abs(cancelled - left / 400) < 0.02;
	})()`) {
		t.Errorf("the batch that was cancelled is shown as %s", browser.Read[string](page, row(stopped)+`.outerHTML`))
	}
	for _, width := range []int{320, 500, 860, 1024, 1280} {
		page.Look(width, "light")
		page.Wait(`document.querySelector('.grid').classList.contains('cards') === ` + strconv.FormatBool(width < 860))
		if lost := browser.Read[[]string](page, cut); len(lost) > 0 {
			t.Errorf("%d pixels wide, %q are cut", width, lost)
		}
		page.Screenshot(fmt.Sprintf("batches list %d", width))
	}
	inspect(t, page, "batches list")
	page.Goto(n.url + "/batches/" + stopped)
	page.Wait(has("CANCELLED"))
	inspect(t, page, "batch cancelled")
	lead(t, page)
	finished(t, page, n, failed)

	page.Goto(n.url + "/credits")
	each(page, func(width int, scheme string) {
		page.Wait(`document.querySelector('.lines .live-numbers').offsetHeight < 2 * parseFloat(getComputedStyle(document.body).fontSize)`)
		page.Screenshot(fmt.Sprintf("credits held %d %s", width, scheme))
	})
}

// finished looks at a batch that is over: nothing is shown that means something
// only while it runs.
func finished(t *testing.T, page *browser.Page, n *node, id string) {
	t.Helper()
	page.Goto(n.url + "/batches/" + id)
	page.Wait(has("COMPLETED") + ` && document.querySelector('.chart rect')`)
	inspect(t, page, "batch finished")
	if labels := browser.Read[string](page, `Array.from(document.querySelectorAll('.figures dt'), (one) => one.innerText).join()`); labels != "Took,Pace,Cost" {
		t.Errorf("the figures of a batch that is over are %s", labels)
	}
	if browser.Read[bool](page, `Boolean(document.querySelector('[role=switch], .calls-now'))`) {
		t.Error("a batch that is over looks live")
	}
	if !browser.Read[bool](page, `(() => {
		const svg = document.querySelector('.chart svg').getBoundingClientRect();
		return Array.from(document.querySelectorAll('.chart rect')).every((one) => one.getBoundingClientRect().width > svg.width / 30);
	})()`) {
		t.Error("the bars of a short batch are slivers")
	}
	lead(t, page)
}

// lead follows the numbers of a batch's page, each of which leads to as many contacts.
func lead(t *testing.T, page *browser.Page) {
	t.Helper()
	const links = `Array.from(document.querySelectorAll('main a[href*="tab=contacts&status="]'), ({ href, innerText }) => [href, innerText])`
	read := browser.Read[[][2]string](page, links)
	if len(read) < 2 {
		t.Fatalf("only these numbers lead to contacts: %q", read)
	}
	for _, link := range read {
		page.Goto(link[0])
		number, _, _ := strings.Cut(link[1], " ")
		page.Wait(`document.querySelector('[role=table]')?.ariaRowCount - 1 === ` + number)
		page.Wait(`document.querySelector('.chips [aria-pressed=true] .count').innerText === ` + browser.Quote(number))
	}
}
