package graph_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// list is a connection to walk along: a query with $first, $after, $last and
// $before whose connection is at path, and the field that names an item.
type list struct {
	name, query, path, item string
	usual, most             int
}

const pageVariables = `$first: Int, $after: String, $last: Int, $before: String`

const pageArguments = `(first: $first, after: $after, last: $last, before: $before)`

func lists(job string) []list {
	organization := func(field, item string) string {
		return fmt.Sprintf(`query (%s) { viewer { organization { %s%s { ...page nodes { %s } } } } }`, pageVariables, field, pageArguments, item)
	}
	batchJob := func(field, item string) string {
		return fmt.Sprintf(`query (%s) { batchJob(id: %q) { %s%s { ...page nodes { %s } } } }`, pageVariables, job, field, pageArguments, item)
	}
	page := func(kind string) string {
		return fmt.Sprintf(` fragment page on %s { totalCount edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`, kind)
	}
	return []list{
		{"batch jobs", organization("batchJobs", "id") + page("BatchJobConnection"), "viewer.organization.batchJobs", "id", 20, 100},
		{"phone numbers", organization("phoneNumbers", "id") + page("PhoneNumberConnection"), "viewer.organization.phoneNumbers", "id", 20, 100},
		{"agents", organization("agents", "id") + page("AgentConnection"), "viewer.organization.agents", "id", 20, 100},
		{"contacts", batchJob("contacts", "id") + page("ContactConnection"), "batchJob.contacts", "id", 50, 500},
		{"rejected rows", batchJob("rejectedRows", "row") + page("RejectedRowConnection"), "batchJob.rejectedRows", "row", 50, 500},
	}
}

// walk reads a whole list page by page, and checks what every page says of
// itself.
func (b *bundle) walk(t *testing.T, l list, size int, backward bool) []any {
	t.Helper()
	var items []any
	variables := vars{"first": size}
	if backward {
		variables = vars{"last": size}
	}
	for n := 0; ; n++ {
		page := b.ask(t, l.query, variables).at(l.path)
		nodes := all[any](t, at(page, "nodes"), l.item)
		cursors := all[string](t, at(page, "edges"), "cursor")
		if len(nodes) > size || len(nodes) != len(cursors) {
			t.Fatalf("%d nodes, %d edges", len(nodes), len(cursors))
		}
		if len(nodes) > 0 && (at(page, "pageInfo.startCursor") != cursors[0] || at(page, "pageInfo.endCursor") != cursors[len(cursors)-1]) {
			t.Fatalf("the cursors of the page are not those of its ends: %v", page)
		}
		items = append(items, choose(backward, reversed(nodes), nodes)...)
		more, earlier, cursor, name := "pageInfo.hasNextPage", "pageInfo.hasPreviousPage", "pageInfo.endCursor", "after"
		if backward {
			more, earlier, cursor, name = earlier, more, "pageInfo.startCursor", "before"
		}
		if at(page, earlier) != (n > 0) {
			t.Errorf("page %d: %s is %v", n, earlier, at(page, earlier))
		}
		if total, _ := at(page, "totalCount").(float64); at(page, more) != (len(items) < int(total)) {
			t.Fatalf("page %d: %s is %v after %d of %v", n, more, at(page, more), len(items), total)
		}
		if at(page, more) == false {
			return items
		}
		variables[name] = at(page, cursor)
	}
}

func reversed(items []any) []any {
	items = slices.Clone(items)
	slices.Reverse(items)
	return items
}

func choose[T any](which bool, a, b T) T {
	if which {
		return a
	}
	return b
}

