package main_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/browser"
)

func TestNumbersScreen(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	n.upload(t, 2, tomorrow())
	p := openAccount(t, n)
	p.show("/numbers", "Numbers")
	p.says("+1 202 555 0199")
	p.inspect("numbers")

	p.press("Add number")
	p.fill("number", "12025550143")
	p.press("Register number")
	p.says("The phone number has no + and country code")
	p.inspect("numbers add")
	p.fill("number", "+12025550143")
	p.fill("label", "Second line")
	p.choose("Realtime agent (Realtime)")
	p.press("Register number")
	p.closed()
	p.says("+1 202 555 0143 is registered.")
	p.says("Second line")
	n.tells(t, `{viewer{organization{phoneNumbers{nodes{number label outboundAgent{name}}}}}}`,
		`{"number":"+12025550143","label":"Second line","outboundAgent":{"name":"Realtime agent"}}`)

	p.press("What to do with +1 202 555 0143")
	p.press("Change label")
	p.fill("label", "Overflow")
	p.Press("\r")
	p.closed()
	p.says("Overflow")

	p.press("What to do with +1 202 555 0199")
	p.press("Assign agent")
	if browser.Read[bool](p.Page, `Array.from(document.querySelectorAll('dialog option')).some(({ text }) => text.includes('Text agent'))`) {
		t.Error("a text agent can be chosen")
	}
	p.choose("Realtime agent (Realtime)")
	p.says("Realtime agent speaks in batches created from now on.")
	p.says("1 open batch from this number keeps the agent and the prompt of its creation.")
	p.inspect("numbers assign")
	p.press("Assign")
	p.closed()
	p.says("Realtime agent speaks in new batches from +1 202 555 0199.")
	n.tells(t, `{node(id:"phone_abc123"){... on PhoneNumber{outboundAgent{name}}}}`, `"Realtime agent"`)
}

func TestAgentScreens(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	n.upload(t, 2, tomorrow())
	p := openAccount(t, n)
	p.show("/agents", "Agents")
	p.says("$0.035")
	p.inspect("agents")
	p.press("Renewal agent")
	p.titled("Renewal agent")
	p.says("Without a value the agent gets the braces as they are: {{customerName}}, {{planType}}, {{renewalDate}}.")

	p.fill("prompt", "Call {{ customerName }} at {{phone}}.\n{{unknown}}")
	p.says("3 variables found")
	p.Wait(`Array.from(document.querySelectorAll('.prompt-editor mark'), (one) => one.textContent).join() === '{{ customerName }},{{phone}},{{unknown}}'`)
	p.Wait(`document.querySelector('[data-preview]').innerText === 'Call {{ customerName }} at +12025550101.\n{{unknown}}'`)
	p.Click(`.examples input`)
	p.Press("Ada")
	p.Wait(`document.querySelector('[data-preview]').innerText.startsWith('Call Ada at')`)
	p.says("1 open batch from its numbers keeps the prompt of its creation.")
	p.inspect("agent")
	if !browser.Read[bool](p.Page, `(() => {
		const [marks, text] = document.querySelector('.prompt-editor').children;
		const box = (one) => JSON.stringify(one.getBoundingClientRect());
		return box(marks) === box(text) && text.scrollHeight <= text.clientHeight;
	})()`) {
		t.Error("the marks do not lie below the text")
	}

	leaveUnsaved(p)
	p.press("Save changes")
	p.says("Renewal agent is saved.")
	n.tells(t, `{viewer{organization{agents{nodes{name variables}}}}}`, `{"name":"Renewal agent","variables":["customerName","phone","unknown"]}`)

	p.press("Agents")
	p.titled("Agents")
	p.press("New agent")
	p.titled("New agent")
	p.press("Create agent")
	p.says("name is required.")
	p.fill("name", "Survey")
	p.press("Realtime")
	p.fill("prompt", "Ask {{name}} three questions.")
	p.inspect("agent new")
	p.press("Create agent")
	p.titled("Survey")
	p.says("No number has this agent.")
	n.tells(t, `{viewer{organization{agents{nodes{name architecture}}}}}`, `{"name":"Survey","architecture":"REALTIME"}`)
}

// leaveUnsaved tries to leave what is not saved by a link, a key and the back
// button, and stays.
func leaveUnsaved(p *accountPage) {
	p.t.Helper()
	for way, leave := range map[string]func(){
		"a link":          func() { p.Click(`nav.rail a[href="/keys"]`) },
		"a key":           func() { browser.Read[any](p.Page, `document.activeElement.blur()`); p.Press("gk") },
		"the back button": func() { browser.Read[any](p.Page, `history.back()`) },
	} {
		leave()
		p.says("Leave without saving?")
		p.press("Stay")
		p.closed()
		if !browser.Read[bool](p.Page, `location.pathname.startsWith('/agents/agent_') && document.querySelector('[name=prompt]').value.includes('unknown')`) {
			p.t.Errorf("by %s the page is left", way)
		}
	}
}

