package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// PhoneNumber is a number an organization calls from.
type PhoneNumber struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (PhoneNumber) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (PhoneNumber) Annotations() []schema.Annotation {
	return []schema.Annotation{described("phone_numbers")}
}

// Fields of a phone number.
func (PhoneNumber) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").GoType(calling.Number("")).MaxLen(16).Immutable().
			Comment("The number in E.164 format; what the called person sees."),
		field.String("label").MaxRuneLen(200).Default("").Comment("Name shown to people."),
		field.String("outbound_agent_id").MaxLen(idLength).Optional().Nillable().
			Comment("The agent that speaks in calls from this number; null = none assigned."),
	}
}

// Edges of a phone number.
func (PhoneNumber) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("outbound_agent", Agent.Type).Field("outbound_agent_id").Unique(),
	}
}

// Indexes of phone numbers.
func (PhoneNumber) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "number").Unique()}
}
