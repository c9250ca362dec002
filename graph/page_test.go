package graph_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent"
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
	all := []list{
		{"batch jobs", organization("batchJobs", "id") + page("BatchJobConnection"), "viewer.organization.batchJobs", "id", 20, 100},
		{"phone numbers", organization("phoneNumbers", "id") + page("PhoneNumberConnection"), "viewer.organization.phoneNumbers", "id", 20, 100},
		{"agents", organization("agents", "id") + page("AgentConnection"), "viewer.organization.agents", "id", 20, 100},
		{"contacts", batchJob("contacts", "id") + page("ContactConnection"), "batchJob.contacts", "id", 50, 500},
		{"rejected rows", batchJob("rejectedRows", "row") + page("RejectedRowConnection"), "batchJob.rejectedRows", "row", 50, 500},
		{"history", batchJob("history", "id") + page("BatchChangeConnection"), "batchJob.history", "id", 20, 100},
		{"live calls", organization("liveCalls", "id") + page("AttemptConnection"), "viewer.organization.liveCalls", "id", 20, 100},
		{"live calls of one", batchJob("liveCalls", "id") + page("AttemptConnection"), "batchJob.liveCalls", "id", 20, 100},
	}
	for _, field := range []string{"CREATED_AT", "STARTS_AT", "NAME"} {
		for _, direction := range []string{"ASC", "DESC"} {
			l := all[0]
			l.name += " by " + field + " " + direction
			order := fmt.Sprintf("batchJobs(orderBy: {field: %s, direction: %s}, ", field, direction)
			l.query = strings.Replace(l.query, "batchJobs(", order, 1)
			all = append(all, l)
		}
	}
	found := list{"contacts found", batchJob("contacts", "id") + page("ContactConnection"), "batchJob.contacts", "id", 50, 500}
	found.query = strings.Replace(found.query, "contacts(", `contacts(filter: {search: "+12020"}, `, 1)
	return append(all, found)
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

// fillLists makes enough of everything to page through, with names and starts
// that some share, and returns the batch job that has most.
func (b *bundle) fillLists(t *testing.T) string {
	t.Helper()
	for i := range 14 {
		b.add(t, i)
	}
	id := b.create(t, "long", 45)
	var calls []dialed
	for i := range 12 {
		calls = append(calls, dialed{row: i + 1, number: 1, at: moment()})
	}
	b.dialAll(t, id, calls...)
	for i := range 9 {
		b.edit(t, id, fmt.Sprintf("long %d", i))
	}
	return id
}

// add makes the nth batch job: names and starts go back and forth and repeat.
func (b *bundle) add(t *testing.T, n int) string {
	t.Helper()
	names := []string{"beta", "Alpha", "Ähre", "alpha", "Zeta", "Beta 2", "ähre"}
	request := calling.BatchRequest{Name: names[n*5%len(names)]}
	if n%3 > 0 {
		start := fmt.Sprintf("2027-02-01T%02d:00:00.%dZ", 13+n*7%5, n%2)
		request.ScheduledStartTime = &start
	}
	return b.createFrom(t, request, contacts.Item{Phone: "+12025550101"})
}

// edit adds a line to the history of a batch job.
func (b *bundle) edit(t *testing.T, id, reason string) {
	t.Helper()
	b.write(t, func(ctx context.Context, rows *ent.Client) error {
		job, err := rows.BatchJob.Get(ctx, id)
		if err != nil {
			return err //nolint:wrapcheck // a test's
		}
		line := calling.PublicID(calling.BatchChangePrefix, uuid.Must(uuid.NewV7()))
		return rows.BatchChange.Create().SetID(line).SetOrganizationID(job.OrganizationID).SetBatchJobID(id).SetCreatedAt(moment()).
			SetAction(calling.ChangeUpdated).SetActor(calling.ActorSystem).SetReason(reason).SetDetails(json.RawMessage("{}")).Exec(ctx)
	})
}

