package rest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/outdial/outdial/edge"
	"github.com/outdial/outdial/rest"
)

// BenchmarkRead reads the largest bodies there are, the ordinary ones and those
// made to keep the door busy, without a database behind it.
func BenchmarkRead(b *testing.B) {
	const most = rest.DefaultMaxBody
	list := bytes.NewBufferString("[")
	for i := range 10_000 {
		fmt.Fprintf(list, `{"phone":"+1202%07d","name":"Person","customerName":"Person %d"},`, i, i)
	}
	list.WriteString(`{}]`)
	csv, csvType := encode(b, form("file", csvOf(10_000)))
	const smallPart = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n"
	for _, c := range []struct {
		name, contentType string
		body              []byte
	}{
		{"csv of 10,000", csvType, csv},
		{"json of 10,000", "application/json", []byte(body("contacts", list.String()))},
		{"10 MB of small parts", "multipart/form-data; boundary=b", []byte(strings.Repeat(smallPart, most/len(smallPart)-1) + "--b--\r\n")},
		{"10 MB of small fields", "application/json", []byte("{" + strings.Repeat(`"name":1,`, most/9-1) + `"x":1}`)},
		{"10 MB of brackets", "application/json", []byte(`{"x":[` + strings.Repeat("[],", most/3-10) + "1]}")},
		{"10 MB of one name", "application/json", []byte(body("name", `"`+strings.Repeat("x", most-200)+`"`))},
	} {
		b.Run(c.name, func(b *testing.B) {
			handler := edge.Wrap(rest.New(rest.Config{Dialer: planning{}, Accounts: &recording{}, Log: discard()}), discard())
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/batch/create", bytes.NewReader(c.body))
				r.Header.Set("Authorization", "Bearer key")
				r.Header.Set("Content-Type", c.contentType)
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