func TestCreditsScreen(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	id := n.upload(t, 20, tomorrow())
	p := openAccount(t, n)
	p.show("/credits", "Credits")
	p.says("Set aside for 1 open batch.")
	p.says("$0.035")
	p.Wait(`document.querySelector('.lines a[href="/batches/` + id + `"]')`)
	p.Wait(`document.querySelector('[role=table] a[href="/batches/` + id + `"]')`)
	p.inspect("credits")

	p.press("Added")
	p.Wait(`location.search === '?kind=TOP_UP' && document.querySelectorAll('[role=table] [data-key]').length === 1`)
	p.press("Spent on calls")
	p.says("No line fits")
	p.press("Show all lines")
	p.Wait(`location.search === '' && document.querySelectorAll('[role=table] [data-key]').length === 2`)

	p.press("Add credits")
	p.fill("amount", "much")
	p.press("Add")
	p.says("Enter an amount in dollars")
	p.fill("amount", "12.50")
	p.fill("note", "November")
	p.says("$12.50 is added, and $10,012.50 are there then.")
	p.inspect("credits add")
	p.press("Add $12.50")
	p.closed()
	p.says("$12.50 added.")
	p.Wait(`document.querySelector('.credit-figures .amount').innerText === '$10,012.50'`)
	p.Wait(`document.querySelector('[role=table] [data-index="0"]').innerText.includes('November')`)
	n.tells(t, `{viewer{organization{credits{balanceMicros}}}}`, `"balanceMicros":10012500000`)
}

func TestKeysScreen(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	p := openAccount(t, n)
	p.show("/keys", "API keys")
	p.says("demo key")
	p.inspect("keys")
	for _, width := range []int{320, 960, 1024, 1280} {
		p.Look(width, "light")
		p.Wait(`(() => { // once it is laid out for the width
			const scopes = document.querySelector('[data-scopes]');
			const whole = (one) => one.scrollWidth <= one.clientWidth || getComputedStyle(one).display === 'inline';
			for (let one = scopes; one.role !== 'row'; one = one.parentElement) if (!whole(one)) return false;
			return scopes.innerText.endsWith('Administer');
		})()`)
	}
	p.press("New key")
	p.press("Make key")
	p.says("name is required.")
	p.fill("key-name", "CRM import")
	p.press("Run batches") // not this one
	p.choose("In 30 days")
	p.inspect("keys new")
	p.press("Make key")
	p.Wait(`document.querySelector('[data-secret]')`)
	secret := browser.Read[string](p.Page, `document.querySelector('[data-secret]').innerText`)
	p.says("curl " + n.url + "/graphql")
	p.inspect("keys secret")
	if status, answer := n.asks(t, secret, `{viewer{scopes}}`); status != http.StatusOK || !strings.Contains(answer, `["READ"]`) {
		t.Errorf("the new key is answered %d %s", status, answer)
	}
	p.press("I have kept it")
	p.closed()
	p.says("CRM import")
	p.show("/keys", "API keys")
	p.says("CRM import")
	if browser.Read[bool](p.Page, `document.documentElement.outerHTML.includes(`+browser.Quote(secret)+`)`) {
		t.Error("the key is shown again")
	}

	p.press("What to do with CRM import")
	p.press("Revoke")
	p.says("Every request with it is refused from this moment on.")
	p.inspect("keys revoke")
	p.press("Revoke key")
	p.closed()
	p.Wait(`Array.from(document.querySelectorAll('[data-key]')).find((row) => row.innerText.includes('CRM import')).innerText.includes('Revoked')`)
	if status, answer := n.asks(t, secret, `{viewer{scopes}}`); status != http.StatusUnauthorized {
		t.Errorf("the revoked key is answered %d %s", status, answer)
	}
}

