package main_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/browser"
)

// receiver is a program that takes a webhook's events.
type receiver struct {
	url    string
	status atomic.Int32
	events chan http.Header
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{events: make(chan http.Header, 100)}
	r.status.Store(http.StatusNoContent)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		header := req.Header.Clone()
		body, _ := io.ReadAll(req.Body)
		header.Set("Body", string(body))
		w.WriteHeader(int(r.status.Load()))
		if r.status.Load() != http.StatusNoContent {
			_, _ = io.WriteString(w, "gone for good")
		}
		r.events <- header
	}))
	t.Cleanup(server.Close)
	r.url = server.URL + "/hook"
	return r
}

// next waits for an event and returns its signatures.
func (r *receiver) next(t *testing.T, event string) []string {
	t.Helper()
	select {
	case header := <-r.events:
		if !strings.Contains(header.Get("Body"), `"type":"`+event+`"`) {
			t.Errorf("the event is %s, want %s", header.Get("Body"), event)
		}
		return strings.Fields(header.Get("Webhook-Signature"))
	case <-time.After(patient):
		t.Fatal("no event arrives")
		return nil
	}
}

func TestWebhookScreens(t *testing.T) {
	t.Parallel()
	n := startNode(t, t.TempDir(), "WEBHOOK_ALLOW_PRIVATE=true")
	r := newReceiver(t)
	p := openAccount(t, n)
	p.show("/webhooks", "Webhooks")
	p.says("No endpoint yet")
	p.inspect("webhooks none")

	p.press("New endpoint")
	p.fill("url", "nowhere")
	p.press("Make endpoint")
	p.says("url must be an address")
	p.inspect("webhooks new")
	p.fill("url", r.url)
	p.fill("description", "CRM")
	p.press("contact.completed") // not this one
	p.press("Make endpoint")
	p.Wait(`document.querySelector('[data-secret]')`)
	secret := browser.Read[string](p.Page, `document.querySelector('[data-secret]').innerText`)
	p.inspect("webhooks secret")
	p.press("I have kept it")
	p.titled(r.url)
	if browser.Read[bool](p.Page, `document.documentElement.outerHTML.includes(`+browser.Quote(secret)+`)`) {
		t.Error("the secret is shown again")
	}

	p.press("Send a ping")
	r.next(t, "ping")
	p.Wait(`document.querySelector('[role=table] [data-index="0"]').innerText.includes('Delivered')`)
	p.inspect("webhook")
	p.Click(`[role=table] [data-index="0"]`)
	p.Wait(`document.querySelector('.side-panel h2') === document.activeElement`)
	p.says("HTTP 204")
	p.says(`"type": "ping"`)
	p.inspect("webhook delivery")
	p.press("Send again")
	r.next(t, "ping")
	p.Wait(`document.querySelectorAll('[role=table] [data-key]').length === 2`)
	p.Press("\x1b")
	p.Wait(`!document.querySelector('.side-panel')`)

	rotated(p, r, secret)

	p.press("Change")
	p.fill("description", "CRM and billing")
	p.press("Save")
	p.closed()
	p.says("CRM and billing")
	switchedOff(p, r)
	p.press("More")
	p.press("Delete")
	p.says("Its deliveries go with it")
	p.press("Delete endpoint")
	p.titled("Webhooks")
	p.says("No endpoint yet")
}

// rotated gives the endpoint another secret, beside which the one from before
// signs for a while.
func rotated(p *accountPage, r *receiver, secret string) {
	p.t.Helper()
	p.press("More")
	p.press("Change the secret")
	p.inspect("webhook rotate")
	p.press("Change secret")
	p.Wait(`document.querySelector('[data-secret]') && document.querySelector('[data-secret]').innerText !== ` + browser.Quote(secret))
	p.press("I have kept it")
	p.says("The old one signs until")
	p.press("Send a ping")
	if signatures := r.next(p.t, "ping"); len(signatures) != 2 {
		p.t.Errorf("while both secrets are in force there are the signatures %q", signatures)
	}
}

// switchedOff switches the endpoint off and on, and has its receiver say that it
// is gone.
func switchedOff(p *accountPage, r *receiver) {
	p.t.Helper()
	p.press("More")
	p.press("Switch off")
	p.says("No event is sent to it from this moment on.")
	p.inspect("webhook switch off")
	p.press("Switch off")
	p.closed()
	p.Wait(`document.querySelector('.page-header .badge').innerText === 'Off'`)
	p.press("More")
	p.press("Switch on")
	p.Wait(`document.querySelector('.page-header .badge').innerText === 'On'`)

	r.status.Store(http.StatusGone)
	p.press("Send a ping")
	r.next(p.t, "ping")
	p.Wait(`document.querySelector('[role=table] [data-index="0"]').innerText.includes('Given up')`)
	p.says("Switched off by itself")
	p.Wait(`document.querySelector('.page-header .badge').innerText === 'Off'`)
	p.press("Given up")
	p.Wait(`location.search === '?status=FAILED' && document.querySelector('[role=table] [data-index="0"]').innerText.includes('HTTP 410')`)
	p.press("Look again")
	p.inspect("webhook gone")
}
