package main_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/browser"
)

// accountPage is the dashboard in a browser that is signed in, with what people
// do in it.
type accountPage struct {
	*browser.Page

	t *testing.T
	n *node
}

// openAccount signs a browser in by the link that the node printed.
func openAccount(t *testing.T, n *node) *accountPage {
	t.Helper()
	p := &accountPage{Page: browser.Open(t, n.links["dashboard"]), t: t, n: n}
	p.Wait(`document.querySelector('nav.rail a[href="/settings"]')`)
	return p
}

// show opens a screen by its address and waits for its title.
func (p *accountPage) show(path, title string) {
	p.t.Helper()
	p.Goto(p.n.url + path)
	p.titled(title)
}

// titled waits for the title of a screen.
func (p *accountPage) titled(title string) {
	p.t.Helper()
	p.Wait(`document.querySelector('h1')?.innerText === ` + browser.Quote(title))
}

// says waits until a text stands on the page, in the dialog when one is open.
func (p *accountPage) says(text string) {
	p.t.Helper()
	p.Wait(`(` + front + `).innerText.includes(` + browser.Quote(text) + `) || ` +
		`document.querySelector('.toasts').innerText.includes(` + browser.Quote(text) + `)`)
}

// front is what is before everything else: the dialog that is open, or the page.
const front = `(Array.from(document.querySelectorAll('dialog[open]')).at(-1) ?? document.body)`

// press clicks what can be pressed and is called so.
func (p *accountPage) press(name string) {
	p.t.Helper()
	p.Wait(`(() => {
		document.querySelector('[data-pressed]')?.removeAttribute('data-pressed');
		const all = ` + front + `.querySelectorAll('button, a, label, [role^=menuitem], summary');
		const found = Array.from(all).find((one) => one.checkVisibility() && !one.disabled &&
			(one.closest('[role=menu]')?.contains(document.activeElement) ?? true) && // it has its place once it has the focus
			(one.ariaLabel ?? one.innerText.trim()) === ` + browser.Quote(name) + `);
		found?.setAttribute('data-pressed', '');
		return found;
	})()`)
	p.Click("[data-pressed]")
}

// fill writes a text into the field of that name, instead of what was there.
func (p *accountPage) fill(field, text string) {
	p.t.Helper()
	selector := fmt.Sprintf(":is(input, textarea)[name=%q]", field)
	p.Click(selector)
	browser.Read[any](p.Page, `document.querySelector(`+browser.Quote(selector)+`).select()`)
	if text == "" {
		text = "\b"
	}
	p.Press(text)
}

// choose takes an option of the only list of options in front.
func (p *accountPage) choose(option string) {
	p.t.Helper()
	p.Wait(`(() => {
		const list = ` + front + `.querySelector('select');
		const found = Array.from(list.options).find(({ text }) => text === ` + browser.Quote(option) + `);
		if (!found || found.disabled) return false;
		Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(list, found.value);
		return list.dispatchEvent(new Event('change', { bubbles: true }));
	})()`)
}

// closed waits until no dialog is open.
func (p *accountPage) closed() {
	p.t.Helper()
	p.Wait(`!document.querySelector('dialog[open]')`)
}

// inspect takes pictures of the page on telephones and desks, by day and by night,
// and has axe look at each.
func (p *accountPage) inspect(name string) {
	p.t.Helper()
	for _, width := range []int{320, 1280} {
		for _, scheme := range []string{"dark", "light"} {
			p.Look(width, scheme)
			p.Wait(`document.documentElement.scrollWidth <= innerWidth`) // it is no wider than its window
			for _, violation := range p.Axe() {
				p.t.Errorf("%s, %d pixels, %s: %s", name, width, scheme, violation)
			}
			p.Screenshot(fmt.Sprintf("%s %d %s", name, width, scheme))
		}
	}
}

// asks executes a GraphQL operation with an API key and returns the status and
// the answer.
func (n *node) asks(t *testing.T, key, query string) (status int, answer string) {
	t.Helper()
	body := strings.NewReader(`{"query": ` + browser.Quote(query) + `}`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url+"/graphql", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// tells fails the test unless a query, asked with the test's key, is answered
// with the text.
func (n *node) tells(t *testing.T, query, text string) {
	t.Helper()
	if _, answer := n.asks(t, testKey, query); !strings.Contains(answer, text) {
		t.Errorf("%s is answered %s, without %s", query, answer, text)
	}
}

// tomorrow is a start that no test waits for, as uploads take it.
func tomorrow() map[string]string {
	return map[string]string{"scheduledStartTime": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339), "timezone": "UTC"}
}
