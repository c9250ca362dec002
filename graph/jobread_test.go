package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/ent/agent"
	"github.com/outdial/outdial/ent/contact"
	"github.com/outdial/outdial/store"
	"github.com/outdial/outdial/store/storetest"
)

// dialed is an attempt to be written: of the contact in a row, at a moment.
type dialed struct {
	row, number int
	outcome     calling.Outcome // empty = in flight
	at          time.Time       // of its start; it ends ten seconds later
	nothing     bool            // nothing rang
}

// dial writes attempts of a batch job's contacts behind the dialer's back.
func (b *bundle) dialAll(tb testing.TB, job string, all ...dialed) {
	tb.Helper()
	b.write(tb, func(ctx context.Context, rows *ent.Client) error {
		row, err := rows.BatchJob.Get(ctx, job)
		if err != nil {
			return err //nolint:wrapcheck // a test's
		}
		for _, d := range all {
			who, err := rows.Contact.Query().Where(contact.BatchJobID(job), contact.Row(d.row)).Only(ctx)
			if err != nil {
				return err //nolint:wrapcheck // a test's
			}
			create := rows.Attempt.Create().SetID(uuid.Must(uuid.NewV7())).SetOrganizationID(row.OrganizationID).SetBatchJobID(job).
				SetContactID(who.ID).SetNumber(d.number).SetDialed(!d.nothing).SetQueuedAt(d.at).SetStartedAt(d.at).SetLeaseUntil(d.at)
			change := rows.Contact.UpdateOneID(who.ID).SetLastAttempt(d.number)
			if d.outcome == "" {
				create.SetStatus(calling.AttemptDialing)
				change.SetStatus(calling.ContactDialing)
			} else {
				create.SetStatus(calling.AttemptEnded).SetOutcome(d.outcome).SetEndedAt(d.at.Add(10 * time.Second))
				change.SetLastOutcome(d.outcome)
				if !d.outcome.Rule().Retried {
					change.SetStatus(d.outcome.Rule().Final)
				}
			}
			if err := create.Exec(ctx); err != nil {
				return err //nolint:wrapcheck // a test's
			}
			if err := change.Exec(ctx); err != nil {
				return err //nolint:wrapcheck // a test's
			}
		}
		return nil
	})
}

// onEach runs a test on every database.
func onEach(t *testing.T, test func(t *testing.T, b *bundle)) {
	t.Helper()
	storetest.Each(t, nil, func(t *testing.T, s *store.Store) { test(t, setupOn(t, s)) })
}

func TestBatchJobFilters(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		words := "Für 50%_Ölheizungen"
		first := b.createFrom(t, calling.BatchRequest{Name: "Überfällig", Description: &words}, contacts.Item{Phone: "+12025550101"})
		second := b.createFrom(t, calling.BatchRequest{Name: `50 "Back\slashes"`}, contacts.Item{Phone: "+12025550101"})
		b.write(t, func(ctx context.Context, rows *ent.Client) error {
			return rows.BatchJob.UpdateOneID(second).SetStatus(calling.BatchPaused).Exec(ctx)
		})
		agentID, _ := b.ask(t, `query ($id: ID!) { batchJob(id: $id) { agent { id } } }`, vars{"id": first}).at("batchJob.agent.id").(string)
		both := []string{second, first}
		for _, test := range []struct {
			filter vars
			want   []string
		}{
			{nil, both},
			{vars{}, both},
			{vars{"search": ""}, both},
			{vars{"search": "  überFÄLLIG "}, []string{first}},
			{vars{"search": "ölheiz"}, []string{first}},
			{vars{"search": "50"}, both},
			{vars{"search": "50%_"}, []string{first}},
			{vars{"search": `"back\s`}, []string{second}},
			{vars{"search": "%"}, []string{first}},
			{vars{"search": first}, []string{first}},
			{vars{"search": first[:20] + "?"}, []string{}},
			{vars{"phoneNumberId": "phone_abc123"}, both},
			{vars{"phoneNumberId": "phone_unknown"}, []string{}},
			{vars{"phoneNumberId": "\u0000"}, []string{}},
			{vars{"agentId": agentID}, both},
			{vars{"agentId": ""}, []string{}},
			{vars{"createdAfter": "2027-02-01T12:00:00Z"}, both},
			{vars{"createdAfter": "2027-02-01T12:00:00.000001Z"}, []string{}},
			{vars{"createdBefore": "2027-02-01T13:00:00.5+01:00"}, both},
			{vars{"createdBefore": "2027-02-01T12:00:00Z"}, []string{}},
			{vars{"statuses": []string{"PAUSED"}, "search": "back"}, []string{second}},
			{vars{"statuses": []string{"PENDING"}, "search": "back"}, []string{}},
		} {
			r := b.ask(t, `query ($f: BatchJobFilter) { viewer { organization { batchJobs(filter: $f) { totalCount nodes { id } } } } }`, vars{"f": test.filter})
			got := all[string](t, r.at("viewer.organization.batchJobs.nodes"), "id")
			if !slices.Equal(got, test.want) || r.at("viewer.organization.batchJobs.totalCount") != float64(len(test.want)) {
				t.Errorf("%v: %s", test.filter, r.raw)
			}
		}
	})
}

func TestSearchesAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	for _, search := range []string{strings.Repeat("ä", 201), "a\x00b"} {
		for _, query := range []string{
			`query ($s: String) { viewer { organization { batchJobs(filter: {search: $s}) { nodes { id } } } } }`,
			`query ($s: String) { batchJob(id: "` + id + `") { contacts(filter: {search: $s}) { nodes { id } } } }`,
		} {
			if r := b.post(t, query, vars{"s": search}); !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
				t.Errorf("%q: %s", search, r.raw)
			}
		}
	}
}

func TestContactFilters(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		item := func(phone, name string) contacts.Item { return contacts.Item{Phone: phone, Name: &name} }
		id := b.createFrom(t, calling.BatchRequest{Name: "x"},
			item("+12025550101", "Zoë O'Brien"), item("+12025550102", "ÖZIL 7"), item("+493012345678", ""), item("+12025550104", "100%"))
		now := moment()
		b.dialAll(t, id, dialed{row: 1, number: 1, outcome: calling.OutcomeBusy, at: now}, dialed{row: 2, number: 1, outcome: calling.OutcomeCompleted, at: now},
			dialed{row: 3, number: 1, at: now})
		for _, test := range []struct {
			filter vars
			want   []float64
		}{
			{nil, []float64{1, 2, 3, 4}},
			{vars{"statuses": []string{"DIALING"}}, []float64{3}},
			{vars{"outcomes": []string{"BUSY", "COMPLETED"}}, []float64{1, 2}},
			{vars{"retrying": true}, []float64{1}},
			{vars{"retrying": false}, []float64{2, 3, 4}},
			{vars{"search": "zoË o'b"}, []float64{1}},
			{vars{"search": "özil"}, []float64{2}},
			{vars{"search": "7"}, []float64{2, 3}}, // a name, and a number
			{vars{"search": "0%"}, []float64{4}},
			{vars{"search": "(202) 555-01"}, []float64{1, 2, 4}},
			{vars{"search": "030 1234"}, []float64{3}}, // as it is dialed at home
			{vars{"search": "+49 30"}, []float64{3}},
			{vars{"search": "+"}, []float64{1, 2, 3, 4}[:0]},
			{vars{"search": "brien", "retrying": true, "outcomes": []string{"BUSY"}, "statuses": []string{"PENDING"}}, []float64{1}},
			{vars{"search": "brien", "statuses": []string{"FAILED"}}, []float64{}},
		} {
			r := b.ask(t, `query ($id: ID!, $f: ContactFilter) { batchJob(id: $id) { contacts(filter: $f) { totalCount nodes { row } } } }`,
				vars{"id": id, "f": test.filter})
			got := all[float64](t, r.at("batchJob.contacts.nodes"), "row")
			if !slices.Equal(got, test.want) || r.at("batchJob.contacts.totalCount") != float64(len(test.want)) {
				t.Errorf("%v: %s", test.filter, r.raw)
			}
		}
	})
}

