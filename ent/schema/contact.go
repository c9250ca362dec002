package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
)

// Contact is one person of a batch job: a number, a name and the custom fields
// the agent's prompt is filled from.
type Contact struct {
	ent.Schema
}

// Mixin gives the organization.
func (Contact) Mixin() []ent.Mixin { return []ent.Mixin{tenant{}} }

// Annotations name the table.
func (Contact) Annotations() []schema.Annotation {
	return []schema.Annotation{described("contacts")}
}

// Fields of a contact.
func (Contact) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable().SchemaType(uuidColumn()).Comment("UUIDv7."),
		field.String("batch_job_id").MaxLen(idLength).Immutable().Comment("The batch job the contact belongs to."),
		field.Int("row").Immutable().Comment("1-based row of the upload, the header not counted."),
		field.String("phone").GoType(calling.Number("")).MaxLen(16).Immutable().Comment("The number dialed, E.164."),
		field.Text("name").Default("").Comment("Name of the person; may be empty."),
		field.JSON("custom_fields", json.RawMessage{}).Immutable().
			SchemaType(map[string]string{dialect.Postgres: "json", dialect.MySQL: "longtext"}).
			Comment("Further columns of the upload as a JSON object, byte for byte as given."),
		field.Enum("status").GoType(calling.ContactStatus("")).Comment("Where the contact is now."),
		field.Enum("last_outcome").GoType(calling.Outcome("")).Optional().Nillable().
			Comment("How the last attempt ended; null before."),
		field.Int("attempts_used").Default(0).Comment("Attempts that count against the batch job's maximum."),
		field.Int("extra_attempts").Default(0).
			Comment("Attempts allowed beyond the batch job's maximum, because somebody asked for a retry."),
		field.Int("last_attempt").Default(0).Comment("Number of the newest attempt; 0 before the first."),
		field.Time("next_attempt_at").SchemaType(instant()).
			Comment("From this moment a PENDING contact is due."),
	}
}

// Edges of a contact.
func (Contact) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("batch_job", BatchJob.Type).Field("batch_job_id").Unique().Required().Immutable(),
		edge.From("attempts", Attempt.Type).Ref("contact"),
	}
}

// Indexes of contacts. The partial one answers "who is due next in this batch
// job" without looking at contacts that are done.
func (Contact) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("batch_job_id", "row").Unique(),
		index.Fields("batch_job_id", "next_attempt_at", "row").StorageKey("contacts_due").
			Annotations(entsql.IndexWhere("status = 'PENDING'")),
	}
}
