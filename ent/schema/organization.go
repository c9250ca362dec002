package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/outdial/outdial/calling"
)

// Organization is a tenant: who owns numbers, agents, batch jobs and credits.
type Organization struct {
	ent.Schema
}

// Mixin gives the public id and the creation time.
func (Organization) Mixin() []ent.Mixin { return []ent.Mixin{public{}} }

// Annotations name the table.
func (Organization) Annotations() []schema.Annotation {
	return []schema.Annotation{described("organizations")}
}

// Fields of an organization.
func (Organization) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxRuneLen(200).Comment("Name shown to people."),
		field.Int("concurrent_call_limit").Default(20).Min(1).
			Comment("Calls in flight the organization may have at once, over all batch jobs and nodes."),
		field.Int64("balance_micros").Default(0).
			Comment("Credits in micro-dollars; always the sum of the ledger's balance deltas."),
		field.Int64("held_micros").Default(0).
			Comment("Part of the balance that is held for batch jobs; always the sum of the ledger's held deltas."),
		field.JSON("webhook_events", []calling.EventType{}).Optional().
			Comment("Events that at least one enabled webhook endpoint wants; null = none. Kept so that a turn need not look for endpoints."),
	}
}
