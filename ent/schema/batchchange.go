package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// BatchChange is a line of a batch job's history: who changed what, when and
// why. Lines are only added, in the transaction of the change.
type BatchChange struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (BatchChange) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (BatchChange) Annotations() []schema.Annotation {
	return []schema.Annotation{described("batch_changes")}
}

// Fields of a line of history.
func (BatchChange) Fields() []ent.Field {
	return []ent.Field{
		field.String("batch_job_id").MaxLen(idLength).Immutable().Comment("The batch job that was changed."),
		field.Enum("action").GoType(calling.ChangeAction("")).Immutable().Comment("What was done."),
		field.Enum("actor").GoType(calling.ChangeActor("")).Immutable().Comment("What kind of actor did it."),
		field.String("actor_id").MaxLen(idLength).Default("").Immutable().
			Comment("The API key or session it was done with; empty when the program did it by itself."),
		field.String("actor_name").MaxRuneLen(200).Default("").Immutable().Comment("The name of that key or browser, as it was then."),
		field.String("reason").MaxLen(2000).Default("").Immutable().Comment("Why, in words; empty = none was given."),
		field.JSON("details", json.RawMessage{}).Optional().Immutable().
			SchemaType(map[string]string{dialect.Postgres: "json", dialect.MySQL: "longtext"}).
			Comment("What else there is to know, as a JSON object: old and new values, counts."),
	}
}

// Indexes of the history.
func (BatchChange) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("batch_job_id", "id"),
		index.Fields("organization_id", "id"),
	}
}
