package graph_test

import (
	"strings"
	"testing"
)

func TestControl(t *testing.T) {
	t.Parallel()
	b := setup(t)
	created := b.ask(t, createMutation, vars{"input": input(nil)})
	id := created.at("createBatchJob.batchJob.id")
	ask := func(verb string, id any) result {
		return b.ask(t, "mutation($input: "+verb+"BatchJobInput!) { r: "+strings.ToLower(verb)+"BatchJob(input: $input) {"+
			" batchJob { id status } userErrors { code message path } } }", vars{"input": vars{"batchJobId": id}})
	}
	for _, step := range []struct{ verb, id, status, code string }{
		{"Pause", "", "", "ACTION_NOT_ALLOWED"},
		{"Resume", "", "", "ACTION_NOT_ALLOWED"},
		{"Cancel", "", "CANCELLED", ""},
		{"Cancel", "", "", "ACTION_NOT_ALLOWED"},
		{"Pause", "batch_nowhere", "", "NOT_FOUND"},
	} {
		about := id
		if step.id != "" {
			about = step.id
		}
		r := ask(step.verb, about)
		var status, code any
		if step.status != "" {
			status = step.status
		}
		if step.code != "" {
			code = step.code
		}
		if r.at("r.batchJob.status") != status || r.at("r.userErrors.0.code") != code {
			t.Errorf("%s: %s", step.verb, r.raw)
		}
	}
}
