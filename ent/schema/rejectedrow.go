package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/outdial/outdial/calling"
)

// RejectedRow is an uploaded row that did not become a contact: its number was
// missing, wrong, or stood in an earlier row.
type RejectedRow struct {
	ent.Schema
}

// Mixin gives the organization.
func (RejectedRow) Mixin() []ent.Mixin { return []ent.Mixin{tenant{}} }

// Annotations name the table.
func (RejectedRow) Annotations() []schema.Annotation {
	return []schema.Annotation{described("rejected_rows")}
}

// Fields of a rejected row.
func (RejectedRow) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable().SchemaType(uuidColumn()).Comment("UUIDv7."),
		field.String("batch_job_id").MaxLen(idLength).Immutable().Comment("The batch job of the upload."),
		field.Int("row").Immutable().Comment("1-based row of the upload, the header not counted."),
		field.Text("phone").Immutable().Comment("The phone cell as it was written, shortened when very long."),
		field.Enum("code").GoType(calling.RejectionCode("")).Immutable().Comment("Why the row was rejected."),
		field.Text("detail").Immutable().Comment("A sentence that says what is wrong and what to do."),
		field.String("suggestion").MaxLen(32).Default("").Immutable().Comment("The number that may have been meant; empty = no guess."),
		field.Text("name").Default("").Immutable().Comment("Name in the row; may be empty."),
		field.JSON("custom_fields", json.RawMessage{}).Immutable().
			SchemaType(map[string]string{dialect.Postgres: "json", dialect.MySQL: "longtext"}).
			Comment("Further columns of the row as a JSON object, for the export of rejected rows."),
	}
}

// Edges of a rejected row.
func (RejectedRow) Edges() []ent.Edge {
	return []ent.Edge{edge.To("batch_job", BatchJob.Type).Field("batch_job_id").Unique().Required().Immutable()}
}

// Indexes of rejected rows.
func (RejectedRow) Indexes() []ent.Index {
	return []ent.Index{index.Fields("batch_job_id", "row").Unique()}
}
