package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// IdempotencyRecord remembers the first answer to a request with an idempotency
// key, so that the same request is answered the same again.
type IdempotencyRecord struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (IdempotencyRecord) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (IdempotencyRecord) Annotations() []schema.Annotation {
	return []schema.Annotation{described("idempotency_records")}
}

// Fields of an idempotency record.
func (IdempotencyRecord) Fields() []ent.Field {
	return []ent.Field{
		field.String("key").MaxLen(255).Immutable().Comment("The caller's key."),
		field.String("request_hash").MaxLen(64).Immutable().Comment("SHA-256 of the request's meaning, hexadecimal."),
		field.String("batch_job_id").MaxLen(idLength).Immutable().Comment("The batch job that was created."),
		field.JSON("answer", json.RawMessage{}).Immutable().
			SchemaType(map[string]string{dialect.Postgres: "json", dialect.MySQL: "longtext"}).
			Comment("What the first request was told."),
	}
}

// Indexes of idempotency records.
func (IdempotencyRecord) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "key").Unique(),
		index.Fields("created_at"),
	}
}
