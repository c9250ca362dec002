package dialer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/outdial/outdial/auth"
	"github.com/outdial/outdial/calling"
	"github.com/outdial/outdial/ent"
)

// details are what else there is to know of a change, by name; they become a
// JSON object.
type details = map[string]any

// actor is who changes a batch job.
type actor struct {
	kind calling.ChangeActor
	id   string // of the API key or session; empty for the program itself
	name string
}

func actorOf(viewer auth.Viewer) actor {
	switch {
	case viewer.SessionID != "":
		return actor{calling.ActorSession, viewer.SessionID, viewer.SessionName}
	case viewer.KeyID != "":
		return actor{calling.ActorAPIKey, viewer.KeyID, viewer.KeyName}
	}
	return actor{kind: calling.ActorSystem}
}

// change is a line of a batch job's history that is to be written.
type change struct {
	id         string
	batchJobID string
	action     calling.ChangeAction
	actor      actor
	reason     string
	details    details
}

// record adds a line to a batch job's history; it is written when the turn is
// saved. An empty reason and no details are nothing to say.
func (t *turn) record(j *job, action calling.ChangeAction, by actor, reason string, more details) {
	t.changes = append(t.changes, change{newID(calling.BatchChangePrefix), j.ID, action, by, reason, more})
	t.tell(j, action)
}

// recordSystem is record for what the program does by itself.
func (t *turn) recordSystem(j *job, action calling.ChangeAction, note string, more details) {
	t.record(j, action, actor{kind: calling.ActorSystem}, note, more)
}

// saveChanges has the history's new lines written with the rest of the turn.
func (t *turn) saveChanges() error {
	for _, c := range t.changes {
		row, err := c.row(t.org.ID)
		if err != nil {
			return err
		}
		row.CreatedAt = t.now
		t.writes.Changes = append(t.writes.Changes, row)
	}
	return nil
}

// maxNote bounds a reason as its column does, in bytes.
const maxNote = 2000

// row is the line as it is stored, but for its time.
func (c change) row(organizationID string) (*ent.BatchChange, error) {
	if c.details == nil {
		c.details = details{}
	}
	text, err := json.Marshal(c.details)
	if err != nil {
		return nil, fmt.Errorf("encode the details of a change: %w", err)
	}
	return &ent.BatchChange{
		ID: c.id, OrganizationID: organizationID, BatchJobID: c.batchJobID, Action: c.action,
		Actor: c.actor.kind, ActorID: c.actor.id, ActorName: c.actor.name,
		Reason: strings.ToValidUTF8(c.reason[:min(len(c.reason), maxNote)], ""), Details: text,
	}, nil
}

// values are the old and the new value of something that was changed.
func values(from, to any) details { return details{"from": from, "to": to} }
