package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// CreditEntry is a line of an organization's ledger. Lines are only added. The
// balance deltas sum to the organization's balance, the held deltas to what is
// held.
type CreditEntry struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (CreditEntry) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (CreditEntry) Annotations() []schema.Annotation {
	return []schema.Annotation{described("credit_entries")}
}

// Fields of a ledger line.
func (CreditEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").GoType(calling.CreditKind("")).Immutable().Comment("What the line is for."),
		field.Int64("balance_delta_micros").Immutable().Comment("Change of the balance, in micro-dollars."),
		field.Int64("held_delta_micros").Immutable().Comment("Change of what is held, in micro-dollars."),
		field.String("batch_job_id").MaxLen(idLength).Optional().Nillable().Immutable().
			Comment("The batch job it is about; null for top-ups."),
		field.String("created_by").MaxLen(idLength).Default("").Immutable().
			Comment("The API key or session of a top-up; empty when the program wrote the line by itself."),
		field.String("note").MaxLen(2000).Default("").Immutable().Comment("For people."),
	}
}

// Indexes of the ledger.
func (CreditEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "id"),
		index.Fields("batch_job_id"),
	}
}
