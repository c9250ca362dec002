package store_test

import (
	"context"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/internal/testdb"
	"github.com/outdial/outdial/store"
)

// way is a way to a server that may swallow what is sent, from one moment on and
// only of the connections there are, as a failing network does.
type way struct {
	url   string
	stuck atomic.Pointer[atomic.Bool] // of the connections made since the last time
}

func throughProxy(t *testing.T, server string) *way {
	t.Helper()
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	w := &way{}
	w.stuck.Store(&atomic.Bool{})
	target := at.Host
	at.Host = listener.Addr().String()
	w.url = at.String()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), "tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			stuck := w.stuck.Load()
			go forward(far, near, stuck)
			go forward(near, far, stuck)
		}
	}()
	return w
}

func forward(to, from net.Conn, stuck *atomic.Bool) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !stuck.Load() {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
}

// swallow loses from now on what is sent over the connections that there are.
func (w *way) swallow() { w.stuck.Swap(&atomic.Bool{}).Store(true) }

func TestListenNoticesSilence(t *testing.T) {
	t.Parallel()
	server := testdb.Postgres(t)
	w := throughProxy(t, server)
	s := open(t, w.url, store.Options{Silence: 300 * time.Millisecond})
	other := open(t, server, store.Options{})
	heard, missed := make(chan string, 10), make(chan struct{}, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Listen(ctx, "news", func(payload string) { heard <- payload }, func() { missed <- struct{}{} })
	}()
	hears := func(payload string) {
		t.Helper()
		if err := other.Notify(t.Context(), "news", payload); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-heard:
			if got != payload {
				t.Errorf("heard %q, want %q", got, payload)
			}
		case <-time.After(patience):
			t.Errorf("%q is not heard", payload)
		}
	}
	<-missed
	hears("first")
	time.Sleep(time.Second) // the server is asked for signs of life, and gives them
	hears("second")
	if len(missed) > 0 {
		t.Error("a server that answers was taken for gone")
	}
	w.swallow()
	select {
	case <-missed:
	case <-time.After(patience):
		t.Fatal("nobody noticed that the server is silent")
	}
	hears("third")
	stop()
	<-done
}
