package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/dialer"
	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/rest"
)

// planning checks the fields as a create does, without a database.
type planning struct{ recording }

func (planning) Create(_ context.Context, request dialer.CreateRequest) (*dialer.Created, error) {
	plan, warnings, problems := request.Plan(pageTime())
	if err := calling.Problems(append(request.FieldProblems, problems...)); err != nil {
		return nil, err
	}
	if request.UploadErr != nil {
		return nil, request.UploadErr
	}
	if request.RejectInvalidRows {
		if err := request.Upload.Reject(); err != nil {
			return nil, err
		}
	}
	return &dialer.Created{Total: len(request.Upload.Contacts), StartAt: plan.StartAt, Warnings: warnings}, nil
}

// door returns what sends a body to the door and checks what every answer must
// be.
func door(f *testing.F) func(t *testing.T, contentType string, body []byte) {
	f.Helper()
	handler := edge.Wrap(rest.New(rest.Config{Dialer: planning{}, Accounts: &recording{}, Log: discard()}), discard())
	return func(t *testing.T, contentType string, body []byte) {
		t.Helper()
		// Not bytes.Reader: net/http would learn the length from it.
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/batch/create", io.MultiReader(bytes.NewReader(body)))
		r.Header.Set("Authorization", "Bearer key")
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var got struct {
			Success bool
			Code    calling.Code
			Detail  string
			Errors  []struct{ Code, Detail string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if w.Code == http.StatusOK && got.Success {
			return
		}
		if got.Code.Status() != w.Code || w.Code >= http.StatusInternalServerError || got.Detail == "" || got.Success {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, e := range got.Errors {
			if e.Code == "" || e.Detail == "" {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
	}
}

func FuzzCreateMultipart(f *testing.F) {
	const contentType = "multipart/form-data; boundary=b"
	send := door(f)
	for _, parts := range [][]part{
		form(), form("file", "", "contacts", `[{"phone":"+12025550101","x":{"a":[1,2]}}]`), form("maxAttempts", "3", "timezone", "Europe/Paris"),
		form("scheduledStartTime", "2025-03-09T02:30:00", "timezone", "America/New_York"), form("invalidRows", "reject", "file", "phone;name\n+1;x\n"),
		append(form(), file(sample)), nil,
	} {
		whole, given := encode(f, parts)
		boundary := strings.TrimPrefix(given, "multipart/form-data; boundary=")
		f.Add(bytes.ReplaceAll(whole, []byte(boundary), []byte("b")))
	}
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=file\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nphone=0A+1202=\r\n5550101\r\n--b--"))
	f.Fuzz(func(t *testing.T, body []byte) { send(t, contentType, body) })
}

func FuzzCreateJSON(f *testing.F) {
	send := door(f)
	for _, seed := range []string{
		pageJSON, pageExample2, pageExample3, body(), "", "null", "[]", "{}", `{"contacts":`, body("contacts", "{}"), body("x", `{"a":[null,true,1e9]}`),
		body("name", `"\ud83d\ude00"`), body("name", `"\ud83d"`), body("name", "\"\xff\""), body("maxAttempts", "1e400"), body("maxAttempts", `"3"`),
		body("scheduledStartTime", `"2025-03-09T02:30"`, "timezone", `"America/New_York"`), body("invalidRows", `"reject"`), body() + " ",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { send(t, "application/json", body) })
}
