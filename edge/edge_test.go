package edge_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/edge"
)

// journal is a log that can be read while it is written.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// lines returns the log lines with a message.
func (j *journal) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []map[string]any
	for line := range bytes.Lines(j.buf.Bytes()) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatal(err)
		}
		if m["msg"] == message {
			found = append(found, m)
		}
	}
	return found
}

// line returns the one line with a message, which is written after the answer.
func (j *journal) line(t *testing.T, message string) map[string]any {
	t.Helper()
	for range 200 {
		if lines := j.lines(t, message); len(lines) > 0 {
			if len(lines) > 1 {
				t.Errorf("%d lines %q, want one", len(lines), message)
			}
			return lines[0]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no line %q in the log", message)
	return nil
}

// serve answers requests with handler inside Wrap.
func serve(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *journal) {
	t.Helper()
	j := &journal{}
	server := httptest.NewUnstartedServer(edge.Wrap(handler, j.logger()))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	t.Cleanup(server.Close)
	return server, j
}

func get(t *testing.T, url string) (*http.Response, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var body map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return answer, body
}

func TestWrap(t *testing.T) {
	t.Parallel()

	t.Run("gives a request an id and one line without keys and query", func(t *testing.T) {
		t.Parallel()
		ids := make(chan string, 1)
		server, j := serve(t, func(w http.ResponseWriter, r *http.Request) {
			ids <- edge.RequestID(r.Context())
			edge.WriteJSON(w, http.StatusTeapot, map[string]bool{"ok": true})
		})
		began := time.Now()
		answer, _ := get(t, server.URL+"/a/b?key=secret")
		id := <-ids
		if !strings.HasPrefix(id, "req_") || len(id) != 30 || answer.Header.Get("X-Request-Id") != id {
			t.Errorf("id %q, header %q", id, answer.Header.Get("X-Request-Id"))
		}
		line := j.line(t, "request")
		if took, ok := line["duration_ms"].(float64); !ok || took <= 0 || took > float64(time.Since(began))/float64(time.Millisecond) {
			t.Errorf("duration_ms is %v", line["duration_ms"])
		}
		for _, k := range []string{"time", "level", "duration_ms"} {
			delete(line, k)
		}
		want := map[string]any{"msg": "request", "method": "GET", "path": "/a/b", "status": 418.0, "request_id": id}
		if diff := cmp.Diff(want, line); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("answers a panic with 500 and logs its stack once", func(t *testing.T) {
		t.Parallel()
		server, j := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			panic("the secret inside")
		})
		answer, body := get(t, server.URL)
		if answer.StatusCode != 500 || body["code"] != "internal" || body["success"] != false || body["requestId"] != answer.Header.Get("X-Request-Id") {
			t.Errorf("%d %v", answer.StatusCode, body)
		}
		if strings.Contains(fmt.Sprint(body), "secret") {
			t.Errorf("the answer tells of the inside: %v", body)
		}
		line := j.line(t, "panic")
		if stack, _ := line["stack"].(string); !strings.Contains(stack, "edge_test.go") || line["panic"] != "the secret inside" || line["request_id"] != body["requestId"] {
			t.Errorf("log line %v", line)
		}
		if line := j.line(t, "request"); line["status"] != 500.0 {
			t.Errorf("log line %v", line)
		}
	})

	t.Run("cuts the connection when a panic comes in the middle of an answer", func(t *testing.T) {
		t.Parallel()
		server, j := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic("late")
		})
		if err := read(t, server.URL); err == nil {
			t.Error("half an answer passed for a whole one")
		}
		j.line(t, "panic")
		if line := j.line(t, "request"); line["status"] != 499.0 {
			t.Errorf("log line %v", line)
		}
	})

	t.Run("passes http.ErrAbortHandler on", func(t *testing.T) {
		t.Parallel()
		server, j := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		if err := read(t, server.URL); err == nil {
			t.Error("an aborted request was answered")
		}
		j.line(t, "request")
		if lines := j.lines(t, "panic"); len(lines) > 0 {
			t.Errorf("logged as a panic: %v", lines)
		}
	})
}

// read reads an answer whole.
func read(t *testing.T, url string) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

func TestWrapPassesStreamsOn(t *testing.T) {
	t.Parallel()

	t.Run("flushes", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		server, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			flusher, ok := w.(http.Flusher)
			if !ok {
				panic("no http.Flusher")
			}
			_, _ = io.WriteString(w, "first")
			flusher.Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		defer close(release)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		first := make([]byte, 5)
		if _, err := io.ReadFull(answer.Body, first); err != nil || string(first) != "first" {
			t.Errorf("%q, %v", first, err)
		}
	})

	t.Run("hijacks", func(t *testing.T) {
		t.Parallel()
		server, j := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			hijacker, ok := w.(http.Hijacker)
			if !ok {
				panic("no http.Hijacker")
			}
			conn, _, err := hijacker.Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = io.WriteString(conn, "raw")
			_ = conn.Close()
			panic("after the takeover")
		})
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if got, err := io.ReadAll(conn); err != nil || string(got) != "raw" {
			t.Errorf("%q, %v", got, err)
		}
		j.line(t, "panic")
		if line := j.line(t, "request"); line["status"] != 101.0 {
			t.Errorf("log line %v", line)
		}
	})

	t.Run("sets deadlines", func(t *testing.T) {
		t.Parallel()
		server, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute))
			edge.WriteJSON(w, http.StatusOK, map[string]bool{"set": err == nil})
		})
		if _, body := get(t, server.URL); body["set"] != true {
			t.Errorf("%v", body)
		}
	})
}

func TestKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		authorization, apiKey []string
		want                  string // empty = refused
	}{
		"bearer":                     {authorization: []string{"Bearer outdial_1"}, want: "outdial_1"},
		"bearer in any case":         {authorization: []string{"bEARER  outdial_1 "}, want: "outdial_1"},
		"x-api-key":                  {apiKey: []string{"outdial_1"}, want: "outdial_1"},
		"both the same":              {authorization: []string{"Bearer outdial_1"}, apiKey: []string{"outdial_1"}, want: "outdial_1"},
		"both, and different":        {authorization: []string{"Bearer outdial_1"}, apiKey: []string{"outdial_2"}},
		"two headers, and different": {authorization: []string{"Bearer outdial_1", "Bearer outdial_2"}},
		"none":                       {},
		"another scheme":             {authorization: []string{"Basic dTpw"}},
		"another scheme beside":      {authorization: []string{"Basic dTpw"}, apiKey: []string{"outdial_1"}},
		"a bare key":                 {authorization: []string{"outdial_1"}},
		"a scheme alone":             {authorization: []string{"Bearer"}},
		"empty":                      {authorization: []string{""}},
		"empty x-api-key":            {apiKey: []string{""}},
		"a space in the key":         {authorization: []string{"Bearer one two"}},
		"not ASCII":                  {apiKey: []string{"schlüssel"}},
		"a tab instead of the space": {authorization: []string{"Bearer\toutdial_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header["Authorization"], r.Header["X-Api-Key"] = c.authorization, c.apiKey
			got, err := edge.Key(r)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("Key = %q, %v; want %q", got, err, c.want)
			}
			if err != nil && (calling.CodeOf(err) != calling.CodeUnauthenticated || strings.Contains(err.Error(), "outdial_")) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// pgError stands for an error of PostgreSQL.
type pgError string

func (e pgError) Error() string    { return "postgres says " + string(e) }
func (e pgError) SQLState() string { return string(e) }

func TestWriteError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
		logged bool
	}{
		"a known error":           {calling.Errorf(calling.CodeNotFound, "No."), 404, "not_found", false},
		"a wrapped one":           {fmt.Errorf("doing: %w", calling.Errorf(calling.CodeConflict, "No.")), 409, "conflict", false},
		"an unknown error":        {errors.New("table secret is missing"), 500, "internal", true},
		"internal with a cause":   {&calling.Error{Code: calling.CodeInternal, Detail: "Failed.", Cause: errors.New("secret")}, 500, "internal", true},
		"cancelled":               {fmt.Errorf("secret: %w", context.Canceled), 503, "unavailable", true},
		"out of time":             {fmt.Errorf("secret: %w", context.DeadlineExceeded), 503, "unavailable", true},
		"no connection":           {fmt.Errorf("secret: %w", driver.ErrBadConn), 503, "unavailable", true},
		"refused connection":      {fmt.Errorf("secret: %w", &net.OpError{Op: "dial", Err: errors.New("refused")}), 503, "unavailable", true},
		"database shutting down":  {fmt.Errorf("secret: %w", pgError("57P01")), 503, "unavailable", true},
		"database full of others": {fmt.Errorf("secret: %w", pgError("53300")), 503, "unavailable", true},
		"a defect in SQL":         {fmt.Errorf("secret: %w", pgError("42703")), 500, "internal", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "1")
				w.Header().Set("Content-Encoding", "gzip")
				edge.WriteError(w, r, slog.New(slog.DiscardHandler), c.err)
			})
			answer, body := get(t, server.URL)
			if answer.StatusCode != c.status || body["code"] != c.code || body["success"] != false ||
				body["requestId"] != answer.Header.Get("X-Request-Id") || answer.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %v %v", answer.StatusCode, answer.Header, body)
			}
			if strings.Contains(fmt.Sprint(body), "secret") {
				t.Errorf("the answer tells of the inside: %v", body)
			}

			log := &journal{}
			w := httptest.NewRecorder()
			edge.WriteError(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), log.logger(), c.err)
			if lines := log.lines(t, "request failed"); (len(lines) == 1) != c.logged {
				t.Errorf("logged %v", lines)
			}
		})
	}
}

func TestWriteErrorBody(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	edge.WriteError(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), slog.New(slog.DiscardHandler), &calling.Error{
		Code: calling.CodeUnauthenticated, Detail: "Say 'please' & <thank you>.",
		Problems: []calling.Problem{{Field: "contacts[3].phone", Row: 4, Code: calling.CodeInvalidPhoneFormat, Detail: "No."}, {Field: "name", Code: calling.CodeInvalidRequest, Detail: "Yes."}},
	})
	want := `{"success":false,"detail":"Say 'please' & <thank you>.","code":"unauthenticated","errors":[` +
		`{"field":"contacts[3].phone","row":4,"code":"invalid_phone_format","detail":"No."},` +
		`{"field":"name","code":"invalid_request","detail":"Yes."}],"requestId":""}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
	if got := w.Header().Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate: %q", got)
	}
}
