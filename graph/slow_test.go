package graph_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/outdial/outdial/graph"
)

func TestASlowBodyTimesOut(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *graph.Config) { c.Limits.BodyTimeout = 100 * time.Millisecond })
	for _, body := range []struct{ contentType, sent string }{
		{"application/json", `{"query": "mutation`},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{"},
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n%s",
			b.key, body.contentType, body.sent)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", body.contentType, err)
		}
		if answer.StatusCode < 400 || answer.StatusCode > 499 {
			t.Errorf("%s is answered %d", body.contentType, answer.StatusCode)
		}
		_ = answer.Body.Close()
	}
}