func TestSettingsScreen(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	p := openAccount(t, n)
	other := browser.Open(t, n.url)
	other.Click(`input[name=key]`)
	other.Press(testKey + "\r")
	other.Wait(`document.querySelector('nav.rail')`)

	p.show("/settings", "Settings")
	p.press("Dark")
	p.Wait(`document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(14, 17, 22)'`)
	p.press("As the system has it")
	p.press("Single-key shortcuts")
	browser.Read[any](p.Page, `document.activeElement.blur()`)
	p.Press("?")
	if browser.Read[bool](p.Page, `Boolean(document.querySelector('dialog[open]'))`) {
		t.Error("a key does something although they are switched off")
	}
	p.press("Single-key shortcuts")

	p.fill("limit", "2000")
	p.says("Enter a whole number from 1 to 1,000.")
	p.fill("limit", "7")
	p.says("From now on at most 7 calls at once")
	p.fill("organization", "Acme")
	p.inspect("settings")
	p.press("Save")
	p.says("The organization is changed.")
	n.tells(t, `{viewer{organization{name concurrentCallLimit}}}`, `{"name":"Acme","concurrentCallLimit":7}`)

	p.Wait(`document.querySelectorAll('[data-session]').length === 2 && document.querySelector('[data-session]').innerText.includes('This browser')`)
	if !browser.Read[bool](p.Page, `Boolean(document.querySelector('a[href="/ops/river"]'))`) {
		t.Error("an operator is not led to the queue")
	}
	other.Allow(`401`)
	p.press("End session of Chrome on Linux")
	p.press("End session")
	p.closed()
	p.says("No other browser is signed in.")
	other.Wait(`document.querySelector('dialog[open]').innerText.includes('Your session has ended')`)

	p.Allow(`401`)
	p.press("Sign out")
	end := time.Now().Add(patient)
	for answer := ""; !strings.Contains(answer, `"totalCount":0`); _, answer = n.asks(t, testKey, `{viewer{organization{sessions{totalCount}}}}`) {
		if time.Now().After(end) {
			t.Fatalf("the session does not end: %s", answer)
		}
	}
}

// TestAPIScreen sends the requests that the page about the APIs shows, as they
// stand there.
func TestAPIScreen(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	id := n.upload(t, 2, tomorrow())
	p := openAccount(t, n)
	p.show("/settings", "Settings")
	p.says("No other browser is signed in.") // what comes late moves what is below it
	p.press("API")
	p.titled("API")
	p.says(n.url + "/graphql")
	p.says(id)
	p.inspect("api")
	for _, command := range browser.Read[[]string](p.Page, `Array.from(document.querySelectorAll('pre'), (one) => one.innerText)`) {
		if answer := curl(t, command); strings.Contains(answer, `"errors"`) ||
			!strings.Contains(answer, `"SCHEDULED"`) && !strings.Contains(answer, `"success":true`) {
			t.Errorf("%s is answered %s", command, answer)
		}
	}
	p.Goto(n.url + "/schema.graphqls")
	p.says("type Subscription")
}

// curl sends the request that a command of that name would, and returns the answer,
// or the beginning of one that does not end.
func curl(t *testing.T, command string) string {
	t.Helper()
	parts := regexp.MustCompile(`(?s)(http://\S+).* -d '([^']*)'$`).FindStringSubmatch(command)
	if parts == nil {
		t.Fatalf("no request is in %s", command)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, parts[1], strings.NewReader(parts[2]))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range regexp.MustCompile(`-H "(\S+): ([^"]*)"`).FindAllStringSubmatch(command, -1) {
		r.Header.Set(header[1], strings.ReplaceAll(header[2], "$KEY", testKey))
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer := make([]byte, 0, 4<<10)
	for err == nil && !strings.Contains(string(answer), `"status"`) {
		var read int
		read, err = response.Body.Read(answer[len(answer):cap(answer)])
		answer = answer[:len(answer)+read]
	}
	return string(answer)
}

// TestAccountRights shows the screens to somebody whose key may only read.
func TestAccountRights(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir())
	_, answer := n.asks(t, testKey, `mutation { createApiKey(input: {name: "Reader", scopes: [READ]}) { secret } }`)
	var made struct {
		Data struct{ CreateAPIKey struct{ Secret string } }
	}
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.Data.CreateAPIKey.Secret == "" {
		t.Fatalf("no key is made: %v, %s", err, answer)
	}
	p := &accountPage{Page: browser.Open(t, n.url), t: t, n: n}
	p.Allow(`401`)
	p.Click(`input[name=key]`)
	p.Press(made.Data.CreateAPIKey.Secret + "\r")
	p.Wait(`document.querySelector('nav.rail')`)
	for path, c := range map[string]struct{ title, button string }{
		"/numbers": {"Numbers", "Add number"}, "/agents": {"Agents", "New agent"}, "/credits": {"Credits", "Add credits"},
		"/keys": {"API keys", "New key"}, "/webhooks": {"Webhooks", "New endpoint"}, "/settings": {"Settings", "Save"},
	} {
		p.show(path, c.title)
		p.Wait(`Array.from(document.querySelectorAll('main button')).some((one) =>
			one.innerText === ` + browser.Quote(c.button) + ` && one.disabled && one.title === 'Needs the scope ADMIN.')`)
		p.says("ADMIN")
		p.inspect("reader " + c.title)
	}
	p.show("/numbers", "Numbers")
	p.press("What to do with +1 202 555 0199")
	p.Wait(`document.querySelector(':popover-open [aria-disabled=true]').innerText.includes('Needs the scope ADMIN.')`)
}