func TestPagesForwardAndBackwardAgree(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		for _, l := range lists(b.fillLists(t)) {
			t.Run(l.name, func(t *testing.T) {
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
	})
}

// stroll reads a list page by page while others write, and returns its items in
// the order of the walk.
func (b *bundle) stroll(t *testing.T, l list, size int, backward bool, meanwhile func()) []any {
	t.Helper()
	var items []any
	variables, more, cursor, name := vars{"first": size}, "pageInfo.hasNextPage", "pageInfo.endCursor", "after"
	if backward {
		variables, more, cursor, name = vars{"last": size}, "pageInfo.hasPreviousPage", "pageInfo.startCursor", "before"
	}
	for {
		page := b.ask(t, l.query, variables).at(l.path)
		nodes := all[any](t, at(page, "nodes"), l.item)
		items = append(items, choose(backward, reversed(nodes), nodes)...)
		if at(page, more) == false {
			return items
		}
		variables[name] = at(page, cursor)
		meanwhile()
	}
}

func TestPagesWhileRowsAreAdded(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		id := b.fillLists(t)
		n := 100
		for _, l := range lists(id) {
			t.Run(l.name, func(t *testing.T) {
				for _, size := range []int{1, 7, 100} {
					for _, backward := range []bool{false, true} {
						before := b.walk(t, l, l.most, backward)
						left := 4 // a walk toward what is added would never end
						items := b.stroll(t, l, size, backward, func() {
							if left--; left < 0 {
								return
							}
							n++
							b.add(t, n)
							b.edit(t, id, fmt.Sprintf("long %d", n))
							b.dialAll(t, id, dialed{row: n%44 + 1, number: n, at: moment()})
						})
						seen := map[any]int{}
						for _, item := range items {
							seen[item]++
						}
						for item, times := range seen {
							if times > 1 {
								t.Errorf("pages of %d, backward %v: %v came %d times", size, backward, item, times)
							}
						}
						known := slices.DeleteFunc(slices.Clone(items), func(item any) bool { return !slices.Contains(before, item) })
						if diff := cmp.Diff(before, known); diff != "" {
							t.Errorf("pages of %d, backward %v (-before +walked):\n%s", size, backward, diff)
						}
					}
				}
			})
		}
	})
}

func TestCursorsOfOtherOrders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.add(t, 1)
	b.add(t, 2)
	const query = `query ($o: BatchJobOrder, $after: String) { viewer { organization { batchJobs(first: 1, orderBy: $o, after: $after) { pageInfo { endCursor } } } } }`
	orders := []any{nil}
	for _, field := range []string{"CREATED_AT", "STARTS_AT", "NAME"} {
		orders = append(orders, vars{"field": field, "direction": "ASC"}, vars{"field": field, "direction": "DESC"})
	}
	for i, order := range orders {
		cursor := b.ask(t, query, vars{"o": order}).at("viewer.organization.batchJobs.pageInfo.endCursor")
		for j, other := range orders {
			r := b.post(t, query, vars{"o": other, "after": cursor})
			same := i == j || i+j == 2 && i*j == 0 // newest first is what no order means
			if same && len(r.Errors) == 0 {
				continue
			}
			if same || len(r.Errors) != 1 || r.Errors[0].code() != "INVALID_REQUEST" || !strings.HasPrefix(r.Errors[0].Message, "after is a cursor of this list in another order") {
				t.Errorf("a cursor of %v in %v: %s", order, other, r.raw)
			}
		}
	}
	for _, text := range []string{"batch NAME ASC:x", "batch NAME ASC:x a\x00", "batch NAME ASC:x \xff", "batch NAME ASC:"} {
		r := b.post(t, query, vars{"o": orders[5], "after": base64.RawURLEncoding.EncodeToString([]byte(text))})
		if len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, "after is not a cursor of this list") {
			t.Errorf("%q: %s", text, r.raw)
		}
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
