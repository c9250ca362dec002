package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
)

func TestTheLedger(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.changed(t, "addCredits", "credits { balanceMicros }", vars{"amountMicros": 7, "note": "invoice"})
	jobs := []string{b.create(t, "0", 1)}
	if _, err := b.dialer.Cancel(b.viewer(t, b.key), jobs[0], false, ""); err != nil {
		t.Fatal(err)
	}
	jobs = append(jobs, b.create(t, "1", 2), b.create(t, "2", 3))

	for _, forward := range []bool{true, false} {
		var balance, held float64
		seen, cursor := map[string]bool{}, any(nil)
		for range 10 {
			arguments, next := "first: 2, after: $cursor", "endCursor"
			if !forward {
				arguments, next = "last: 2, before: $cursor", "startCursor"
			}
			page := b.ask(t, `query($cursor: String) { viewer { organization { credits { balanceMicros heldMicros } creditLedger(`+arguments+`) {
				nodes { id balanceDeltaMicros heldDeltaMicros } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }`, vars{"cursor": cursor})
			lines := page.at("viewer.organization.creditLedger.nodes")
			for _, id := range all[string](t, lines, "id") {
				if seen[id] {
					t.Errorf("%s comes twice", id)
				}
				seen[id] = true
			}
			for _, delta := range all[float64](t, lines, "balanceDeltaMicros") {
				balance += delta
			}
			for _, delta := range all[float64](t, lines, "heldDeltaMicros") {
				held += delta
			}
			info := "viewer.organization.creditLedger.pageInfo."
			if page.at(info+map[bool]string{true: "hasNextPage", false: "hasPreviousPage"}[forward]) == false {
				if page.at("viewer.organization.credits.balanceMicros") != balance || page.at("viewer.organization.credits.heldMicros") != held {
					t.Errorf("the lines sum to %v and %v, the credits are %v", balance, held, page.at("viewer.organization.credits"))
				}
				break
			}
			cursor = page.at(info + next)
		}
		if len(seen) != 6 { // first credits, three holds, a top-up, a release
			t.Errorf("%d lines", len(seen))
		}
	}

	filtered := func(filter vars) []string {
		r := b.ask(t, `query($filter: CreditEntryFilter) { viewer { organization { creditLedger(filter: $filter) {
			totalCount nodes { kind note batchJob { id } } } } } }`, vars{"filter": filter})
		list := r.at("viewer.organization.creditLedger.nodes")
		if kinds := all[string](t, list, "kind"); float64(len(kinds)) != r.at("viewer.organization.creditLedger.totalCount") {
			t.Errorf("%s", r.raw)
		}
		return all[string](t, list, "kind")
	}
	for _, c := range []struct {
		filter vars
		want   []string
	}{
		{vars{"kinds": []string{"TOP_UP"}}, []string{"TOP_UP", "TOP_UP"}},
		{vars{"batchJobId": jobs[0]}, []string{"RELEASE", "HOLD"}},
		{vars{"batchJobId": jobs[0], "kinds": []string{"HOLD", "CAPTURE"}}, []string{"HOLD"}},
		{vars{"batchJobId": "batch_none"}, []string{}},
		{vars{"batchJobId": "\x00"}, []string{}},
		{vars{"kinds": []string{}}, []string{"HOLD", "HOLD", "RELEASE", "HOLD", "TOP_UP", "TOP_UP"}},
	} {
		if diff := cmp.Diff(c.want, filtered(c.filter)); diff != "" {
			t.Errorf("%v: %s", c.filter, diff)
		}
	}
	line := b.ask(t, `{ viewer { organization { creditLedger(first: 1, filter: {kinds: [RELEASE]}) { nodes { id note batchJob { name } } } } } }`, nil)
	node := b.ask(t, `query($id: ID!) { node(id: $id) { ... on CreditEntry { kind note batchJob { name } } } }`,
		vars{"id": line.at("viewer.organization.creditLedger.nodes.0.id")})
	if node.at("node.batchJob.name") != "0" || node.at("node.kind") != string(calling.CreditRelease) {
		t.Errorf("%s", node.raw)
	}
}

func TestCreditsAreAddedOnceWithAKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	input := vars{"amountMicros": 5, "idempotencyKey": "invoice-1"}
	const fields = `credits { balanceMicros } batchJobsResumed`
	first := b.changed(t, "addCredits", fields, input)
	if again := b.changed(t, "addCredits", fields, input); again.raw != first.raw {
		t.Errorf("%s, then %s", first.raw, again.raw)
	}
	input["amountMicros"] = 6
	if got := wrong(t, b.change(t, "addCredits", fields, input)); !cmp.Equal(got, []string{"input.idempotencyKey CONFLICT"}) {
		t.Errorf("%v", got)
	}
}
