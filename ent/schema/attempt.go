package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
)

// Attempt is one dial of a contact. The row is committed before the carrier is
// asked, and its id is the carrier's idempotency key.
type Attempt struct {
	ent.Schema
}

// Mixin gives the organization.
func (Attempt) Mixin() []ent.Mixin { return []ent.Mixin{tenant{}} }

// Annotations name the table.
func (Attempt) Annotations() []schema.Annotation {
	return []schema.Annotation{described("attempts")}
}

// Fields of an attempt.
func (Attempt) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable().SchemaType(uuidColumn()).
			Comment("UUIDv7; the carrier's idempotency key."),
		field.String("batch_job_id").MaxLen(idLength).Immutable().Comment("The batch job of the contact."),
		field.UUID("contact_id", uuid.UUID{}).Immutable().SchemaType(uuidColumn()).Comment("Who is dialed."),
		field.Int("number").Immutable().Comment("1-based within the contact, never used again."),
		field.Enum("status").GoType(calling.AttemptStatus("")).Comment("Where the attempt is now."),
		field.Enum("outcome").GoType(calling.Outcome("")).Optional().Nillable().Comment("How it ended; null before."),
		field.String("reason").MaxLen(500).Default("").Comment("The carrier's words on how it ended."),
		field.Bool("dialed").Default(true).Comment("False when nothing rang, so that the contact's attempt is not spent."),
		field.String("node").MaxLen(100).Default("").Comment("The node that placed or placed again the call."),
		field.Int("claims").Default(0).
			Comment("How often a node has claimed it; what an earlier claim has to say that the carrier did not counts no more."),
		field.Time("lease_until").SchemaType(instant()).
			Comment("Until then the attempt is that node's, or waits for one; later any node may look after it."),
		field.Time("queued_at").Immutable().SchemaType(instant()).Comment("When it got its slot."),
		field.Time("started_at").Optional().Nillable().SchemaType(instant()).Comment("When a node first claimed it."),
		field.Time("accepted_at").Optional().Nillable().SchemaType(instant()).
			Comment("When the carrier was known to have the call; null = it may not have been asked yet. Not written for calls that end at once."),
		field.Time("ringing_at").Optional().Nillable().SchemaType(instant()).Comment("When it first rang; null = never."),
		field.Time("answered_at").Optional().Nillable().SchemaType(instant()).Comment("When it was answered; null = never."),
		field.Time("ended_at").Optional().Nillable().SchemaType(instant()).Comment("When it ended; null before."),
		field.Int("talk_seconds").Default(0).Comment("Whole seconds between answer and end, rounded up."),
		field.Int64("cost_micros").Default(0).Comment("What the call cost, in micro-dollars."),
	}
}

// Edges of an attempt. They are no foreign keys in the database: see
// docs/decisions/0013-attempts-without-foreign-keys.md.
func (Attempt) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("contact", Contact.Type).Field("contact_id").Unique().Required().Immutable(),
		edge.To("batch_job", BatchJob.Type).Field("batch_job_id").Unique().Required().Immutable(),
	}
}

// Indexes of attempts. The partial one holds the calls in flight: it counts
// slots, and stays as small as the limits are.
func (Attempt) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("contact_id", "number").Unique(),
		index.Fields("batch_job_id"),
		index.Fields("organization_id", "batch_job_id").StorageKey("attempts_in_flight").
			Annotations(entsql.IndexWhere("status <> 'ENDED'")),
	}
}
