package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SignInLink signs one browser in, once. Only a hash of its token is stored.
type SignInLink struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (SignInLink) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (SignInLink) Annotations() []schema.Annotation {
	return []schema.Annotation{described("sign_in_links")}
}

// Fields of a sign-in link.
func (SignInLink) Fields() []ent.Field {
	return []ent.Field{
		field.String("hash").MaxLen(64).Unique().Sensitive().Immutable().
			Comment("SHA-256 of the token in the link, hexadecimal."),
		field.Strings("scopes").Immutable().Comment("What the session will be allowed to do."),
		field.Bool("operator").Default(false).Immutable().
			Comment("Whether the session may see what concerns the whole server."),
		field.Time("expires_at").Immutable().SchemaType(instant()).Comment("From this moment the link is refused."),
		field.Time("used_at").Optional().Nillable().SchemaType(instant()).
			Comment("When it was used, which it can be once; null = not yet."),
	}
}

// Indexes of sign-in links.
func (SignInLink) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at")}
}
