package dialer

import (
	"context"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/contacts"
	"github.com/outdial/outdial/ent"
)

// Estimated is what Create would do with a request, as far as it can be said.
type Estimated struct {
	Created // what Create would answer; the Estimate counts only when Priced

	Priced    bool                          // cost and duration are known
	ByReason  map[calling.RejectionCode]int // rows that would not become contacts, by reason
	Columns   []contacts.Column             // of the upload
	Variables []Variable                    // of the agent's prompt
	Credits   EstimatedCredits              // zero unless Priced
	Wrong     []*calling.Error              // all that Create would refuse the request for, in its order
}

// Variable is a name in an agent's prompt, looked for in contacts.
type Variable struct {
	Name    string
	Missing int // contacts without a value for it
}

// EstimatedCredits is what a batch job would mean for an organization's credits.
type EstimatedCredits struct {
	Available        calling.Micros // what a new batch job may use now
	Remaining        calling.Micros // what the expected cost would leave; below zero when it is not covered
	Missing          calling.Micros // to be added before it could be created
	WorstCaseMissing calling.Micros // to be added so that it cannot run out
	Affordable       int            // contacts that are covered
}

// Estimate says what Create would do, through the same checks, and stores
// nothing. What is wrong with the request is in the answer, beside all that can
// be said in spite of it; an error is a missing scope or a defect.
func (d *Dialer) Estimate(ctx context.Context, request CreateRequest) (*Estimated, error) {
	viewer, err := may(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	p, wrong, err := d.survey(ctx, viewer, request)
	if err != nil {
		return nil, err
	}
	e := &Estimated{Created: *p.answer, Priced: p.estimable(), ByReason: map[calling.RejectionCode]int{}, Wrong: wrong}
	for _, r := range p.upload.Rejections {
		e.ByReason[r.Code]++
	}
	if n := len(p.upload.Duplicates); n > 0 {
		e.ByReason[calling.RejectedDuplicate] = n
	}
	var names []string
	if p.agent != nil {
		names = calling.PromptVariables(p.agent.SystemPrompt)
	}
	described := p.upload.Describe(names)
	e.Columns = described.Columns
	for _, name := range names {
		e.Variables = append(e.Variables, Variable{name, missingIn(p.upload, described, name)})
	}
	if e.Priced {
		e.Credits = creditsFor(p.org, e.Estimate)
	}
	return e, nil
}

// missingIn counts the contacts without a value for a name, which may be their
// own name and phone.
func missingIn(upload *contacts.Upload, described *contacts.Described, name string) int {
	missing := 0
	switch name {
	case "phone":
	case "name":
		for _, c := range upload.Contacts {
			if c.Name == "" {
				missing++
			}
		}
	default:
		missing = described.Missing(name)
	}
	return missing
}

// creditsFor says what an estimate means for an organization's credits.
func creditsFor(org *ent.Organization, e calling.Estimate) EstimatedCredits {
	free := org.BalanceMicros - org.HeldMicros
	available := max(0, free)
	credits := EstimatedCredits{
		Available: available, Remaining: available - e.CostMicros, Affordable: e.Contacts,
		WorstCaseMissing: max(0, e.WorstCaseCostMicros-free),
	}
	if available < e.CostMicros {
		credits.Missing = e.CostMicros - free
		credits.Affordable = int(available / (e.CostMicros / int64(e.Contacts)))
	}
	return credits
}
