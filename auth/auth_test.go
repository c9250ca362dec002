package auth_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/outdial/outdial/auth"
)

func TestViewerInAContext(t *testing.T) {
	t.Parallel()
	viewer := auth.Viewer{OrganizationID: "org_1", KeyID: "key_1", Scopes: []auth.Scope{auth.Read}}
	type answer struct {
		Viewer auth.Viewer
		Known  bool
		System bool
	}
	for _, row := range []struct {
		behaviour string
		context   func(context.Context) context.Context
		want      answer
	}{
		{"nobody by itself", func(ctx context.Context) context.Context { return ctx }, answer{}},
		{"a viewer", func(ctx context.Context) context.Context { return auth.WithViewer(ctx, viewer) }, answer{Viewer: viewer, Known: true}},
		{"the program, inside an organization, without a scope", func(ctx context.Context) context.Context {
			return auth.WithOrganization(ctx, "org_2")
		}, answer{Viewer: auth.Viewer{OrganizationID: "org_2"}, Known: true}},
		{"the program, over all, is no viewer", auth.WithSystem, answer{System: true}},
		{"the last one counts: a viewer is no system", func(ctx context.Context) context.Context {
			return auth.WithViewer(auth.WithSystem(ctx), viewer)
		}, answer{Viewer: viewer, Known: true}},
		{"the last one counts: the system is no viewer", func(ctx context.Context) context.Context {
			return auth.WithSystem(auth.WithViewer(ctx, viewer))
		}, answer{System: true}},
		{"the last one counts: another organization", func(ctx context.Context) context.Context {
			return auth.WithOrganization(auth.WithViewer(ctx, viewer), "org_2")
		}, answer{Viewer: auth.Viewer{OrganizationID: "org_2"}, Known: true}},
		{"a viewer outlives the cancellation of its request", func(ctx context.Context) context.Context {
			return context.WithoutCancel(auth.WithViewer(ctx, viewer))
		}, answer{Viewer: viewer, Known: true}},
	} {
		t.Run(row.behaviour, func(t *testing.T) {
			t.Parallel()
			ctx := row.context(t.Context())
			got := answer{System: auth.IsSystem(ctx)}
			got.Viewer, got.Known = auth.FromContext(ctx)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	for _, has := range [][]auth.Scope{nil, {auth.Read}, {auth.Write}, {auth.Admin}, {auth.Read, auth.Write}, auth.Scopes()} {
		for _, scope := range auth.Scopes() {
			if got := (auth.Viewer{Scopes: has}).May(scope); got != slices.Contains(has, scope) {
				t.Errorf("with %v, may %s: %v", has, scope, got)
			}
		}
	}
	if (auth.Viewer{Scopes: []auth.Scope{""}}).May(auth.Read) || (auth.Viewer{Scopes: []auth.Scope{"read"}}).May(auth.Read) {
		t.Error("a scope that is none lets read")
	}
}

func TestScopesAreTheSchemas(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	var want []auth.Scope
	for _, value := range schema.Types["ApiScope"].EnumValues {
		want = append(want, auth.Scope(value.Name))
	}
	if diff := cmp.Diff(want, auth.Scopes()); diff != "" {
		t.Error(diff)
	}
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^outdial_[a-z2-7]{26}$`) // 26 times five bits
	seen := map[string]bool{}
	for range 2000 {
		key := auth.NewKey()
		if seen[key] || !form.MatchString(key) || len(key) < auth.MinKeyLength {
			t.Errorf("%s came twice, is too short or has another form", key)
		}
		seen[key] = true
	}
}

func TestHashKey(t *testing.T) {
	t.Parallel()
	// Computed with sha256sum.
	const want = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	if got := auth.HashKey("foo"); got != want {
		t.Errorf("is %s", got)
	}
	if auth.HashKey("foo") == auth.HashKey("foo ") || auth.HashKey("foo") == auth.HashKey("FOO") {
		t.Error("keys that differ have one hash")
	}
}

func TestKeyPrefix(t *testing.T) {
	t.Parallel()
	key := auth.NewKey()
	if got := auth.KeyPrefix(key); got != key[:12] {
		t.Errorf("is %q", got)
	}
	if got := auth.KeyPrefix(strings.Repeat("k", auth.MinKeyLength)); auth.MinKeyLength-len(got) < 8 {
		t.Errorf("of a key of %d characters %d are shown", auth.MinKeyLength, len(got))
	}
	if got := auth.KeyPrefix("short"); got != "short" {
		t.Errorf("is %q", got)
	}
}