func TestChartsAreCountedInTheDatabase(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		id := b.create(t, "x", 4) // beside one rejected row and a duplicate
		at := func(text string) time.Time {
			parsed, err := time.Parse("2006-01-02T15:04:05.999999", text)
			if err != nil {
				t.Fatal(err)
			}
			return parsed
		}
		b.dialAll(t, id,
			dialed{1, 1, calling.OutcomeNoAnswer, at("2027-02-01T12:00:49.999999"), false}, // ends in the first minute
			dialed{2, 1, calling.OutcomeCompleted, at("2027-02-01T12:00:50"), false},       // and in the second
			dialed{3, 1, calling.OutcomeBusy, at("2027-02-01T12:01:00.5"), false},
			dialed{4, 1, calling.OutcomeCarrierError, at("2027-02-01T12:01:00"), true}, // nothing rang
			dialed{1, 2, calling.OutcomeVoicemail, at("2027-02-01T23:44:59.999999"), false},
			dialed{4, 2, calling.OutcomeRejected, at("2027-02-01T23:45:00"), false},
			dialed{3, 2, "", at("2027-02-01T23:45:00"), false},
		)
		const query = `query ($id: ID!, $s: Int, $z: String) { batchJob(id: $id) {
			rejectionCounts { code count }
			outcomesOverTime(bucketSeconds: $s) { bucketSeconds buckets { startsAt outcomes { outcome count } } }
			answerRates(timezone: $z) { weekday hour dialed answered } } }`
		r := b.ask(t, query, vars{"id": id, "s": 60, "z": "Asia/Kathmandu"}) // UTC+5:45
		want := `{"data":{"batchJob":{` +
			`"rejectionCounts":[{"code":"INVALID_PHONE_FORMAT","count":1},{"code":"DUPLICATE","count":1}],` +
			`"outcomesOverTime":{"bucketSeconds":60,"buckets":[` +
			`{"startsAt":"2027-02-01T12:00:00Z","outcomes":[{"outcome":"NO_ANSWER","count":1}]},` +
			`{"startsAt":"2027-02-01T12:01:00Z","outcomes":[{"outcome":"COMPLETED","count":1},{"outcome":"BUSY","count":1}]},` +
			`{"startsAt":"2027-02-01T23:45:00Z","outcomes":[{"outcome":"VOICEMAIL","count":1},{"outcome":"REJECTED","count":1}]}]},` +
			`"answerRates":[{"weekday":"MONDAY","hour":17,"dialed":2,"answered":1},{"weekday":"TUESDAY","hour":5,"dialed":2,"answered":1}]}}}`
		if diff := cmp.Diff(want, r.raw); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r = b.ask(t, query, vars{"id": id}) // twelve hours in at most 100 spans; the batch job's zone is UTC
		if r.at("batchJob.outcomesOverTime.bucketSeconds") != 600.0 || r.at("batchJob.outcomesOverTime.buckets.0.startsAt") != "2027-02-01T12:00:00Z" ||
			r.at("batchJob.outcomesOverTime.buckets.1.startsAt") != "2027-02-01T23:40:00Z" || r.at("batchJob.answerRates.0.hour") != 12.0 {
			t.Error(r.raw)
		}
		for message, variables := range map[string]vars{
			"bucketSeconds must be between 60 and 86400; it is 59.": {"s": 59},
			"'Mars' is not an IANA time zone":                       {"z": "Mars"},
		} {
			variables["id"] = id
			if r := b.post(t, query, variables); len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0].Message, message) {
				t.Errorf("%v: %s", variables, r.raw)
			}
		}
		b.dialAll(t, id, dialed{2, 2, calling.OutcomeCompleted, at("2028-02-01T12:00:00"), false})
		if r := b.ask(t, query, vars{"id": id}); r.at("batchJob.outcomesOverTime.bucketSeconds") != 345600.0 {
			t.Errorf("a year of four days each: %s", r.raw)
		}
		if r := b.post(t, query, vars{"id": id, "s": 60}); !cmp.Equal(r.codes(), []string{"INVALID_REQUEST"}) {
			t.Errorf("a year of minutes: %s", r.raw)
		}
	})
}

