package graph_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/agent"
	"github.com/outdial/outdial/ent/organization"
)

const estimateInFull = `mutation ($input: CreateBatchJobInput!) { estimateBatchJob(input: $input) {
	totalContacts rejectedContacts duplicateContacts blankRows rejectionCounts { code count }
	columns { name use samples emptyCount } variables { name present missingCount }
	estimate { cost durationSeconds at20: durationSecondsAt(concurrentCallLimit: 20) at50: durationSecondsAt(concurrentCallLimit: 50) }
	credits { availableMicros remainingMicros missingMicros worstCaseMissingMicros affordableContacts }
	warnings { code } userErrors { code path } } }`

// balance gives the demo organization credits, and a limit.
func (b *bundle) balance(tb testing.TB, balance, held calling.Micros, limit int) {
	tb.Helper()
	b.write(tb, func(ctx context.Context, rows *ent.Client) error {
		return rows.Organization.Update().Where(organization.NameNEQ("Other")).
			SetBalanceMicros(balance).SetHeldMicros(held).SetConcurrentCallLimit(limit).Exec(ctx)
	})
}

func contactsOf(phones ...string) []vars {
	var list []vars
	for _, p := range phones {
		list = append(list, vars{"phone": p, "customFields": vars{"plan": "Basic", "extra": ""}})
	}
	return list
}

