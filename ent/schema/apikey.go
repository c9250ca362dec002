package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ApiKey lets a program act for an organization. Only a hash of the key is
// stored.
type ApiKey struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (ApiKey) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (ApiKey) Annotations() []schema.Annotation {
	return []schema.Annotation{described("api_keys")}
}

// Fields of an API key.
func (ApiKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxRuneLen(200).Comment("Name given by whoever made the key."),
		field.String("hash").MaxLen(64).Unique().Sensitive().Immutable().
			Comment("SHA-256 of the whole key, hexadecimal."),
		field.String("prefix").MaxLen(16).Immutable().
			Comment("First characters of the key, to recognise it by."),
		field.Strings("scopes").Comment("What the key may do."),
		field.Time("expires_at").Optional().Nillable().SchemaType(instant()).
			Comment("From this moment the key is refused; null = never."),
		field.Time("revoked_at").Optional().Nillable().SchemaType(instant()).
			Comment("When the key was revoked; null = in force."),
		field.Time("last_used_at").Optional().Nillable().SchemaType(instant()).
			Comment("When the key was last used, written at most once a minute; null = never."),
	}
}

// Indexes of API keys.
func (ApiKey) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "id")}
}
