package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/outdial/outdial/accounts"
	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/rest"
)

// description is rest/openapi.json, with schemas compiled as they are asked for.
// For tests an object may hold nothing that is not described.
type description struct {
	paths  map[string]map[string]operation
	atRoot map[string]bool // paths that are not under /v1 too
	shared map[string]response

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	seen     map[string]bool // "post /batch/create 200"; guarded by mu
}

type operation struct {
	Responses map[string]response
}

type response struct {
	Ref     string `json:"$ref"`
	Headers map[string]json.RawMessage
	Content map[string]json.RawMessage
}

var described = sync.OnceValues(func() (*description, error) { //nolint:gochecknoglobals // compiled once for all tests
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		return nil, err
	}
	var document struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Responses map[string]response }
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		return nil, err
	}
	d := &description{shared: document.Components.Responses, compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	d.paths, d.atRoot = map[string]map[string]operation{}, map[string]bool{}
	for path, methods := range document.Paths {
		d.paths[path] = map[string]operation{}
		d.atRoot[path] = methods["servers"] != nil
		for method, raw := range methods {
			var one operation
			if err := json.Unmarshal(raw, &one); err == nil { // else a field of the path, such as servers
				d.paths[path][method] = one
			}
		}
	}
	closeObjects(whole)
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource("openapi.json", whole)
})

// closeObjects forbids what schemas do not name.
func closeObjects(value any) {
	switch v := value.(type) {
	case map[string]any:
		if _, more := v["additionalProperties"]; v["type"] == "object" && v["required"] != nil && !more {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

// find returns the path template and the response that describe an answer; false
// when no operation has the method and path.
func (d *description) find(method, path string, status int) (name, pointer string, found response, ok bool) {
	path, versioned := strings.CutPrefix(path, "/v1")
	method = strings.ToLower(method)
	for template, methods := range d.paths {
		described, known := methods[method]
		if !known || !fitsTemplate(template, path) || versioned && d.atRoot[template] {
			continue
		}
		code := strconv.Itoa(status)
		name = method + " " + template + " " + code
		found = described.Responses[code]
		pointer = "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(template) + "/" + method + "/responses/" + code
		if found.Ref != "" {
			pointer = found.Ref
			found = d.shared[found.Ref[strings.LastIndex(found.Ref, "/")+1:]]
		}
		return name, pointer, found, true
	}
	return "", "", response{}, false
}

func fitsTemplate(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(a, b string) bool { return a == b || a == "{id}" })
}

// fitsDescription fails the test unless an answer is one that openapi.json
// describes, whatever the test is about.
func (a answer) fitsDescription(tb testing.TB, method, path string) {
	tb.Helper()
	d, err := described()
	if err != nil {
		tb.Fatal(err)
	}
	name, pointer, found, known := d.find(method, path, a.status)
	if !known {
		return // no such operation, which other tests are about
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if _, ok := found.Content[kind]; !ok {
		tb.Errorf("openapi.json does not describe %s as %s: %.300s", name, kind, a.raw)
		return
	}
	for wanted := range found.Headers {
		optional := wanted == "Idempotency-Replayed"
		if a.header.Get(wanted) == "" && !optional {
			tb.Errorf("%s lacks the header %s", name, wanted)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[name] = true
	if kind != "application/json" {
		return
	}
	schema, err := d.compiler.Compile("openapi.json" + pointer + "/content/application~1json/schema")
	if err != nil {
		tb.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.raw))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		tb.Errorf("%s is not as openapi.json describes it: %v", name, err)
	}
}

// elsewhere is described here and answered by package signin, whose tests hold it
// against the description.
const elsewhere = "/session"

// defective fails at everything.
type defective struct{ err error }

func (d defective) Cancel(context.Context, string, bool, string) (int, error) { return 0, d.err }

func (d defective) Create(context.Context, dialer.CreateRequest) (*dialer.Created, error) {
	return nil, d.err
}

func (d defective) Progress(context.Context, ...string) ([]calling.Progress, error) {
	return nil, d.err
}

// refusing authenticates nobody, for a reason.
type refusing struct{ err error }

func (r refusing) Identify(context.Context, auth.Credentials) (auth.Viewer, error) {
	return auth.Viewer{}, r.err
}

// TestEveryDescribedAnswerIsGiven asks for every answer of openapi.json, and
// b.send holds each against its schema.
func TestEveryDescribedAnswerIsGiven(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	id := b.json(t, body("contacts", `[{"phone":"+12025550101","x":[1]},{"phone":"12"}]`)).id()
	spent := setup(t, pageTime(), func(c *rest.Config) {
		c.Rate = edge.NewLimiter(1, pageTime)
	})
	spent.get(t, "/batch/jobs")
	broken := setup(t, pageTime(), func(c *rest.Config) {
		c.Dialer = defective{errors.New("defect")}
		c.Ready = []rest.Check{{Name: "database", Is: "cannot be reached", Run: func(context.Context) error { return errors.New("gone") }}}
	})
	defects := setup(t, pageTime(), func(c *rest.Config) { c.Accounts = refusing{errors.New("defect")} })
	stopping := setup(t, pageTime(), func(c *rest.Config) { c.Accounts = refusing{context.Canceled} })
	other, err := b.accounts.CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 1})
	if err != nil {
		t.Fatal(err)
	}
	foreign := "?organizationId=" + other.ID
	ask := func(b *bundle, method, path, query string) { b.send(t, method, path+query, "", nil) }
	for path, query := range map[string]string{
		"/batch/jobs": "?page=0", "/batch/jobs/" + id: "?contactsPage=0",
		"/batch/jobs/" + id + "/results.csv": "?plain=maybe", "/batch/jobs/" + id + "/rejected.csv": "?plain=maybe",
	} {
		ask(b, http.MethodGet, path, "")
		ask(b, http.MethodGet, path, query)
		ask(b, http.MethodGet, path, foreign)
		ask(b, http.MethodGet, strings.Replace(path, id, "batch_unknown", 1), "")
		b.send(t, http.MethodGet, path, "", nil, header("Authorization", ""))
		ask(spent, http.MethodGet, path, "")
		ask(defects, http.MethodGet, path, "")
		ask(stopping, http.MethodGet, path, "")
	}
	ask(broken, http.MethodGet, "/batch/jobs/"+id, "")
	for path, wrong := range map[string]string{"/batch/create": `{"name": 1}`, "/batch/jobs/" + id + "/cancel": `{"hangUp": 1}`} {
		post := func(b *bundle, body string, change ...request) {
			b.send(t, http.MethodPost, path, "application/json", strings.NewReader(body), change...)
		}
		post(b, wrong)
		post(b, wrong, header("Authorization", ""))
		post(spent, wrong)
		post(defects, wrong)
		post(stopping, wrong)
	}
	b.send(t, http.MethodPost, "/batch/jobs/batch_unknown/cancel", "", nil)
	b.send(t, http.MethodPost, "/batch/jobs/"+id+"/cancel", "", nil)
	b.json(t, body("fromPhoneNumberId", `"phone_unknown"`))
	b.json(t, body(), header("Idempotency-Key", "one"))
	b.json(t, body(), header("Idempotency-Key", "one"))
	b.json(t, body("name", `"Other"`), header("Idempotency-Key", "one"))
	b.send(t, http.MethodPost, "/batch/create", "text/plain", strings.NewReader("hello"))
	b.send(t, http.MethodPost, "/batch/create", "application/json", io.LimitReader(spaces{}, rest.DefaultMaxBody+1))
	readOnly := setup(t, pageTime(), func(c *rest.Config) { c.Accounts = scopeless{c.Accounts} })
	for _, path := range []string{"/batch/create", "/batch/jobs/" + id + "/cancel"} {
		readOnly.send(t, http.MethodPost, path, "", nil)
	}
	for _, path := range []string{"/openapi.json", "/v1/openapi.json", "/healthz", "/readyz"} {
		ask(b, http.MethodGet, path, "")
	}
	ask(broken, http.MethodGet, "/readyz", "")
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		counted := setup(t, pageTime(), func(c *rest.Config) {
			c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if status != http.StatusOK {
					edge.WriteError(w, r, c.Log, calling.Errorf(calling.CodeForbidden, "Not from there."))
					return
				}
				w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			})
		})
		ask(counted, http.MethodGet, "/metrics", "")
	}

	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for path, methods := range d.paths {
		if path == elsewhere {
			continue
		}
		for method, operation := range methods {
			for status := range maps.Keys(operation.Responses) {
				if !d.seen[method+" "+path+" "+status] {
					t.Errorf("%s %s never answered %s", method, path, status)
				}
			}
		}
	}
}

