package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// WebhookEndpoint is an address that an organization's events are sent to.
type WebhookEndpoint struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (WebhookEndpoint) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (WebhookEndpoint) Annotations() []schema.Annotation {
	return []schema.Annotation{described("webhook_endpoints")}
}

// Fields of a webhook endpoint.
func (WebhookEndpoint) Fields() []ent.Field {
	return []ent.Field{
		field.String("url").MaxLen(2000).Comment("Where events are sent by POST."),
		field.String("description").MaxLen(800).Default("").Comment("For people, up to 200 characters."),
		field.JSON("events", []calling.EventType{}).Comment("Which events are sent."),
		field.Bool("enabled").Default(true).Comment("Whether events are sent."),
		field.String("disabled_reason").MaxLen(500).Default("").
			Comment("Why the program switched it off; empty when it did not."),
		field.String("secret").MaxLen(200).Sensitive().
			Comment("What its events are signed with, as Standard Webhooks writes it; it cannot be a hash, because it signs."),
		field.String("previous_secret").MaxLen(200).Default("").Sensitive().
			Comment("The secret from before the last rotation; empty = none."),
		field.Time("previous_secret_until").Optional().Nillable().SchemaType(instant()).
			Comment("Until then events are signed with the previous secret as well; null = they are not."),
		field.Time("failing_since").Optional().Nillable().SchemaType(instant()).
			Comment("Since when no delivery has succeeded; null = the last one did."),
	}
}

// Indexes of webhook endpoints.
func (WebhookEndpoint) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "id")}
}
