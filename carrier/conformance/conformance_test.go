package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/carrier/conformance"
)

const token = "secret"

// runtime starts the example, whose calls take longer than the tests, and
// returns its address.
func runtime(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runtime")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../../examples/runtime").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), path, "-addr", "127.0.0.1:0", "-token", token, "-pace", "1h")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context kills it
	lines := bufio.NewReader(stderr)
	first, err := lines.ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(first), "waiting for calls on ")
	if err != nil || !found {
		t.Fatalf("the example says %q: %v", first, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return address
}

// failures checks a runtime and returns the names of the checks that fail.
func failures(t *testing.T, address, token string, patience time.Duration) []string {
	t.Helper()
	names, made := []string{}, 0
	failed := conformance.Run(t.Context(), conformance.Config{
		URL: address + "/", Token: token, To: "+12025550101", From: "+12025550199", Patience: patience,
	}, func(r conformance.Result) {
		made++
		if r.Err != nil {
			t.Logf("%s: %v", r.Check.Name, r.Err)
			names = append(names, r.Check.Name)
		}
	})
	if failed != len(names) || made > len(conformance.Checks()) {
		t.Errorf("%d of %d are said to have failed, %d were told", failed, made, len(names))
	}
	return names
}

// defect is what a broken runtime does differently: with the request before it
// is answered, with the answer, or with both.
type defect struct {
	request func(*http.Request)
	answer  func(*http.Response)
}

func TestRuntimes(t *testing.T) {
	t.Parallel()
	address := runtime(t)
	t.Run("the example passes every check", func(t *testing.T) {
		t.Parallel()
		if failed := failures(t, address, token, 20*time.Second); len(failed) > 0 {
			t.Errorf("fails %q", failed)
		}
	})
	t.Run("one that is not there fails once", func(t *testing.T) {
		t.Parallel()
		gone := httptest.NewServer(nil)
		gone.Close()
		if failed := failures(t, gone.URL, token, time.Second); len(failed) != 1 {
			t.Errorf("fails %q", failed)
		}
	})
	broken := defects()
	for _, check := range conformance.Checks() {
		t.Run("one that is broken fails exactly: "+check.Name, func(t *testing.T) {
			t.Parallel()
			breaks, ok := broken[check.Name]
			if !ok {
				t.Fatal("there is no runtime that breaks it")
			}
			if check.Do == "" {
				t.Error("what to do is not said")
			}
			proxy := behind(t, address, breaks())
			if diff := cmp.Diff([]string{check.Name}, failures(t, proxy, token, 3*time.Second)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if len(broken) != len(conformance.Checks()) {
		t.Errorf("%d runtimes for %d checks", len(broken), len(conformance.Checks()))
	}
}

// behind puts a defect before the example.
func behind(t *testing.T, address string, d defect) string {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if d.request != nil {
				d.request(r.Out)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if d.answer != nil {
				d.answer(r)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

func authorize(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }

// instead answers with another status where a request and its answer fit.
func instead(method string, was, becomes int) func(*http.Response) {
	return func(r *http.Response) {
		if r.Request.Method == method && r.StatusCode == was {
			r.StatusCode = becomes
		}
	}
}

// rewrite changes the call in an answer.
func rewrite(r *http.Response, change func(map[string]any)) {
	var c map[string]any
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		return // an answer without a body
	}
	change(c)
	text, _ := json.Marshal(c) //nolint:errchkjson // it was JSON before
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Del("Content-Length")
}

// defects makes, for each check, a runtime that fails it and no other.
func defects() map[string]func() defect {
	checks := conformance.Checks()
	word := func(words string) string { // the check whose name has the words
		i := slices.IndexFunc(checks, func(c conformance.Check) bool { return strings.Contains(c.Name, words) })
		if i < 0 {
			return words
		}
		return checks[i].Name
	}
	one := func(d defect) func() defect { return func() defect { return d } }
	return map[string]func() defect{
		word("without a token"): one(defect{request: func(r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				authorize(r)
			}
		}}),
		word("a wrong token"): one(defect{request: func(r *http.Request) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+token) {
				authorize(r)
			}
		}}),
		word("asked for a call it does not know"): one(defect{answer: instead(http.MethodGet, http.StatusNotFound, http.StatusGone)}),
		word("hang up a call it does not know"):   one(defect{answer: instead(http.MethodDelete, http.StatusNotFound, http.StatusOK)}),
		word("a number that is none"): one(defect{answer: func(r *http.Response) {
			if r.StatusCode == http.StatusUnprocessableEntity {
				rewrite(r, func(c map[string]any) { delete(c, "outcome") })
			}
		}}),
		word("after Outdial-Start-Before"): one(defect{request: func(r *http.Request) { r.Header.Del("Outdial-Start-Before") }}),
		word("with 201"): func() defect {
			var once sync.Once
			return defect{answer: func(r *http.Response) {
				if r.StatusCode == http.StatusCreated {
					once.Do(func() { r.StatusCode = http.StatusOK })
				}
			}}
		},
		word("again with 200"): one(defect{answer: func(r *http.Response) {
			at, err := time.Parse(time.RFC3339Nano, r.Request.Header.Get("Outdial-Start-Before"))
			if err == nil && time.Now().After(at) {
				r.StatusCode = http.StatusPreconditionFailed // it looks at the clock first
			}
		}}),
		word("a known id"): one(defect{answer: instead(http.MethodPut, http.StatusConflict, http.StatusOK)}),
		word("when ten ask"): func() defect {
			var puts puts
			return defect{answer: func(r *http.Response) {
				if r.Request.Method == http.MethodPut && puts.count(r) > 8 {
					r.StatusCode = http.StatusCreated
				}
			}}
		},
		word("not in the state named"): one(defect{request: func(r *http.Request) {
			if q := r.URL.Query(); q.Get("state") == "ended" {
				q.Set("state", "ringing") // it waits whatever the state
				r.URL.RawQuery = q.Encode()
			}
		}}),
		word("stays in the state"): one(defect{request: func(r *http.Request) {
			if r.URL.Query().Get("wait") == "1" {
				r.URL.RawQuery = ""
			}
		}}),
		word("when a call changes"): func() defect {
			return defect{answer: func(r *http.Response) {
				if q := r.Request.URL.Query(); q.Get("state") == "ringing" && q.Get("wait") != "1" {
					<-r.Request.Context().Done() // it does not notice
				}
			}}
		},
		word("hangs up"): one(defect{answer: instead(http.MethodDelete, http.StatusNoContent, http.StatusOK)}),
		word("how a call ended"): one(defect{answer: func(r *http.Response) {
			if r.Request.Method == http.MethodGet && r.StatusCode == http.StatusOK {
				rewrite(r, func(c map[string]any) { delete(c, "outcome") })
			}
		}}),
		word("as RFC 3339"): one(defect{answer: func(r *http.Response) {
			if r.StatusCode == http.StatusOK {
				rewrite(r, func(c map[string]any) { c["ringingAt"] = "23/11/2026 20:49:21" })
			}
		}}),
	}
}

// puts counts how often each path was put.
type puts struct {
	mu     sync.Mutex
	counts map[string]int // guarded by mu
}

func (p *puts) count(r *http.Response) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Request.Method != http.MethodPut {
		return 0
	}
	if p.counts == nil {
		p.counts = map[string]int{}
	}
	p.counts[r.Request.URL.Path]++
	return p.counts[r.Request.URL.Path]
}
