package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Session lets a browser act for an organization. Only a hash of what its
// cookie holds is stored.
type Session struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (Session) Annotations() []schema.Annotation {
	return []schema.Annotation{described("sessions")}
}

// Fields of a session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.String("hash").MaxLen(64).Unique().Sensitive().Immutable().
			Comment("SHA-256 of the token in the cookie, hexadecimal."),
		field.String("user_agent").MaxLen(500).Default("").Immutable().
			Comment("The browser, as it called itself when it signed in; shortened when very long."),
		field.Strings("scopes").Immutable().Comment("What the session may do."),
		field.Bool("operator").Default(false).Immutable().
			Comment("Whether it may see what concerns the whole server, as its queue."),
		field.String("api_key_id").MaxLen(idLength).Default("").Immutable().
			Comment("The API key it was signed in with, whose revocation ends it; empty when it was a link."),
		field.Time("last_used_at").SchemaType(instant()).Comment("When it was last used, written at most once a minute."),
		field.Time("expires_at").SchemaType(instant()).Comment("From this moment it is refused."),
		field.Time("revoked_at").Optional().Nillable().SchemaType(instant()).
			Comment("When it was ended by a person; null = in force."),
	}
}

// Indexes of sessions.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "id"),
		index.Fields("expires_at"),
	}
}