// scopeless takes the scopes of everybody.
type scopeless struct{ rest.Authenticator }

func (s scopeless) Identify(ctx context.Context, c auth.Credentials) (auth.Viewer, error) {
	viewer, err := s.Authenticator.Identify(ctx, c)
	viewer.Scopes = nil
	return viewer, err
}

// spaces is white space without an end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestDescription(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/openapi.json", "/v1/openapi.json"} {
		if got := b.get(t, path, header("Authorization", "")); !bytes.Equal(got.raw, text) {
			t.Errorf("%s is answered %d, and not the file", path, got.status)
		}
	}
	t.Run("it names no host", func(t *testing.T) {
		t.Parallel()
		if bytes.Contains(text, []byte("://")) {
			t.Error("there is an absolute URL in it")
		}
	})
	t.Run("it describes every operation there is", func(t *testing.T) {
		t.Parallel()
		d, err := described()
		if err != nil {
			t.Fatal(err)
		}
		for path, methods := range d.paths {
			if path == elsewhere {
				continue
			}
			var want []string
			for method := range methods {
				want = append(want, strings.ToUpper(method))
			}
			if slices.Contains(want, http.MethodGet) {
				want = append(want, http.MethodHead)
			}
			got := b.send(t, "BREW", strings.ReplaceAll(path, "{id}", "x"), "", nil)
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != strings.Join(want, ", ") {
				t.Errorf("%s answers %q, and is described for %q", path, got.header.Get("Allow"), want)
			}
		}
	})
	t.Run("it lists every error code", func(t *testing.T) {
		t.Parallel()
		var document struct {
			Components struct {
				Schemas struct {
					Error struct {
						Properties struct{ Code struct{ Enum []calling.Code } }
					}
				}
			}
		}
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		var want []calling.Code
		for _, info := range calling.Codes() {
			want = append(want, info.Code)
		}
		if got := document.Components.Schemas.Error.Properties.Code.Enum; !slices.Equal(got, want) {
			t.Errorf("lists %v, want %v", got, want)
		}
	})
}

func TestRequestRate(t *testing.T) {
	t.Parallel()
	now := pageTime()
	b := setup(t, now, func(c *rest.Config) { c.Rate = edge.NewLimiter(2, func() time.Time { return now }) })
	for range 2 {
		if got := b.get(t, "/batch/jobs"); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.raw)
		}
	}
	got := b.json(t, body())
	if got.status != http.StatusTooManyRequests || got.code() != "rate_limited" || got.header.Get("Retry-After") != "30" ||
		got.detail() != "At most 2 requests a minute may come from one API key; try again in 30 seconds." {
		t.Errorf("%d %v %s", got.status, got.header, got.raw)
	}
	if got := b.get(t, "/healthz"); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.raw)
	}
}
