package graph_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// part is a part of a multipart request; a file when it has a file name.
type part struct{ name, value, file string }

func form(tb testing.TB, parts ...part) (body []byte, contentType string) {
	tb.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, p := range parts {
		create := func() (io.Writer, error) { return w.CreateFormField(p.name) }
		if p.file != "" {
			create = func() (io.Writer, error) { return w.CreateFormFile(p.name, p.file) }
		}
		into, err := create()
		if err == nil {
			_, err = io.WriteString(into, p.value)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes(), w.FormDataContentType()
}

func operations(tb testing.TB, variables vars) part {
	tb.Helper()
	return part{name: "operations", value: string(operation(tb, createMutation, variables))}
}

func fileInput() vars { return vars{"input": input(vars{"contacts": vars{"file": nil}})} }

const (
	sample  = "phone,name,customerName,planType,renewalDate\n+12025550101,John,J,Basic,Feb 1\n\n+12025550102,Jane,J,Basic,Feb 2\n202,Bad,B,Basic,Feb 3\n"
	mapping = `{"0": ["variables.input.contacts.file"]}`
)

func (b *bundle) upload(tb testing.TB, parts []part, changes ...change) result {
	tb.Helper()
	body, contentType := form(tb, parts...)
	return b.send(tb, http.MethodPost, "/", contentType, bytes.NewReader(body), changes...)
}

func TestUpload(t *testing.T) {
	t.Parallel()
	file := part{name: "0", value: sample, file: "contacts.csv"}
	t.Run("a file becomes a batch job", func(t *testing.T) {
		t.Parallel()
		r := setup(t).upload(t, []part{operations(t, fileInput()), {name: "map", value: mapping}, file})
		if r.status != http.StatusOK || r.at("createBatchJob.totalContacts") != 2.0 || r.at("createBatchJob.rejectedContacts") != 1.0 || r.at("createBatchJob.batchJob") == nil {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
	t.Run("what is wrong with a file and with fields comes at once", func(t *testing.T) {
		t.Parallel()
		variables := vars{"input": input(vars{"name": "", "contacts": vars{"file": nil}})}
		r := setup(t).upload(t, []part{operations(t, variables), {name: "map", value: mapping}, {name: "0", value: "a,b\n1,2\n", file: "x.csv"}})
		if got := all[string](t, r.at("createBatchJob.userErrors"), "code"); !cmp.Equal(got, []string{"INVALID_REQUEST", "MISSING_PHONE_COLUMN"}) {
			t.Errorf("%d %s", r.status, r.raw)
		}
		if got := r.at("createBatchJob.userErrors.1.path"); !cmp.Equal(got, any([]any{"input", "contacts", "file"})) {
			t.Errorf("path %v", got)
		}
	})
	t.Run("a bad row of a file is named", func(t *testing.T) {
		t.Parallel()
		variables := vars{"input": input(vars{"invalidRows": "REJECT", "contacts": vars{"file": nil}})}
		r := setup(t).upload(t, []part{operations(t, variables), {name: "map", value: mapping}, file})
		if want := `"path":["input","contacts","file"],"row":4}`; !strings.Contains(r.raw, want) {
			t.Error(r.raw)
		}
	})
	t.Run("the rest of the document and of the map may come in any shape", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		query := `mutation ($f: [Upload!]!, $g: Upload!) { estimateBatchJob(input: {fromPhoneNumberId: "phone_abc123", name: "x", contacts: {file: $g}}) { totalContacts } }`
		query = strings.Replace(query, "$f: [Upload!]!, ", "", 1)
		body, err := json.Marshal(vars{"query": query, "variables": vars{"g": nil}, "operationName": nil})
		if err != nil {
			t.Fatal(err)
		}
		r := b.upload(t, []part{{name: "operations", value: string(body)}, {name: "map", value: `{"file": ["variables.g"]}`}, {name: "file", value: sample, file: "f"}})
		if r.at("estimateBatchJob.totalContacts") != 2.0 {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
}

func TestMalformedUploadsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ops, places, file := operations(t, fileInput()), part{name: "map", value: mapping}, part{name: "0", value: sample, file: "contacts.csv"}
	place := func(path string) part { return part{name: "map", value: `{"0": ["` + path + `"]}`} }
	for _, test := range []struct {
		name  string
		parts []part
	}{
		{"no parts", nil},
		{"no map", []part{ops, file}},
		{"the map first", []part{places, ops, file}},
		{"a file that is missing", []part{ops, places}},
		{"a file the map does not know", []part{ops, places, file, {name: "1", value: "x", file: "y"}}},
		{"a map that is a list", []part{ops, {name: "map", value: `[]`}, file}},
		{"a map that is not JSON", []part{ops, {name: "map", value: `{`}, file}},
		{"operations that are a list", []part{{name: "operations", value: `[]`}, places, file}},
		{"operations that are not JSON", []part{{name: "operations", value: `phone`}, places, file}},
		{"operations without variables", []part{{name: "operations", value: `{"query": "{ __typename }"}`}, places, file}},
		{"a path to nothing", []part{ops, place("variables.input.contacts.csv"), file}},
		{"a path through a value", []part{ops, place("variables.input.name.x"), file}},
		{"a path to a value", []part{ops, place("variables.input.name"), file}},
		{"a path to an object", []part{ops, place("variables.input.contacts"), file}},
		{"a path with an index into an object", []part{ops, place("variables.input.0"), file}},
		{"a path outside of the variables", []part{ops, place("query"), file}},
		{"a path to the variables", []part{ops, place("variables"), file}},
		{"an empty path", []part{ops, place(""), file}},
		{"a path of dots", []part{ops, place("variables." + strings.Repeat(".", 100)), file}},
		{"the same path twice", []part{ops, {name: "map", value: `{"0": ["variables.input.contacts.file", "variables.input.contacts.file"]}`}, file}},
		{"a path with a bad index", []part{operations(t, vars{"input": input(vars{"contacts": vars{"list": []any{nil}}})}), place("variables.input.contacts.list.1"), file}},
		{"a path with a negative index", []part{operations(t, vars{"input": input(vars{"contacts": vars{"list": []any{nil}}})}), place("variables.input.contacts.list.-1"), file}},
		{"very many paths", []part{ops, {name: "map", value: `{"0": [` + strings.Repeat(`"variables.input.contacts.file",`, 100) + `"variables.x"]}`}, file}},
	} {
		r := b.upload(t, test.parts)
		if r.status != http.StatusBadRequest || !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) || strings.Contains(r.raw, `"data"`) {
			t.Errorf("%s: %d %s", test.name, r.status, r.raw)
		}
	}
}

func TestUploadsAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	large := part{name: "0", value: "phone\n" + strings.Repeat("+12025550101\n", 1<<20), file: "contacts.csv"}
	body, contentType := form(t, operations(t, fileInput()), part{name: "map", value: mapping}, large)
	for name, reader := range map[string]io.Reader{"with its length told": bytes.NewReader(body), "in chunks": io.MultiReader(bytes.NewReader(body))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := b.send(t, http.MethodPost, "/", contentType, reader)
			if r.status != http.StatusRequestEntityTooLarge || !cmp.Equal(r.codes(), []string{"FILE_TOO_LARGE"}) || r.Errors[0].Message != "The request is larger than 10 MB." {
				t.Errorf("%d %s", r.status, r.raw)
			}
		})
	}
	t.Run("JSON is bounded as well", func(t *testing.T) {
		t.Parallel()
		r := b.post(t, `{ __typename }`, vars{"x": strings.Repeat("x", 11<<20)})
		if r.status != http.StatusRequestEntityTooLarge || !cmp.Equal(r.codes(), []string{"FILE_TOO_LARGE"}) {
			t.Errorf("%d %s", r.status, r.raw)
		}
	})
}

// FuzzMultipart looks for requests that make the server panic, or take the
// blame.
func FuzzMultipart(f *testing.F) {
	ops, places := operations(f, fileInput()).value, mapping
	f.Add(ops, places, "0", sample)
	f.Add(ops, `{"0": ["variables.input.contacts.list.0.x"]}`, "0", sample)
	f.Add(`{"query": "{ __typename }", "variables": {"a": [null, {"b": null}]}}`, `{"0": ["variables.a.0", "variables.a.1.b"]}`, "0", "")
	f.Add(`{"query": "{", "variables": []}`, `{"": [""]}`, "", "\x00")
	f.Add(`[]`, `null`, "map", "x")
	b := setup(f)
	f.Fuzz(func(t *testing.T, operations, places, name, content string) {
		r := b.upload(t, []part{{name: "operations", value: operations}, {name: "map", value: places}, {name: name, value: content, file: "f"}})
		if r.status >= http.StatusInternalServerError || strings.Contains(r.raw, "INTERNAL_SERVER_ERROR") {
			t.Errorf("%d %s\n%s", r.status, r.raw, b.log.String())
		}
	})
}
