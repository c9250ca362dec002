package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/outdial/outdial/carrier/conformance"
)

// TestRunSaysWhatIsWrongBeforeAll wants one line where every check would fail
// for one reason that none of them is about.
func TestRunSaysWhatIsWrongBeforeAll(t *testing.T) {
	t.Parallel()
	locked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(locked.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for url, name := range map[string]string{locked.URL: "takes the token", gone.URL: "can be reached"} {
		var said []string
		failed := conformance.Run(t.Context(), conformance.Config{
			URL: url, Token: "secret", To: "+12025550101", From: "+12025550199", Patience: time.Second,
		}, func(r conformance.Result) { said = append(said, r.Check.Name) })
		if failed != 1 || len(said) != 1 || said[0] != name {
			t.Errorf("%d failed: %q, want %q", failed, said, name)
		}
	}
}