func TestPagesForwardAndBackwardAgree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 14 {
		b.create(t, fmt.Sprintf("job %d", i), 1)
	}
	job := b.create(t, "long", 120)
	for _, l := range lists(job) {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			whole := b.walk(t, l, l.most, false)
			if len(whole) < 2 {
				t.Fatalf("only %d items to page through", len(whole))
			}
			for _, size := range []int{1, 7, 100} {
				if diff := cmp.Diff(whole, b.walk(t, l, size, false)); diff != "" {
					t.Errorf("pages of %d forward (-whole +walked):\n%s", size, diff)
				}
				if diff := cmp.Diff(reversed(whole), b.walk(t, l, size, true)); diff != "" {
					t.Errorf("pages of %d backward (-whole +walked):\n%s", size, diff)
				}
			}
			if nodes := b.ask(t, l.query, nil).at(l.path + ".nodes"); len(all[any](t, nodes, l.item)) != min(l.usual, len(whole)) {
				t.Errorf("the usual page: %v", nodes)
			}
		})
	}
}

func TestBatchJobsAreNewestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var want []string
	for i := range 3 {
		want = slices.Insert(want, 0, b.create(t, fmt.Sprint(i), 1))
	}
	const query = `query ($after: String) { viewer { organization { batchJobs(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } } } }`
	first := b.ask(t, query, nil)
	b.create(t, "one that comes during the walk", 1)
	second := b.ask(t, query, vars{"after": first.at("viewer.organization.batchJobs.pageInfo.endCursor")})
	got := append(all[string](t, first.at("viewer.organization.batchJobs.nodes"), "id"),
		all[string](t, second.at("viewer.organization.batchJobs.nodes"), "id")...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "one", 3)
	for statuses, want := range map[string]float64{`["PENDING"]`: 1, `["RUNNING", "PAUSED"]`: 0, `[]`: 1, `["RUNNING", "PENDING"]`: 1} {
		query := strings.ReplaceAll(`{ viewer { organization { batchJobs(filter: {statuses: S}) { totalCount nodes { id } } } } }`, "S", strings.ReplaceAll(statuses, `"`, ""))
		r := b.ask(t, query, nil)
		if r.at("viewer.organization.batchJobs.totalCount") != want || len(all[string](t, r.at("viewer.organization.batchJobs.nodes"), "id")) != int(want) {
			t.Errorf("%s: %s", statuses, r.raw)
		}
	}
	r := b.ask(t, `query ($id: ID!, $f: ContactFilter) { batchJob(id: $id) { contacts(filter: $f) { totalCount } } }`,
		vars{"id": id, "f": vars{"statuses": []string{"FAILED"}}})
	if r.at("batchJob.contacts.totalCount") != 0.0 {
		t.Error(r.raw)
	}
}

func TestPageArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	cursor := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, test := range []struct{ arguments, message string }{
		{`first: 0`, "first must be between 1 and 500; it is 0."},
		{`first: 501`, "first must be between 1 and 500; it is 501."},
		{`last: -1`, "last must be between 1 and 500; it is -1."},
		{`first: 1, last: 1`, "Give first or last, not both."},
		{`after: "x"`, "after is not a cursor of this list: 'x'."},
		{`after: ""`, "after is not a cursor of this list: ''."},
		{`before: "` + cursor("contact:") + `"`, "before is not a cursor of this list"},
		{`before: "` + cursor("contact:1x") + `"`, "before is not a cursor of this list"},
		{`before: "` + cursor("contact:99999999999999999999") + `"`, "before is not a cursor of this list"},
		{`after: "` + cursor("rejected:1") + `"`, "after is not a cursor of this list"},
		{`after: "` + cursor("batch:batch_1") + `"`, "after is not a cursor of this list"},
	} {
		r := b.post(t, `{ batchJob(id: "`+id+`") { contacts(`+test.arguments+`) { nodes { id } } } }`, nil)
		if r.status != http.StatusOK || !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) || !strings.HasPrefix(r.Errors[0].Message, test.message) {
			t.Errorf("%s: %d %s", test.arguments, r.status, r.raw)
		}
	}
	if r := b.post(t, `{ viewer { organization { agents(first: 101) { nodes { id } } } } }`, nil); !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
		t.Error(r.raw)
	}
}
