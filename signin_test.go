package main_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/outdial/outdial/internal/testdb"
)

// exchange has a node take the token of a sign-in link and returns the status
// and the cookie.
func (n *node) exchange(t *testing.T, link string) (status int, cookie string) {
	t.Helper()
	_, token, found := strings.Cut(link, "#signin=")
	if !found {
		t.Fatalf("%s is no sign-in link", link)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url+"/session", strings.NewReader(fmt.Sprintf(`{"link": %q}`, token)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", n.url)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	for _, c := range answer.Cookies() {
		cookie = c.Name + "=" + c.Value
	}
	return answer.StatusCode, cookie
}

// get asks for a path with a cookie.
func (n *node) get(t *testing.T, path, cookie string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	t.Run("by the printed link, once, as an operator", func(t *testing.T) {
		t.Parallel()
		n := startNode(t, t.TempDir())
		status, cookie := n.exchange(t, n.links["dashboard"])
		if status != http.StatusNoContent {
			t.Fatalf("answered %d", status)
		}
		if status, _ := n.exchange(t, n.links["dashboard"]); status != http.StatusUnauthorized {
			t.Errorf("the second time it is answered %d", status)
		}
		if status, body := n.get(t, "/session", cookie); status != http.StatusOK || !strings.Contains(body, `"operator":true`) {
			t.Errorf("%d %s", status, body)
		}
		if status, body := n.get(t, "/batch/jobs", cookie); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("by the link of the next start, and still with the cookie of before", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		n := startNode(t, folder)
		_, cookie := n.exchange(t, n.links["dashboard"])
		n.stop(t, syscall.SIGTERM)
		again := startNode(t, folder)
		if status, body := again.get(t, "/session", cookie); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
		if status, _ := again.exchange(t, again.links["dashboard"]); status != http.StatusNoContent {
			t.Errorf("the new link is answered %d", status)
		}
		again.stop(t, syscall.SIGTERM)
		if link := startNode(t, folder, "DEMO=false").links["dashboard"]; strings.Contains(link, "#") {
			t.Errorf("without the demo it prints %s", link)
		}
	})
	t.Run("by the command's link", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		startNode(t, folder).stop(t, syscall.SIGTERM)
		say := func(args ...string) string {
			var out bytes.Buffer
			cmd := command(t, folder, nil, args...)
			cmd.Stdout, cmd.Stderr = &out, &out
			_ = cmd.Run() // what it says tells
			return out.String()
		}
		link := say("sign-in", "--url", "https://outdial.example.com/")
		if !regexp.MustCompile(`^dashboard {4}https://outdial\.example\.com/#signin=[a-z2-7]{26}\nThe link works once, and for 1 hour\.\n$`).MatchString(link) {
			t.Fatalf("it says %s", link)
		}
		if out := say("sign-in", "--url", "outdial.example.com"); !strings.Contains(out, "--url must be") {
			t.Errorf("it says %s", out)
		}
		if out := say("sign-in", "--organization", "org_none"); !strings.Contains(out, "Organization org_none not found") {
			t.Errorf("it says %s", out)
		}
		n := startNode(t, folder)
		_, cookie := n.exchange(t, strings.Fields(link)[1])
		if status, body := n.get(t, "/session", cookie); status != http.StatusOK || !strings.Contains(body, `"operator":false`) {
			t.Errorf("%d %s", status, body)
		}
	})
}

// TestRevocationReachesOtherNodes revokes a session on the one of two nodes, with
// what it has open on the other.
func TestRevocationReachesOtherNodes(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + testdb.Postgres(t)
	first := startNode(t, t.TempDir(), database, "DEMO=true")
	second := startNode(t, t.TempDir(), database, "DEMO=true")
	_, cookie := first.exchange(t, first.links["dashboard"])
	_, body := first.get(t, "/session", cookie)
	id := regexp.MustCompile(`session_[0-9a-z]+`).FindString(body)

	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(second.url, "http")+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Cookie": {cookie}, "Origin": {second.url}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseNow() }()
	var message struct{ Type string }
	if err := wsjson.Write(ctx, c, map[string]any{"type": "connection_init"}); err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Read(ctx, c, &message); err != nil || message.Type != "connection_ack" {
		t.Fatalf("%s, %v", message.Type, err)
	}
	revoke := fmt.Sprintf(`{"query": "mutation { revokeSession(input: {sessionId: \"%s\"}) { userErrors { message } } }"}`, id)
	if status, answer := first.request(t, http.MethodPost, "/graphql", "application/json", strings.NewReader(revoke)); status != http.StatusOK || answer["errors"] != nil {
		t.Fatalf("%d %v", status, answer)
	}
	if err := wsjson.Read(ctx, c, &message); websocket.CloseStatus(err) != 4403 {
		t.Errorf("the socket on the other node ends with %v", err)
	}
}
