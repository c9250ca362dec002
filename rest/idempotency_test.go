package rest_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/accounts"
)

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	key := func(value string) request { return header("Idempotency-Key", value) }

	t.Run("replays the first answer", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		first := b.json(t, pageJSON, key("one"))
		second := b.json(t, pageJSON, key("one"))
		if diff := cmp.Diff(first.body, second.body); diff != "" || first.status != http.StatusOK {
			t.Errorf("%d %s", first.status, diff)
		}
		if first.header.Get("Idempotency-Replayed") != "" || second.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("replayed: %q, %q", first.header.Get("Idempotency-Replayed"), second.header.Get("Idempotency-Replayed"))
		}
		if n := len(b.batches(t)); n != 1 {
			t.Errorf("%d batch jobs", n)
		}
	})

	t.Run("refuses another request", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		b.json(t, body(), key("one"))
		for _, other := range []string{
			body("name", `"Other"`), body("contacts", `[{"phone":"+12025550102"}]`), body("maxAttempts", "2"),
			body("maxAttempts", `"five"`), body("invalidRows", `"reject"`), body("contacts", "[]"),
		} {
			if got := b.json(t, other, key("one")); got.status != http.StatusConflict || got.code() != "conflict" {
				t.Errorf("%s: %d %s", other, got.status, got.raw)
			}
		}
		if got := b.json(t, body("name", `"Other"`), key("two")); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})

	t.Run("remembers no refusal", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		if got := b.json(t, body("name", ""), key("one")); got.status != http.StatusBadRequest {
			t.Errorf("%d %s", got.status, got.raw)
		}
		if got := b.json(t, body(), key("one")); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})

	t.Run("is the organization's own", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		b.json(t, body(), key("one"))
		other, err := b.accounts.CreateOrganization(t.Context(), accounts.NewOrganization{Name: "Other", ConcurrentCallLimit: 5})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.json(t, body(), key("one"), header("Authorization", "Bearer "+other.Key)); got.status != http.StatusNotFound {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})

	t.Run("makes one batch job of many requests at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		const many = 20
		answers := make([]answer, many)
		var together sync.WaitGroup
		for i := range many {
			together.Go(func() { answers[i] = b.json(t, pageJSON, key("one")) })
		}
		together.Wait()
		fresh := 0
		for _, a := range answers {
			if a.status != http.StatusOK || a.id() != answers[0].id() {
				t.Errorf("%d %s", a.status, a.raw)
			}
			if a.header.Get("Idempotency-Replayed") == "" {
				fresh++
			}
		}
		if n := len(b.batches(t)); n != 1 || fresh != 1 {
			t.Errorf("%d batch jobs, %d answers that are not replays", n, fresh)
		}
	})

	t.Run("is 1 to 255 characters, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t, pageTime())
		for name, change := range map[string]request{
			"empty":     func(r *http.Request) { r.Header["Idempotency-Key"] = []string{""} },
			"too long":  key(strings.Repeat("x", 256)),
			"not ASCII": key("schlüssel"),
			"twice":     func(r *http.Request) { r.Header["Idempotency-Key"] = []string{"a", "b"} },
		} {
			got := b.json(t, body(), change)
			if got.status != http.StatusBadRequest || got.code() != "invalid_request" || !cmp.Equal(got.fields(), []string{"Idempotency-Key"}) {
				t.Errorf("%s: %d %s", name, got.status, got.raw)
			}
		}
		if got := b.json(t, body(), key(strings.Repeat("x", 255))); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.raw)
		}
	})
}
