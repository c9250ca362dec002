package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// WebhookDelivery is an event on its way to an endpoint. It is written in the
// transaction in which the event happens.
type WebhookDelivery struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (WebhookDelivery) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (WebhookDelivery) Annotations() []schema.Annotation {
	return []schema.Annotation{described("webhook_deliveries")}
}

// Fields of a delivery.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		field.String("endpoint_id").MaxLen(idLength).Immutable().Comment("Where it is sent."),
		field.String("event_id").MaxLen(idLength).Immutable().
			Comment("The event's id, the same in every try and replay, by which receivers know it again."),
		field.Enum("event").GoType(calling.EventType("")).Immutable().Comment("What happened."),
		field.Text("payload").SchemaType(longText()).Immutable().Comment("What is sent, as JSON text."),
		field.Enum("status").GoType(calling.DeliveryStatus("")).Comment("Where the delivery is now."),
		field.Int("tries").Default(0).Comment("How often it was tried."),
		field.Time("next_try_at").SchemaType(instant()).Comment("From this moment a PENDING delivery is due."),
		field.Time("lease_until").Optional().Nillable().SchemaType(instant()).
			Comment("Until then a node is trying it; null = none is."),
		field.Int("response_status").Optional().Nillable().
			Comment("The HTTP status the last try was answered with; null = there was no answer."),
		field.Text("response_body").Default("").Comment("The beginning of that answer, at most 1,000 characters."),
		field.Text("error").Default("").Comment("What was wrong with the last try; empty when nothing was."),
		field.Time("delivered_at").Optional().Nillable().SchemaType(instant()).Comment("When it was delivered; null = not yet."),
	}
}

// Indexes of deliveries. By the second one an endpoint's are found that are due.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("endpoint_id", "id"),
		index.Fields("endpoint_id", "status", "next_try_at").StorageKey("webhook_deliveries_due"),
		index.Fields("created_at"),
	}
}
