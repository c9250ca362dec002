package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/graph"
)

// run sends an operation, leaving out fields that turn out not to be made yet.
func (b *bundle) run(t *testing.T, d *document, root string, f element, key string) result {
	t.Helper()
	for {
		r := b.post(t, d.operation(root, f), d.variables, as(key))
		if r.status != http.StatusOK {
			t.Fatalf("%s.%s: %d %s", root, f.Name, r.status, r.raw[:min(len(r.raw), 2000)])
		}
		again := false
		for _, e := range r.Errors {
			failing := d.walker.failing(root, e.Path)
			if e.code() == "INTERNAL_SERVER_ERROR" && failing != root+"."+f.Name && !d.walker.broken[failing] {
				d.walker.broken[failing], again = true, true
			}
		}
		if !again {
			return r
		}
	}
}

// walled is two organizations with something of everything, the first one's
// marked.
type walled struct {
	*bundle
	walker *walker
	mine   []string          // ids of the first organization
	own    map[string]string // ids of the other, by prefix
}

const marker = "Vertraulich"

// fill makes something of everything for an organization: by hand what calls make,
// and by every mutation that makes something what people make.
func (w *walled) fill(t *testing.T, key, name string) map[string]string {
	t.Helper()
	org, number := w.organization(t, key), calling.PublicID(calling.PhoneNumberPrefix, uuid.New())
	w.write(t, func(ctx context.Context, rows *ent.Client) error {
		agent := calling.PublicID(calling.AgentPrefix, uuid.New())
		err := rows.Agent.Create().SetID(agent).SetOrganizationID(org).SetCreatedAt(moment()).SetName(name).
			SetArchitecture(calling.Pipeline).SetSystemPrompt(name + " {{name}}").Exec(ctx)
		if err != nil {
			return err //nolint:wrapcheck // a test's
		}
		return rows.PhoneNumber.Create().SetID(number).SetOrganizationID(org).SetCreatedAt(moment()).SetNumber("+12025550188").
			SetLabel(name).SetOutboundAgentID(agent).Exec(ctx)
	})
	job := w.createAs(t, key, number, name, contacts.Item{Phone: "+12025550101", Name: &name, CustomFields: map[string]any{"name2": name}},
		contacts.Item{Phone: "+12025550102", Name: &name}, contacts.Item{Phone: name})
	w.dialAll(t, job, dialed{row: 1, number: 1, outcome: calling.OutcomeBusy, at: moment()}, dialed{row: 2, number: 1, at: moment()})
	ids := map[string]string{"phone": number, "batch": job}
	for _, f := range w.walker.types["Mutation"].Fields {
		if strings.HasPrefix(f.Name, "create") || strings.HasPrefix(f.Name, "ping") {
			d := &document{walker: w.walker, own: w.fitting(ids)}
			for _, id := range idsIn(w.run(t, d, "Mutation", f, key)) {
				ids[kindOf(id)] = id
			}
		}
	}
	for _, id := range idsIn(w.everything(t, key)) {
		if _, known := ids[kindOf(id)]; !known {
			ids[kindOf(id)] = id
		}
	}
	return ids
}

// everything reads all that an organization has.
func (w *walled) everything(t *testing.T, key string) result {
	t.Helper()
	d := &document{walker: w.walker, own: w.fitting(w.own)}
	return w.run(t, d, "Query", w.field(t, "Query.viewer"), key)
}

func (w *walled) field(t *testing.T, name string) element {
	t.Helper()
	of, field, _ := strings.Cut(name, ".")
	for _, f := range w.walker.types[of].Fields {
		if f.Name == field {
			return f
		}
	}
	t.Fatalf("there is no %s", name)
	return element{}
}

func kindOf(id string) string { kind, _, _ := strings.Cut(id, "_"); return kind }

// fitting returns ids by the names of what takes them: batchJobId, agentId.
func (w *walled) fitting(ids map[string]string) func(string) string {
	return func(name string) string {
		for word, kind := range map[string]string{
			"job": "batch", "agent": "agent", "number": "phone", "key": "key", "session": "session", "endpoint": "hook", "delivery": "delivery",
		} {
			if strings.Contains(strings.ToLower(name), word) && ids[kind] != "" {
				return ids[kind]
			}
		}
		return unknown("batch")
	}
}

// unknown makes an id of a kind that nobody has.
func unknown(kind string) string { return calling.PublicID(kind, uuid.New()) }

// idsIn collects the ids that an answer holds.
func idsIn(r result) []string {
	var found []string
	var look func(name string, value any)
	look = func(name string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for name, inner := range v {
				look(name, inner)
			}
		case []any:
			for _, inner := range v {
				look(name, inner)
			}
		case string:
			if (name == "id" || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "__id")) && strings.Contains(v, "_") && !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	look("", r.Data)
	slices.Sort(found)
	return found
}

// createAs makes a batch job for a key's organization.
func (b *bundle) createAs(t *testing.T, key, number, name string, items ...contacts.Item) string {
	t.Helper()
	other := *b
	other.key = key
	return other.createFromNumber(t, number, calling.BatchRequest{Name: name, Description: &name}, items...)
}

func setupWalled(t *testing.T) *walled {
	t.Helper()
	b := setup(t, func(c *graph.Config) {
		const endless = 1 << 40
		c.Limits = graph.Limits{
			Tokens: 1 << 30, Selections: 1 << 30, Depth: 1000, Complexity: endless, BodyBytes: 1 << 30, MessageBytes: 1 << 30, CachedQueryBytes: 1,
		}
	})
	w := &walled{bundle: b, walker: b.newWalker(t), own: map[string]string{}}
	w.own = w.fill(t, b.otherKey, "Other")
	for _, id := range w.fill(t, b.key, marker) {
		w.mine = append(w.mine, id)
	}
	for _, id := range idsIn(w.everything(t, b.key)) {
		if !slices.Contains(w.mine, id) {
			w.mine = append(w.mine, id)
		}
	}
	slices.Sort(w.mine)
	return w
}

