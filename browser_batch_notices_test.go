package main_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/browser"
)

// notice is whether a notice with the title says the text.
func notice(title, text string) string {
	return `Array.from(document.querySelectorAll('.notice'), ({ innerText }) => innerText).some((text) =>
		text.startsWith(` + browser.Quote(title) + `) && text.includes(` + browser.Quote(text) + `))`
}

// inList is whether the list of batches gives a reason for one of them.
func inList(id, text string) string {
	return `document.querySelector('[data-key="` + id + `"]').innerText.includes(` + browser.Quote(text) + `)`
}

// openWithKey shows a page to a browser that signs in with a key.
func openWithKey(t *testing.T, n *node, path, key string) *accountPage {
	t.Helper()
	p := &accountPage{Page: browser.Open(t, n.url+path), t: t, n: n}
	p.Allow(`401`)
	p.fill("key", key)
	p.Press("\r")
	return p
}

// TestBatchSaysWhatItWaitsFor drives batches into everything that keeps them from
// dialing, and reads what the list and the page say.
func TestBatchSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()

	t.Run("calling hours and the next retry", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=30", "RETRY_DELAY=4h")
		opens, closes := "20:00", "22:00"
		if time.Now().UTC().Hour() >= 12 {
			opens, closes = "02:00", "04:00"
		}
		closed := n.create(t, "Closed", fmt.Sprintf(`callWindow: {opens: %q, closes: %q, timezone: "UTC"}`, opens, closes), "200", "200")
		retry := n.create(t, "Again", `maxAttempts: 2`, "200", "480")
		p := openBatch(t, n, closed, "RUNNING")
		p.Wait(notice("Waiting for calling hours", "Calling hours are every day "+opens+"–"+closes+", UTC time."))
		p.inspect("batch outside calling hours")
		p.Goto(n.url + "/batches/" + retry)
		p.Wait(notice("Waiting for the next retry", "1 contact waits for another attempt"))
		p.Goto(n.url + "/batches")
		p.Wait(inList(closed, "Waiting for calling hours") + ` && ` + inList(retry, "Waiting for the next retry"))
	})

	t.Run("too many calls that failed", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir())
		id := n.create(t, "Broken line", `maxAttempts: 1`, slices.Repeat([]string{"500"}, 30)...)
		p := openBatch(t, n, id, "PAUSED")
		p.Wait(notice("Paused: too many calls failed", "10 of the last 10 calls failed") + ` && !` + says("attempt_"))
		p.inspect("batch broken")
		failed := browser.Read[string](p.Page, `document.querySelector('.legend a[href*="status=failed"] strong').innerText`)
		p.press("Show them")
		p.Wait(`document.querySelector('[role=table]')?.ariaRowCount - 1 === ` + failed)
		p.Goto(n.url + "/batches")
		p.Wait(inList(id, "too many calls failed"))
	})

	t.Run("slots that other batches have", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=0.1")
		n.tells(t, `mutation{updateOrganization(input: {concurrentCallLimit: 1}){userErrors{message}}}`, `"userErrors":[]`)
		first := n.create(t, "First", ``, "200", "200")
		p := openBatch(t, n, first, "RUNNING")
		p.Wait(says("1 of 1 in use"))
		second := n.create(t, "Second", ``, "200")
		p.Goto(n.url + "/batches/" + second)
		p.Wait(notice("Waiting for a free call slot", "It goes on as those end."))
		p.Wait(says("1 call of other batches"))
		p.inspect("batch without slots")
		p.Goto(n.url + "/batches")
		p.Wait(inList(second, "Waiting for a free call slot"))
	})

	t.Run("another carrier, after which it goes on", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		n := startNode(t, folder)
		id := n.create(t, "Simulated once", `callWindow: {opens: "00:00", closes: "24:00"}, concurrentCallLimit: 1`, slices.Repeat([]string{"480"}, 5)...)
		if code := n.stop(t, syscall.SIGTERM); code != 0 {
			t.Fatalf("the program ends with %d", code)
		}
		n = startNode(t, folder, "CARRIER=webhook", "CARRIER_URL=http://127.0.0.1:9", "CARRIER_TOKEN=nobody_listens_there_0123456789")
		p := openWithKey(t, n, "/batches/"+id, testKey)
		p.Wait(notice("Waiting for its carrier", "A clone is called with this one."))
		p.inspect("batch of another carrier")
	})

	t.Run("calls that do not end", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir(), "SIMULATOR_TIME_SCALE=0.01")
		id := n.create(t, "Standing still", `concurrentCallLimit: 1`, "200", "200")
		p := openBatch(t, n, id, "RUNNING")
		p.Wait(says("1 of 1 in use"))
		if browser.Read[bool](p.Page, says("No call has ended for")) {
			t.Error("a batch that has just begun stands still")
		}
		browser.Read[any](p.Page, `{ const now = Date.now; Date.now = () => now.call(Date) + 1_200_000 }`)
		p.Wait(notice("No call has ended for 20 min", "1 call is in progress."))
		p.inspect("batch standing still")

		n.tells(t, `mutation{cancelBatchJob(input: {batchJobId: "`+id+`"}){userErrors{message}}}`, `"userErrors":[]`)
		p.Wait(has("CANCELLING") + ` && ` + notice("1 call is still in progress.", "It will finish; nobody else is called."))
	})
}

// TestBatchSaysThatCreditsRanOut has an organization spend all it has, by calls
// that last longer than was held for them.
func TestBatchSaysThatCreditsRanOut(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if code := startNode(t, folder).stop(t, syscall.SIGTERM); code != 0 {
		t.Fatalf("the program ends with %d", code)
	}
	var out bytes.Buffer
	cmd := command(t, folder, nil, "organization", "create", "--name", "Short of money", "--credits", "0.11", "--phone-number", "+12025550177")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	found := regexp.MustCompile(`API key +(\S+)\nphone number (\S+)`).FindStringSubmatch(out.String())
	if found == nil {
		t.Fatalf("the organization is made with %s", out.String())
	}
	key, number := found[1], found[2]
	n := startNode(t, folder, "SIMULATOR_TIME_SCALE=2000")
	// The first of them is talked to for long.
	_, answer := n.asks(t, key, `mutation { createBatchJob(input: {name: "Long talks", fromPhoneNumberId: "`+number+`", concurrentCallLimit: 1,
		contacts: {list: [{phone: "+12025383200"}, {phone: "+12025201480"}, {phone: "+12025202480"}]}}) { batchJob { id } userErrors { message } } }`)
	_, rest, _ := strings.Cut(answer, `"id":"`)
	id, _, made := strings.Cut(rest, `"`)
	if !made {
		t.Fatalf("create is answered %s", answer)
	}
	p := openWithKey(t, n, "/batches/"+id, key)
	p.Wait(has("PAUSED") + ` && ` + notice("Paused: credits ran out", "more finishes it."))
	p.inspect("batch without credits")
	p.Goto(n.url + "/batches")
	p.Wait(inList(id, "credits ran out"))
	p.Goto(n.url + "/batches/" + id)
	p.press("Add credits")
	p.titled("Credits")
	p.says("1 batch is paused because credits ran out")
	p.press("Add credits")
	p.fill("amount", "5")
	p.press("Add $5.00")
	p.says("1 batch goes on.")
	p.Goto(n.url + "/batches/" + id)
	p.Wait(`!document.querySelector('[data-status=PAUSED]') && document.querySelector('[data-status]')`)
}
