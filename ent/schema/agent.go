package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// Agent is a voice agent that speaks in calls.
type Agent struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (Agent) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (Agent) Annotations() []schema.Annotation {
	return []schema.Annotation{described("agents")}
}

// Fields of an agent.
func (Agent) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxRuneLen(200).Comment("Name shown to people."),
		field.Enum("architecture").GoType(calling.Architecture("")).
			Comment("How the agent is built: PIPELINE and REALTIME agents speak, TEXT agents do not."),
		field.Text("system_prompt").SchemaType(longText()).
			Comment("Instructions of the agent; {{names}} are filled from a contact's custom fields."),
		field.Time("updated_at").Optional().Nillable().SchemaType(instant()).
			Comment("When the agent was last changed; null = never since it was made."),
	}
}

// Edges of an agent.
func (Agent) Edges() []ent.Edge {
	return []ent.Edge{edge.From("phone_numbers", PhoneNumber.Type).Ref("outbound_agent")}
}

// Indexes of agents.
func (Agent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "id")}
}
