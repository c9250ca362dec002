package hooks_test

import (
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/hooks"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

func public(c *hooks.Config) { c.AllowPrivate = false }

// place puts an endpoint at an address that could not be chosen.
func (b *bundle) place(t *testing.T, address string) *ent.WebhookEndpoint {
	t.Helper()
	e, _ := b.endpoint(t, "https://example.com/")
	b.move(t, e, address)
	return e
}

func (b *bundle) move(t *testing.T, e *ent.WebhookEndpoint, address string) {
	t.Helper()
	err := b.store.InTx(b.ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Ent.WebhookEndpoint.UpdateOneID(e.ID).SetURL(address).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPrivateAddresses(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t, nil), public)
	hosts := []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255",
		"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::7f00:1]", "[64:ff9b::7f00:1]",
		"[64:ff9b:1::1]", "[100::1]", "[2001::1]", "[2001:db8::1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[3fff::1]",
		"[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[ff02::1]", "[5f00::1]",
	}
	t.Run("are refused when an endpoint is made", func(t *testing.T) {
		t.Parallel()
		for _, host := range append(hosts, "localhost", "LOCALHOST.", "a.localhost", "printer.local", "db.internal") {
			_, _, err := b.Create(b.ctx, hooks.NewEndpoint{URL: "https://" + host + ":8443/", Events: wanted()})
			if err == nil || !strings.Contains(calling.DetailOf(err), "private network") {
				t.Errorf("%s: %v", host, err)
			}
		}
	})
	e := b.place(t, "https://127.0.0.1")
	for _, host := range append(hosts, "localhost", "2130706433", "127.1") {
		b.move(t, e, "http://"+host+":1/")
		b.happen(t, e, 1)
		b.deliver(t, e)
		d := b.last(t, e)
		// What names no address at all must not be found; nothing may be connected to.
		if !strings.Contains(d.Error, "private network") && !strings.Contains(d.Error, "not known") && !strings.Contains(d.Error, "lookup") {
			t.Errorf("%s: %s", host, d.Error)
		}
		b.pass(time.Hour)
	}
	if s := b.row(t, e); s.FailingSince == nil {
		t.Error("the endpoint is not known to fail")
	}
}

