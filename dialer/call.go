package dialer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
	"github.com/outdial/outdial/fault"
)

// call describes an attempt to the carrier: the same words every time it is
// asked for. A call that may start now may do so only for a short time.
func (d *Dialer) call(row *ent.Attempt, batch *ent.BatchJob, now time.Time) (calling.Call, error) {
	person := row.Edges.Contact
	variables, err := customFields(person)
	if err != nil {
		return calling.Call{}, err
	}
	startedAt := now
	if row.StartedAt != nil {
		startedAt = *row.StartedAt
	}
	prompt, _ := calling.RenderPrompt(batch.SystemPrompt, promptVariables(person, variables))
	id := row.ID
	if row.StartedAt != nil && fault.Planted("fresh-call-id") {
		id = newUUID()
	}
	return calling.Call{
		ID:             calling.PublicID(calling.AttemptPrefix, id),
		OrganizationID: row.OrganizationID,
		BatchJobID:     row.BatchJobID,
		ContactID:      calling.PublicID(calling.ContactPrefix, person.ID),
		Attempt:        row.Number,
		To:             person.Phone,
		From:           batch.FromNumber,
		AgentID:        batch.AgentID,
		Architecture:   batch.Architecture,
		Prompt:         prompt,
		ContactName:    person.Name,
		Variables:      variables,
		StartBefore:    now.Add(d.StartWithin),
		StartedAt:      startedAt,
		RingTimeout:    d.RingTimeout,
		MaxDuration:    d.MaxCall,
	}, nil
}

// RenderPrompt returns a system prompt as a call to the person has it, and the
// names in it without a value.
func RenderPrompt(systemPrompt string, person *ent.Contact) (text string, missing []string, err error) {
	variables, err := customFields(person)
	if err != nil {
		return "", nil, err
	}
	text, missing = calling.RenderPrompt(systemPrompt, promptVariables(person, variables))
	return text, missing, nil
}

func customFields(person *ent.Contact) (map[string]any, error) {
	fields := map[string]any{}
	decoder := json.NewDecoder(bytes.NewReader(person.CustomFields))
	decoder.UseNumber() // long numbers keep their digits
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("read the custom fields of contact %s: %w", person.ID, err)
	}
	return fields, nil
}

// promptVariables adds the contact's own name and phone to its custom fields,
// which come first.
func promptVariables(person *ent.Contact, custom map[string]any) map[string]any {
	all := map[string]any{"phone": string(person.Phone)}
	if person.Name != "" {
		all["name"] = person.Name
	}
	maps.Copy(all, custom)
	return all
}
