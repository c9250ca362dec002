package main_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/outdial/outdial/internal/browser"
)

// poorNode starts a node with an organization that has five cents and eighteen
// numbers, and opens the page on which its batches are made.
func poorNode(t *testing.T) *browser.Page {
	t.Helper()
	folder := t.TempDir()
	out, err := command(t, folder, nil, "organization", "create", "--name", "Poor", "--credits", "0.05", "--phone-number", "+12025550200").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	key := regexp.MustCompile(`API key +(\S+)`).FindSubmatch(out)
	if key == nil {
		t.Fatalf("no key in %s", out)
	}
	n := startNode(t, folder)
	_, answer := n.asks(t, string(key[1]), `{viewer{organization{agents{nodes{id}}}}}`)
	agent := regexp.MustCompile(`agent_\w+`).FindString(answer)
	for i := 1; i < 18; i++ {
		n.asks(t, string(key[1]), fmt.Sprintf(`mutation { createPhoneNumber(input: {number: "+120255502%02d", label: "Line %d", outboundAgentId: %q}) { userErrors { message } } }`, i, i, agent))
	}
	page := browser.Open(t, n.url)
	page.Allow(`401`)
	page.Click(`input[name=key]`)
	page.Press(string(key[1]) + "\r")
	page.Wait(`document.querySelector('nav.rail')`)
	page.Goto(n.url + "/batches/new")
	return page
}

func TestNewBatchBeforeItStarts(t *testing.T) {
	t.Parallel()
	page := poorNode(t)
	const people = "phone\n+12025550101\n+12025550102\n"
	name := func(is string) string {
		return `document.querySelector('[data-field=name]').value === ` + browser.Quote(is)
	}
	numbers := `[...document.querySelectorAll('[role=combobox]')].find((one) => one.labels[0].innerText === 'From')`

	t.Run("a file gives the name until somebody types one", func(t *testing.T) { //nolint:paralleltest // one page
		page.Wait(numbers)
		dropFile(page, "first_list.csv", people)
		page.Wait(name("first list"))
		dropFile(page, "second_list.csv", people)
		page.Wait(name("second list"))
		enter(page, "Name", "Mine")
		dropFile(page, "third_list.csv", people)
		page.Wait(says("third_list.csv") + ` && ` + name("Mine"))
	})

	t.Run("without a number the button says so and leads there", func(t *testing.T) { //nolint:paralleltest // one page
		counted(page, "here", "2 = 2 + 0 + 0 + 0")
		press(page, "Start batch")
		page.Wait(`document.activeElement === ` + numbers + ` && document.activeElement.ariaInvalid === 'true'`)
		page.Wait(says("Choose the number to call from."))
		inspect(t, page, "new batch without a number")
	})

	t.Run("many numbers are searched", func(t *testing.T) { //nolint:paralleltest // one page
		for words, found := range map[string]string{"line 17": "+1 202 555 0217", "5550204": "Line 4"} {
			browser.Read[any](page, numbers+`.blur(), `+numbers+`.focus(), `+numbers+`.select()`)
			page.Press(words)
			page.Wait(`document.querySelectorAll('[role=option]').length === 1 && document.querySelector('[role=option]').innerText.includes(` + browser.Quote(found) + `)`)
		}
		inspect(t, page, "new batch many numbers")
		page.Press("\r")
		page.Wait(numbers + `.value !== '' && !document.querySelector('[role=option]')`)
	})

	t.Run("credits that do not suffice", func(t *testing.T) { //nolint:paralleltest // one page
		settled(page)
		page.Wait(`/Add \$0\.\d+ in credits to start it/.test(document.body.innerText) && document.querySelector('[data-part=submit]').disabled`)
		page.Wait(says("cover 1 contact") + ` && document.querySelector('.plan a[href="/credits"]')`)
		inspect(t, page, "new batch without credits")
		if found := batches(page, ""); len(found) != 0 {
			t.Errorf("made %+v", found)
		}
	})

	t.Run("a start that comes twice", func(t *testing.T) { //nolint:paralleltest // one page
		tick(page, "At a certain time")
		zone := `[...document.querySelectorAll('[role=combobox]')].find((one) => one.labels[0].innerText === 'Time zone')`
		page.Wait(zone)
		browser.Read[any](page, zone+`.focus(), `+zone+`.select()`)
		page.Press("new york")
		page.Wait(`document.querySelector('[role=option]')`)
		page.Press("\r")
		browser.Read[any](page, `document.querySelector('input[type=datetime-local]').focus()`)
		page.Press("11072027\t0130a")
		page.Wait(says("comes twice in New York, as clocks go back. The first one is taken.") + ` && ` + says("05:30 UTC"))
		settled(page)
		inspect(t, page, "new batch overlap")
	})
}