// leaks returns what an answer holds of the first organization, but for the id
// that was sent.
func (w *walled) leaks(raw, sent string) string {
	raw = strings.ReplaceAll(raw, sent, "ID")
	for _, secret := range append(slices.Clone(w.mine), marker) {
		if secret != sent && strings.Contains(raw, secret) {
			return secret
		}
	}
	return ""
}

// samples are ids of the first organization, two of each kind at most.
func (w *walled) samples() []string {
	times := map[string]int{}
	return slices.DeleteFunc(slices.Clone(w.mine), func(id string) bool {
		times[kindOf(id)]++
		return times[kindOf(id)] > 2
	})
}

// same replaces what differs between two answers to the same request.
func same(r result, sent string) string {
	raw := strings.ReplaceAll(r.raw, sent, "ID")
	for _, e := range r.Errors {
		if id, ok := e.Extensions["requestId"].(string); ok {
			raw = strings.ReplaceAll(raw, id, "REQUEST")
		}
	}
	return raw
}

func TestAnotherOrganizationGetsNothing(t *testing.T) {
	t.Parallel()
	w := setupWalled(t)
	for _, kind := range []string{"org", "key", "agent", "phone", "batch", "contact", "attempt", "change"} {
		if !slices.ContainsFunc(w.mine, func(id string) bool { return kindOf(id) == kind }) || w.own[kind] == "" {
			t.Fatalf("the organizations have no %s: %v, %v", kind, w.mine, w.own)
		}
	}
	if seen := w.everything(t, w.key); w.leaks(seen.raw, " ") == "" || !strings.Contains(seen.raw, marker) {
		t.Fatal("the first organization does not see its own")
	}
	if r := w.everything(t, w.otherKey); w.leaks(r.raw, " ") != "" {
		t.Errorf("without being asked, %s is told: %s", w.leaks(r.raw, " "), r.raw)
	}
	tried := 0
	for _, p := range w.walker.places() {
		root, _, _ := strings.Cut(p.field, ".")
		if root == "Subscription" {
			continue
		}
		name, from := p.field, root
		if root != "Query" && root != "Mutation" {
			name, from = "Query.viewer", "Query"
		}
		for _, id := range w.samples() {
			ask := func(sent string) result {
				tried++
				return w.run(t, &document{walker: w.walker, place: p, tested: sent, own: w.fitting(w.own)}, from, w.field(t, name), w.otherKey)
			}
			nobodys := unknown(kindOf(id))
			theirs, none := ask(id), ask(nobodys)
			if got, want := same(theirs, id), same(none, nobodys); got != want {
				t.Errorf("%s %s: %s is told from an unknown id:\n%s\n%s", p.field, p.input, kindOf(id), got, want)
			}
			if secret := w.leaks(theirs.raw, id); secret != "" {
				t.Errorf("%s %s with %s tells %s", p.field, p.input, id, secret)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d operations were tried", tried)
	}
	for line := range bytes.Lines([]byte(w.log.String())) {
		if bytes.Contains(line, []byte("graphql field failed")) && !bytes.Contains(line, []byte("not implemented: ")) {
			t.Errorf("a defect: %s", line[:min(len(line), 1000)])
		}
	}
	if seen := w.everything(t, w.key); !strings.Contains(seen.raw, marker) {
		t.Error("the first organization does not see its own any more")
	}
}

func TestAnotherOrganizationSubscribesToNothing(t *testing.T) {
	t.Parallel()
	w := setupWalled(t)
	for _, id := range w.mine {
		w.feed.tell(w.snapshot(id, 1, calling.BatchRunning))
	}
	c := w.connectAs(t, w.otherKey)
	n := 0
	first := func(p place, name, id string) result {
		n++
		d := &document{walker: w.walker, place: p, tested: id, own: w.fitting(w.own)}
		query := d.operation("Subscription", w.field(t, name))
		c.subscribe(fmt.Sprint(n), query, d.variables)
		m := c.hear()
		r := result{raw: m.Type + string(m.Payload)}
		if m.Type == "next" {
			c.say(fmt.Sprintf(`{"type": "complete", "id": "%d"}`, n))
		}
		return r
	}
	places := slices.DeleteFunc(w.walker.places(), func(p place) bool { return !strings.HasPrefix(p.field, "Subscription.") })
	for _, p := range places {
		for _, id := range w.samples() {
			nobodys := unknown(kindOf(id))
			got, want := first(p, p.field, id), first(p, p.field, nobodys)
			cut := func(r result, sent string) string {
				text, _, _ := strings.Cut(strings.ReplaceAll(r.raw, sent, "ID"), `"requestId"`)
				return text
			}
			if cut(got, id) != cut(want, nobodys) || w.leaks(got.raw, id) != "" {
				t.Errorf("%s with %s: %s, and %s for an unknown id", p.field, id, got.raw, want.raw)
			}
		}
	}
	for _, f := range w.walker.types["Subscription"].Fields {
		name := "Subscription." + f.Name
		if slices.ContainsFunc(places, func(p place) bool { return p.field == name }) {
			continue
		}
		if r := first(place{}, name, ""); w.leaks(r.raw, " ") != "" {
			t.Errorf("%s tells %s: %s", name, w.leaks(r.raw, " "), r.raw)
		}
	}
	if len(places) == 0 || n < 10 {
		t.Errorf("%d subscriptions at %d places", n, len(places))
	}
}