func TestVariablesAreLookedForInContacts(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		weird := []string{`q"uote`, `back\slash`, "dot.ted $[0]", "ünï😀", "'single'", "percent%?", "1", ""}[:7]
		prompt := "{{name}} {{phone}} {{plan}} {{n}} {{gone}} {{plan}}"
		fields := map[string]any{"plan": "Basic", "n": 0, "flag": false, "o": map[string]any{"a": nil}}
		for _, name := range weird {
			prompt += " {{" + name + "}}"
			fields[name] = "x"
		}
		for i := range 120 { // more than one query looks for
			prompt += fmt.Sprintf(" {{v%d}}", i)
		}
		prompt += "{{flag}}{{o}}"
		b.write(t, func(ctx context.Context, rows *ent.Client) error {
			return rows.Agent.Update().Where(agent.SystemPromptNEQ("")).SetSystemPrompt(prompt).Exec(ctx)
		})
		ann := "Ann"
		id := b.createFrom(t, calling.BatchRequest{Name: "x"},
			contacts.Item{Phone: "+12025550101", Name: &ann, CustomFields: fields},
			contacts.Item{Phone: "+12025550102", CustomFields: map[string]any{"plan": " ", "n": nil, "v119": "last"}},
			contacts.Item{Phone: "+12025550103", CustomFields: map[string]any{"plan": "", "n": 1.5}},
			contacts.Item{Phone: "+12025550104"})
		r := b.ask(t, `query ($id: ID!) { batchJob(id: $id) { systemPrompt carrier variables { name present missingCount }
			contacts { nodes { row batchJob { id systemPrompt phoneNumber { id } } prompt { text missing } } } } }`, vars{"id": id})
		got := map[string]string{}
		list, _ := r.at("batchJob.variables").([]any)
		for _, v := range list {
			got[fmt.Sprint(at(v, "name"))] = fmt.Sprint(at(v, "present"), at(v, "missingCount"))
		}
		want := map[string]string{
			"name": "true 3", "phone": "true 0", "plan": "true 3", "n": "true 2", "gone": "false 4", "v0": "false 4", "v119": "true 3",
			"flag": "true 3", "o": "true 3",
		}
		for _, name := range weird {
			want[name] = "true 3"
		}
		for name, line := range want {
			if got[name] != line {
				t.Errorf("%s: %q, want %q", name, got[name], line)
			}
		}
		if len(list) != 5+len(weird)+120+2 || r.at("batchJob.systemPrompt") != prompt || r.at("batchJob.contacts.nodes.3.batchJob.systemPrompt") != prompt ||
			r.at("batchJob.carrier") != nil {
			t.Errorf("%d variables: %s", len(list), r.raw)
		}
		text, _ := r.at("batchJob.contacts.nodes.0.prompt.text").(string)
		missing, _ := r.at("batchJob.contacts.nodes.0.prompt.missing").([]any)
		if !strings.HasPrefix(text, "Ann +12025550101 Basic 0 {{gone}} Basic x x") || len(missing) != 121 || missing[0] != "gone" {
			t.Errorf("%s, without %v", text, missing)
		}
	})
}

func TestLiveCalls(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b *bundle) {
		first, second := b.create(t, "first", 3), b.create(t, "second", 2)
		b.dialAll(t, second, dialed{row: 2, number: 1, at: moment()})
		b.dialAll(t, first, dialed{row: 3, number: 1, outcome: calling.OutcomeBusy, at: moment()},
			dialed{row: 1, number: 1, at: moment()}, dialed{row: 2, number: 1, at: moment()})
		var r result
		queries := b.queries.during(func() {
			r = b.ask(t, `query ($id: ID!) { viewer { organization { liveCalls { totalCount nodes { ...call } } } } batchJob(id: $id) { liveCalls { nodes { ...call } } } }
				fragment call on Attempt { number status contact { row name batchJob { id name phoneNumber { id } } attempts { contact { id } } } }`, vars{"id": first})
		})
		if queries > 1+1+2*(1+1+1+1+1)+2 { // the key; organization; calls, contacts, attempts, batch jobs and numbers of both; count and batch job
			t.Errorf("%d queries", queries)
		}
		rows := all[float64](t, r.at("viewer.organization.liveCalls.nodes"), "contact.row")
		jobs := all[string](t, r.at("viewer.organization.liveCalls.nodes"), "contact.batchJob.id")
		if !slices.Equal(rows, []float64{2, 1, 2}) || !slices.Equal(jobs, []string{second, first, first}) || r.at("viewer.organization.liveCalls.totalCount") != 3.0 {
			t.Error(r.raw)
		}
		if rows := all[float64](t, r.at("batchJob.liveCalls.nodes"), "contact.row"); !slices.Equal(rows, []float64{1, 2}) {
			t.Error(r.raw)
		}
	})
}

