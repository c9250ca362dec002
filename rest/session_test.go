package rest_test

import (
	"net/http"
	"testing"

	"github.com/outdial/outdial/auth"
)

// A browser's cookie opens this door like a key, to the server's own pages alone.
func TestACookieSignsIn(t *testing.T) {
	t.Parallel()
	b := setup(t, pageTime())
	begun, err := b.accounts.SignInWithKey(t.Context(), b.key, "Test browser")
	if err != nil {
		t.Fatal(err)
	}
	cookie := func(r *http.Request) {
		r.Header.Del("Authorization")
		r.Header.Set("Cookie", "outdial_session="+begun.Token)
	}
	own := []request{cookie, header("Origin", b.url), header("Sec-Fetch-Site", "same-origin")}
	created := b.json(t, body(), own...)
	if created.status != http.StatusOK {
		t.Fatalf("%d %s", created.status, created.raw)
	}
	if got := b.store.Read().BatchJob.GetX(auth.WithSystem(t.Context()), created.id()); got.CreatedBy != begun.Viewer.SessionID {
		t.Errorf("created by %s", got.CreatedBy)
	}
	if got := b.send(t, http.MethodGet, "/batch/jobs/"+created.id(), "", nil, own...); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.raw)
	}
	for _, foreign := range []request{header("Origin", "https://evil.example"), header("Sec-Fetch-Site", "cross-site")} {
		for path, contentType := range map[string]string{"/batch/create": "application/json", "/batch/jobs/" + created.id() + "/cancel": ""} {
			if got := b.send(t, http.MethodPost, path, contentType, nil, cookie, foreign); got.status != http.StatusForbidden || got.code() != "forbidden" {
				t.Errorf("%s from another site: %d %s", path, got.status, got.raw)
			}
		}
	}
	if err := b.accounts.SignOut(t.Context(), begun.Viewer); err != nil {
		t.Fatal(err)
	}
	if got := b.send(t, http.MethodGet, "/batch/jobs", "", nil, own...); got.status != http.StatusUnauthorized || got.code() != "unauthenticated" {
		t.Errorf("once signed out: %d %s", got.status, got.raw)
	}
}