func TestEstimateSaysAllItCan(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.balance(t, 300_000, 200_000, 30)
	b.write(t, func(ctx context.Context, rows *ent.Client) error {
		return rows.Agent.Update().Where(agent.ArchitectureNEQ(calling.Text)).SetArchitecture(calling.Pipeline).
			SetSystemPrompt("{{plan}} {{name}} {{phone}} {{gone}}").Exec(ctx)
	})
	four := contactsOf("+12025550101", "+12025550102", "+12025550103", "+12025550104", "+12025550104", "nobody")
	const counts = `"totalContacts":4,"rejectedContacts":1,"duplicateContacts":1,"blankRows":0,` +
		`"rejectionCounts":[{"code":"INVALID_PHONE_FORMAT","count":1},{"code":"DUPLICATE","count":1}],`
	const columns = `"columns":[{"name":"extra","use":"CUSTOM_FIELD","samples":[],"emptyCount":4},{"name":"plan","use":"VARIABLE","samples":["Basic"],"emptyCount":0}],`
	const variables = `"variables":[{"name":"plan","present":true,"missingCount":0},{"name":"name","present":false,"missingCount":4},` +
		`{"name":"phone","present":true,"missingCount":0},{"name":"gone","present":false,"missingCount":4}],`
	const estimate = `"estimate":{"cost":"$0.14","durationSeconds":120,"at20":120,"at50":120},` +
		`"credits":{"availableMicros":100000,"remainingMicros":-40000,"missingMicros":40000,"worstCaseMissingMicros":320000,"affordableContacts":2},` +
		`"warnings":[{"code":"MISSING_TEMPLATE_VARIABLE"}],`
	const none = `"estimate":null,"credits":null,"warnings":[],`
	for _, test := range []struct {
		name  string
		input vars
		want  string
	}{
		{
			"credits do not suffice",
			vars{"fromPhoneNumberId": "phone_abc123", "name": "x", "contacts": vars{"list": four}},
			counts + columns + variables + estimate + `"userErrors":[{"code":"INSUFFICIENT_CREDITS","path":null}]`,
		},
		{
			"it has no name yet, and rejected rows are not allowed",
			vars{"fromPhoneNumberId": "phone_abc123", "name": "", "contacts": vars{"list": four}, "invalidRows": "REJECT"},
			counts + columns + variables + estimate + `"userErrors":[{"code":"INVALID_REQUEST","path":["input","name"]},` +
				`{"code":"INVALID_PHONE_FORMAT","path":["input","contacts","list","5","phone"]},{"code":"INSUFFICIENT_CREDITS","path":null}]`,
		},
		{
			"the limit cannot be reckoned with",
			vars{"fromPhoneNumberId": "phone_abc123", "name": "x", "concurrentCallLimit": 51, "contacts": vars{"list": four}},
			counts + columns + variables + none + `"userErrors":[{"code":"INVALID_REQUEST","path":["input","concurrentCallLimit"]}]`,
		},
		{
			"the number is not there",
			vars{"fromPhoneNumberId": "phone_unknown", "name": "x", "contacts": vars{"list": four}},
			counts + strings.ReplaceAll(columns, "VARIABLE", "CUSTOM_FIELD") + `"variables":[],` + none +
				`"userErrors":[{"code":"NOT_FOUND","path":["input","fromPhoneNumberId"]}]`,
		},
		{
			"the id of the number cannot be one",
			vars{"fromPhoneNumberId": "a\x00b", "name": "x", "contacts": vars{"list": four}},
			counts + strings.ReplaceAll(columns, "VARIABLE", "CUSTOM_FIELD") + `"variables":[],` + none +
				`"userErrors":[{"code":"INVALID_REQUEST","path":["input","fromPhoneNumberId"]}]`,
		},
		{
			"nobody can be called",
			vars{"fromPhoneNumberId": "phone_abc123", "name": "x", "contacts": vars{"list": contactsOf("nobody", "")}},
			`"totalContacts":0,"rejectedContacts":2,"duplicateContacts":0,"blankRows":0,` +
				`"rejectionCounts":[{"code":"INVALID_PHONE_FORMAT","count":1},{"code":"MISSING_PHONE","count":1}],` +
				`"columns":[{"name":"extra","use":"CUSTOM_FIELD","samples":[],"emptyCount":0},{"name":"plan","use":"VARIABLE","samples":["Basic"],"emptyCount":0}],` +
				`"variables":[{"name":"plan","present":false,"missingCount":0},{"name":"name","present":false,"missingCount":0},` +
				`{"name":"phone","present":false,"missingCount":0},{"name":"gone","present":false,"missingCount":0}],` + none +
				`"userErrors":[{"code":"INVALID_PHONE_FORMAT","path":["input","contacts","list","0","phone"]},` +
				`{"code":"INVALID_PHONE_FORMAT","path":["input","contacts","list","1","phone"]}]`,
		},
		{
			"everything is right",
			vars{"fromPhoneNumberId": "phone_abc123", "name": "x", "contacts": vars{"list": four[:2]}},
			`"totalContacts":2,"rejectedContacts":0,"duplicateContacts":0,"blankRows":0,"rejectionCounts":[],` +
				strings.ReplaceAll(columns, "4", "2") + strings.ReplaceAll(variables, "4", "2") +
				`"estimate":{"cost":"$0.07","durationSeconds":120,"at20":120,"at50":120},` +
				`"credits":{"availableMicros":100000,"remainingMicros":30000,"missingMicros":0,"worstCaseMissingMicros":110000,"affordableContacts":2},` +
				`"warnings":[{"code":"MISSING_TEMPLATE_VARIABLE"}],"userErrors":[]`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := b.ask(t, estimateInFull, vars{"input": test.input})
			if diff := cmp.Diff(`{"data":{"estimateBatchJob":{`+test.want+`}}}`, r.raw); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEstimateKnowsTheOrganizationsLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.balance(t, 100*calling.USD, 0, 30)
	id := b.create(t, "x", 100)
	r := b.ask(t, `query ($id: ID!) { batchJob(id: $id) { estimate { durationSeconds one: durationSecondsAt(concurrentCallLimit: 1)
		at50: durationSecondsAt(concurrentCallLimit: 50) } } }`, vars{"id": id})
	if want := `{"data":{"batchJob":{"estimate":{"durationSeconds":2400,"one":12000,"at50":480}}}}`; r.raw != want {
		t.Errorf("%s", r.raw)
	}
	r = b.post(t, `query ($id: ID!) { batchJob(id: $id) { estimate { durationSecondsAt(concurrentCallLimit: 0) } } }`, vars{"id": id})
	if !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
		t.Error(r.raw)
	}
}