func TestTimeZonesAndStarts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.ask(t, `{ timeZones { id label offsetMinutes aliases } }`, nil)
	zones, _ := r.at("timeZones").([]any)
	i := slices.IndexFunc(zones, func(z any) bool { return at(z, "id") == "America/New_York" })
	if i < 0 || at(zones[i], "label") != "New York" || at(zones[i], "offsetMinutes") != -300.0 || !slices.Contains(at(zones[i], "aliases").([]any), any("US/Eastern")) { //nolint:errcheck,forcetypeassert // a list, or the test fails
		t.Errorf("New York among %d zones: %d", len(zones), i)
	}
	for _, test := range []struct{ local, zone, want string }{
		{"2027-03-14T02:30", "America/New_York", `{"instant":"2027-03-14T07:30:00Z","offsetMinutes":-240,"kind":"GAP","userErrors":[]}`},
		{"2027-11-07T01:30", "America/New_York", `{"instant":"2027-11-07T05:30:00Z","offsetMinutes":-240,"kind":"OVERLAP","userErrors":[]}`},
		{"2027-02-01T12:00", "UTC", `{"instant":"2027-02-01T12:00:00Z","offsetMinutes":0,"kind":"NORMAL","userErrors":[]}`},
		{"2027-02-01T11:59", "UTC", `{"instant":"2027-02-01T11:59:00Z","offsetMinutes":0,"kind":"NORMAL","userErrors":[{"code":"PAST_SCHEDULED_TIME","path":["local"]}]}`},
		{"soon", "Mars", `{"instant":null,"offsetMinutes":null,"kind":null,"userErrors":[{"code":"INVALID_TIMEZONE","path":["timezone"]},{"code":"INVALID_REQUEST","path":["local"]}]}`},
	} {
		r := b.ask(t, `query ($l: String!, $z: String!) { resolveStartTime(local: $l, timezone: $z) { instant offsetMinutes kind userErrors { code path } } }`,
			vars{"l": test.local, "z": test.zone})
		if want := `{"data":{"resolveStartTime":` + test.want + `}}`; r.raw != want {
			t.Errorf("%s in %s: %s", test.local, test.zone, r.raw)
		}
	}
}

func TestPromptsAreReadOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		b.create(t, "x", 1)
	}
	var seen []string
	b.store.Read().BatchJob.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			value, err := next.Query(ctx, q)
			if found, ok := value.([]*ent.BatchJob); ok {
				for _, row := range found {
					seen = append(seen, fmt.Sprint(row.SystemPrompt != ""))
				}
			}
			return value, err //nolint:wrapcheck // a test's
		})
	}))
	b.ask(t, `{ viewer { organization { batchJobs { nodes { id name progress { version } } } } } }`, nil)
	b.ask(t, `{ viewer { organization { batchJobs { nodes { systemPrompt } } } } }`, nil)
	if want := []string{"false", "false", "false", "true", "true", "true"}; !slices.Equal(seen, want) {
		t.Errorf("prompts were read: %v", seen)
	}
}

func TestSearchesAndChartsCostMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.create(t, "x", 1)
	for field, most := range map[string]int{
		`outcomesOverTime { bucketSeconds }`:                       39,
		`answerRates { hour }`:                                     39,
		`variables { missingCount }`:                               39,
		`contacts(first: 1, filter: {search: "x"}) { totalCount }`: 33,
		`contacts(first: 1) { totalCount }`:                        198,
	} {
		b.ask(t, `{ batchJob(id: "`+id+`") { `+aliased(most, field)+` } }`, nil)
		r := b.post(t, `{ batchJob(id: "`+id+`") { `+aliased(most+1, field)+` } }`, nil)
		if !cmp.Equal(r.codes(), []string{"COMPLEXITY_LIMIT_EXCEEDED"}) {
			t.Errorf("%d of %s: %d %v", most+1, field, r.status, r.codes())
		}
	}
}
