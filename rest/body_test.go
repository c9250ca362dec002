package rest_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/rest"
)

func TestCreateBoundsTheBody(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	b := setup(t, pageTime(), func(c *rest.Config) { c.MaxBody = limit })
	padded := func(n int) string { // a request of n bytes
		head := strings.TrimSuffix(body("x", `"`), "}")
		return head + strings.Repeat("x", n-len(head)-2) + `"}`
	}

	t.Run("takes the last byte that is allowed", func(t *testing.T) {
		t.Parallel()
		for name, r := range map[string]io.Reader{
			"with Content-Length": strings.NewReader(padded(limit)), "chunked": io.MultiReader(strings.NewReader(padded(limit))),
		} {
			if got := b.send(t, http.MethodPost, "/batch/create", "application/json", r); got.status != http.StatusOK {
				t.Errorf("%s: %d %s", name, got.status, got.raw)
			}
		}
	})
	t.Run("refuses one more", func(t *testing.T) {
		t.Parallel()
		csv, contentType := encode(t, form("file", sample+strings.Repeat("\n", limit)))
		for name, c := range map[string]struct {
			contentType string
			body        io.Reader
		}{
			"with Content-Length":    {"application/json", strings.NewReader(padded(limit + 1))},
			"chunked":                {"application/json", io.MultiReader(strings.NewReader(padded(limit + 1)))},
			"a form":                 {contentType, bytes.NewReader(csv)},
			"a chunked form":         {contentType, io.MultiReader(bytes.NewReader(csv))},
			"chunked, much too much": {"application/json", io.MultiReader(strings.NewReader(padded(40 * limit)))},
			"much too much":          {"application/json", strings.NewReader(padded(40 * limit))},
		} {
			got := b.send(t, http.MethodPost, "/batch/create", c.contentType, c.body)
			if got.status != http.StatusRequestEntityTooLarge || got.code() != "file_too_large" {
				t.Errorf("%s: %d %s", name, got.status, got.raw)
			}
		}
	})
	t.Run("answers before the body has come", func(t *testing.T) {
		t.Parallel()
		conn := b.dial(t, fmt.Sprintf("Content-Length: %d\r\n", 1<<40))
		if got, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || got.StatusCode != http.StatusRequestEntityTooLarge || !got.Close {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("says 10 MB by default", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		got := b.json(t, padded(10<<20+1))
		if want := "The request body is larger than 10 MB; split the contacts into several batch jobs."; got.detail() != want {
			t.Errorf("%d %s", got.status, got.raw)
		}
		if got := b.json(t, padded(10<<20)); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})
}

// dial opens a connection and sends the head of a JSON request.
func (b *bundle) dial(t *testing.T, extra string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	head := "POST /batch/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + b.key + "\r\n" + extra + "\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestCreateEndsSlowBodies(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime(), func(c *rest.Config) {
		c.UploadTimeout, c.StallTimeout = 400*time.Millisecond, 150*time.Millisecond
	})
	refused := func(t *testing.T, conn net.Conn) {
		t.Helper()
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusBadRequest || !bytes.Contains(raw, []byte("came too slowly")) {
			t.Errorf("%d %s, %v", got.StatusCode, raw, err)
		}
		if n := len(b.batches(t)); n > 0 {
			t.Errorf("%d batch jobs were stored", n)
		}
	}
	t.Run("that stop", func(t *testing.T) {
		t.Parallel()
		conn := b.dial(t, "Content-Length: 1000\r\n")
		_, _ = io.WriteString(conn, body()[:30])
		refused(t, conn)
	})
	t.Run("that never begin", func(t *testing.T) {
		t.Parallel()
		refused(t, b.dial(t, "Content-Length: 1000\r\n"))
	})
	t.Run("that trickle", func(t *testing.T) {
		t.Parallel()
		conn := b.dial(t, "Content-Length: 100000\r\n")
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			for _, c := range []byte(body("x", quote(strings.Repeat("x", 1000)))) {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
				if _, err := conn.Write([]byte{c}); err != nil {
					return
				}
			}
		}()
		refused(t, conn)
	})
	t.Run("that are wrong before they end", func(t *testing.T) {
		t.Parallel()
		conn := b.dial(t, "Content-Length: 1000\r\n")
		_, _ = io.WriteString(conn, "]")
		if got, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || got.StatusCode != http.StatusBadRequest {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("of strangers", func(t *testing.T) {
		t.Parallel()
		conn := b.dial(t, "X-Api-Key: another\r\nContent-Length: 1000\r\n")
		if got, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || got.StatusCode != http.StatusUnauthorized {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// atRest is the part of a dialer that these tests do not ask for.
type atRest struct{}

func (atRest) Progress(context.Context, ...string) ([]calling.Progress, error) { return nil, nil }

func (atRest) Cancel(context.Context, string, bool, string) (int, error) { return 0, nil }

// slowDialer takes longer than a body may.
type slowDialer struct {
	atRest

	after time.Duration
	ended atomic.Bool
}

func (d *slowDialer) Create(ctx context.Context, _ dialer.CreateRequest) (*dialer.Created, error) {
	select {
	case <-ctx.Done():
		d.ended.Store(true)
		return nil, ctx.Err()
	case <-time.After(d.after):
		return &dialer.Created{
			BatchJobID: "batch_1", Total: 1, Status: calling.BatchPending, Estimate: calling.Estimate{EffectiveLimit: 5},
		}, nil
	}
}

// The deadline is the body's: what follows may take its time, and the
// connection goes on.
func TestCreateLiftsTheDeadline(t *testing.T) {
	t.Parallel()
	slow := &slowDialer{after: 400 * time.Millisecond}
	b := setup(t, pageTime(), func(c *rest.Config) {
		c.Dialer, c.UploadTimeout, c.StallTimeout = slow, 100*time.Millisecond, 100*time.Millisecond
	})
	for range 2 {
		whole, contentType := encode(t, form())
		for _, body := range []io.Reader{bytes.NewReader(whole), io.MultiReader(bytes.NewReader(whole))} {
			got := b.send(t, http.MethodPost, "/batch/create", contentType, body)
			if got.status != http.StatusOK || slow.ended.Load() {
				t.Errorf("%d %s, cancelled: %v", got.status, got.raw, slow.ended.Load())
			}
		}
		if got := b.json(t, body()); got.status != http.StatusOK || slow.ended.Load() {
			t.Errorf("%d %s, cancelled: %v", got.status, got.raw, slow.ended.Load())
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// recording remembers that it was asked.
type recording struct {
	atRest

	asked bool
}

func (r *recording) Create(context.Context, dialer.CreateRequest) (*dialer.Created, error) {
	r.asked = true
	return &dialer.Created{Total: 1, Status: calling.BatchPending, Estimate: calling.Estimate{EffectiveLimit: 5}}, nil
}

func (r *recording) Identify(context.Context, auth.Credentials) (auth.Viewer, error) {
	return auth.Viewer{OrganizationID: "org_1", Scopes: auth.Scopes()}, nil
}

// Whatever is lost of a request, what is left of it creates nothing.
func TestCreateRefusesEveryBeginningOfARequest(t *testing.T) {
	t.Parallel()
	formBody, contentType := encode(t, append(form(), field("maxAttempts", "3")))
	jsonBody := []byte(body("maxAttempts", "3"))
	for name, c := range map[string]struct {
		contentType string
		body        []byte
	}{
		"form": {contentType, bytes.TrimSuffix(formBody, []byte("-\r\n"))},
		"json": {"application/json", jsonBody[:len(jsonBody)-1]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recording{}
			handler := rest.New(rest.Config{Dialer: r, Accounts: r, Log: discard()})
			for n := range len(c.body) + 1 {
				request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/batch/create", bytes.NewReader(c.body[:n]))
				request.Header.Set("Authorization", "Bearer key")
				request.Header.Set("Content-Type", c.contentType)
				w := httptest.NewRecorder()
				edge.Wrap(handler, discard()).ServeHTTP(w, request)
				if r.asked || w.Code != http.StatusBadRequest {
					t.Fatalf("the first %d bytes: %d %s", n, w.Code, w.Body)
				}
			}
		})
	}
}

func TestCreateRefusesABodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	for name, c := range map[string]struct{ head, body string }{
		"with Content-Length": {"Content-Length: 5000\r\n", body()},
		"chunked":             {"Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n", len(body()), body())},
		"not chunked at all":  {"Transfer-Encoding: chunked\r\n", "hello\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := b.dial(t, c.head)
			_, _ = io.WriteString(conn, c.body)
			tcp, ok := conn.(*net.TCPConn)
			if !ok {
				t.Fatal("not TCP")
			}
			_ = tcp.CloseWrite()
			if got, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && got.StatusCode != http.StatusBadRequest {
				t.Errorf("%v", got)
			}
			if n := len(b.batches(t)); n > 0 {
				t.Errorf("%d batch jobs were stored", n)
			}
		})
	}
}
