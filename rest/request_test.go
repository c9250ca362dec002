package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

// csvOf is a file with n contacts.
func csvOf(n int) string {
	var b strings.Builder
	b.WriteString("phone,name\n")
	for i := range n {
		fmt.Fprintf(&b, "+1202%07d,Person %d\n", i, i)
	}
	return b.String()
}

// body is a JSON request that is valid but for what changes it; a value is JSON,
// and an empty one leaves the field out.
func body(change ...string) string {
	fields := []string{"fromPhoneNumberId", "name", "contacts"}
	values := map[string]string{
		"fromPhoneNumberId": `"phone_abc123"`, "name": `"Test"`, "contacts": `[{"phone": "+12025550101"}]`,
	}
	for i := 0; i < len(change); i += 2 {
		if _, known := values[change[i]]; !known {
			fields = append(fields, change[i])
		}
		values[change[i]] = change[i+1]
	}
	var members []string
	for _, f := range fields {
		if values[f] != "" {
			members = append(members, fmt.Sprintf("%q: %s", f, values[f]))
		}
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// form is a multipart request that is valid but for what changes it; an empty
// value leaves the part out.
func form(change ...string) []part {
	parts := []part{field("fromPhoneNumberId", "phone_abc123"), field("name", "Test"), file(sample)}
next:
	for i := 0; i < len(change); i += 2 {
		for j := range parts {
			if parts[j].name == change[i] {
				parts[j].value = change[i+1]
				continue next
			}
		}
		parts = append(parts, field(change[i], change[i+1]))
	}
	var kept []part
	for _, p := range parts {
		if p.value != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// refusal is a request and what is said to it.
type refusal struct {
	json   string
	form   []part
	code   string
	detail string // whole, or with … at the end what it begins with; empty = not looked at
	fields []string
}

func (c refusal) check(t *testing.T, b *bundle) {
	t.Helper()
	got := b.post(t, c.json, c.form)
	if want := calling.Code(c.code).Status(); got.status != want || got.code() != c.code || got.body["success"] != false {
		t.Errorf("%d %s; want %d %s", got.status, got.raw, want, c.code)
	}
	if start, cut := strings.CutSuffix(c.detail, "…"); c.detail != "" && got.detail() != c.detail && (!cut || !strings.HasPrefix(got.detail(), start)) {
		t.Errorf("detail %q, want %q", got.detail(), c.detail)
	}
	if diff := cmp.Diff(c.fields, got.fields()); c.fields != nil && diff != "" {
		t.Error(diff)
	}
	if got.body["requestId"] != got.header.Get("X-Request-Id") || got.detail() == "" {
		t.Errorf("%s", got.raw)
	}
}