// Public addresses, next to those that are not.
func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLite(t, nil), public)
	hosts := []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
		"172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "[2606:4700::1111]",
		"[2a00:1450::1]", "[::ffff:1.1.1.1]", "example.com", "localhost.example.com", "internal.example.com",
	}
	for _, host := range hosts {
		made, _, err := b.Create(b.ctx, hooks.NewEndpoint{URL: "https://" + host + "/", Events: wanted()})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		if err := b.Delete(b.ctx, made.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// names is a name server whose answers change.
type names struct {
	net.PacketConn

	asked atomic.Int32
	first net.IP // what a name means the first time
	then  net.IP // and afterwards
}

func newNames(t *testing.T, first, then net.IP) *names {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{PacketConn: conn, first: first.To4(), then: then.To4()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.serve()
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return n
}

// serve answers questions for addresses of IPv4, and that there are no others.
func (n *names) serve() {
	packet := make([]byte, 1500)
	for {
		size, from, err := n.ReadFrom(packet)
		if err != nil {
			return
		}
		end := 12
		for packet[end] != 0 {
			end += int(packet[end]) + 1
		}
		end += 5
		if size < end {
			continue
		}
		reply := append([]byte(nil), packet[:end]...)
		reply[2], reply[3] = 0x81, 0x80 // an answer, without an error
		binary.BigEndian.PutUint16(reply[6:], 0)
		binary.BigEndian.PutUint32(reply[8:], 0)
		if packet[end-3] == 1 { // A
			address := n.then
			if n.asked.Add(1) == 1 {
				address = n.first
			}
			binary.BigEndian.PutUint16(reply[6:], 1)
			reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			reply = append(reply, address...)
		}
		_, _ = n.WriteTo(reply, from)
	}
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", n.LocalAddr().String())
	}}
}

// A name whose meaning changes after it was looked at leads nowhere else.
func TestRebinding(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	port := r.URL[strings.LastIndex(r.URL, ":"):]
	n := newNames(t, net.IPv4(93, 184, 216, 34), net.IPv4(127, 0, 0, 1))
	if _, err := n.resolver().LookupHost(t.Context(), "rebind.example.com"); err != nil {
		t.Fatal(err)
	}
	b := setup(t, storetest.SQLite(t, nil), public, func(c *hooks.Config) { c.Resolver = n.resolver() })
	e := b.place(t, "http://rebind.example.com"+port+"/")
	b.happen(t, e, 1)
	b.deliver(t, e)
	if d := b.last(t, e); !strings.Contains(d.Error, "127.0.0.1 is one of a private network") || len(r.all()) > 0 {
		t.Errorf("%d requests, and the log says %s", len(r.all()), d.Error)
	}

	// The same is let through where private networks are allowed, so it was not
	// something else that kept it out.
	b = setup(t, storetest.SQLite(t, nil), func(c *hooks.Config) { c.Resolver = n.resolver() })
	e = b.place(t, "http://rebind.example.com"+port+"/")
	b.happen(t, e, 1)
	b.deliver(t, e)
	if d := b.last(t, e); d.Status != calling.DeliveryDelivered {
		t.Errorf("the log says %s", d.Error)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for behaviour, row := range map[string]struct {
		answer http.HandlerFunc
		says   string // the beginning of the error; empty = delivered
		body   string
	}{
		"204": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "", ""},
		"299": {status(299), "", "this is 299"},
		"a redirect is not followed": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/else", http.StatusTemporaryRedirect)
		}, "It was answered with a redirect", ""},
		"400":                     {status(400), "It was answered with 400 Bad Request.", "this is 400"},
		"a status without a name": {status(799), "It was answered with 799.", "this is 799"},
		"no answer":               {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "There was no answer within 300ms.", ""},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
		}, "", "half"},
		"a connection that ends": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "There was no answer: ", ""},
		"what is no text": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = w.Write([]byte("a\x00b\xffc"))
		}, "It was answered with 500", "a\uFFFDb\uFFFDc"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			b, r := setup(t, storetest.SQLite(t, nil), func(c *hooks.Config) { c.Timeout = 300 * time.Millisecond }), newReceiver(t)
			r.answers(row.answer)
			e, _ := b.endpoint(t, r.URL)
			b.happen(t, e, 1)
			b.deliver(t, e)
			d := b.last(t, e)
			if (row.says == "") != (d.Status == calling.DeliveryDelivered) || !strings.HasPrefix(d.Error, row.says) {
				t.Errorf("it is %s: %s", d.Status, d.Error)
			}
			if row.body != "" && d.ResponseBody != row.body {
				t.Errorf("the answer is %q", d.ResponseBody)
			}
			if n := len(r.all()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A huge answer costs neither memory nor time.
func TestHugeAnswer(t *testing.T) {
	t.Parallel()
	b, r := setup(t, storetest.SQLite(t, nil)), newReceiver(t)
	var sent atomic.Int64
	r.answers(func(w http.ResponseWriter, r *http.Request) {
		chunk := []byte(strings.Repeat("é", 16<<10))
		for r.Context().Err() == nil && sent.Load() < 1<<30 {
			n, err := w.Write(chunk)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	e, _ := b.endpoint(t, r.URL)
	b.happen(t, e, 1)
	b.deliver(t, e)
	d := b.last(t, e)
	if d.Status != calling.DeliveryDelivered || utf8.RuneCountInString(d.ResponseBody) != 1000 || !utf8.ValidString(d.ResponseBody) {
		t.Errorf("it is %s, with %d characters", d.Status, utf8.RuneCountInString(d.ResponseBody))
	}
	r.Close() // waits for the handler
	if sent.Load() >= 1<<30 {
		t.Error("all of it was taken")
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	b, r := setup(t, storetest.SQLite(t, nil)), newReceiver(t)
	e, _ := b.endpoint(t, r.URL+"/?token=hunter2")
	r.Close()
	b.happen(t, e, 1)
	b.deliver(t, e)
	d := b.last(t, e)
	if !strings.Contains(d.Error, "refused") || strings.Contains(d.Error, "hunter2") || d.ResponseStatus != nil {
		t.Errorf("the log says %s", d.Error)
	}
}

// The environment's proxies are not used: they would be asked to look at what
// must not be looked at.
func TestNoProxies(t *testing.T) {
	proxy := newReceiver(t)
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTP_PROXY", "http://"+at.Host)
	b := setup(t, storetest.SQLite(t, nil), func(c *hooks.Config) { c.Timeout = 300 * time.Millisecond })
	e := b.place(t, "http://nobody.invalid/")
	b.happen(t, e, 1)
	b.deliver(t, e)
	if n := len(proxy.all()); n > 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}
