package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
)

// idLength bounds every prefixed public id: prefix, underscore, 26 characters.
const idLength = 64

// instant is the column type of a moment: UTC, microseconds, on every dialect.
func instant() map[string]string {
	return map[string]string{dialect.MySQL: "datetime(6)"}
}

// uuidColumn keeps one migration directory for MySQL and MariaDB.
func uuidColumn() map[string]string {
	return map[string]string{dialect.MySQL: "char(36)"}
}

// longText is text without a bound of its own.
func longText() map[string]string {
	return map[string]string{dialect.MySQL: "longtext"}
}

// public is the mixin of things with a public, prefixed, sortable id.
type public struct {
	mixin.Schema
}

func (public) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(idLength).Immutable().
			Comment("Opaque public id with the prefix of its kind; ids sort by creation."),
		field.Time("created_at").Immutable().SchemaType(instant()).
			Comment("When the row was made, UTC."),
	}
}

// tenant is the mixin of everything that belongs to an organization.
type tenant struct {
	mixin.Schema
}

func (tenant) Fields() []ent.Field {
	return []ent.Field{
		field.String("organization_id").MaxLen(idLength).Immutable().
			Comment("The organization the row belongs to."),
	}
}

// described writes the field comments into the database as well.
func described(table string) entsql.Annotation {
	comments := true
	return entsql.Annotation{Table: table, WithComments: &comments}
}
