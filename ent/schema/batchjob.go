package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/outdial/outdial/calling"
)

// BatchJob is a list of contacts that are called with one agent from one
// number. What decides how a call sounds and what it costs is copied from agent
// and number at creation, so that a call asked for again is the same call.
type BatchJob struct {
	ent.Schema
}

// Mixin gives id, creation time and organization.
func (BatchJob) Mixin() []ent.Mixin { return []ent.Mixin{public{}, tenant{}} }

// Annotations name the table.
func (BatchJob) Annotations() []schema.Annotation {
	return []schema.Annotation{described("batch_jobs")}
}

// Fields of a batch job.
func (BatchJob) Fields() []ent.Field {
	return append(append(plan(), counts()...), money()...)
}

// plan is what was asked for, and where the batch job is with it.
func plan() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(800).Comment("Name, 1 to 200 characters."),
		field.Text("description").Optional().Nillable().Comment("Description, up to 1000 characters; null = none."),
		field.Enum("status").GoType(calling.BatchStatus("")).Comment("Where the batch job is now."),
		field.Enum("pause_reason").GoType(calling.PauseReason("")).Optional().Nillable().
			Comment("Why the batch job is paused; null unless it is."),
		field.String("pause_note").MaxLen(2000).Default("").
			Comment("What led to the pause, in words for people; empty when there is no more to say."),
		field.Bool("hang_up").Default(false).Comment("Calls in flight are to be hung up; set by a cancel that asked for it."),
		field.JSON("recent_calls", calling.RecentCalls{}).Optional().
			Comment("How the last calls ended, as the circuit breaker looks at them; oldest first."),
		field.Time("carrier_full_until").Optional().Nillable().SchemaType(instant()).
			Comment("Until then nobody is dialed, because the carrier was full or unreachable; null = it never was."),
		field.Int("carrier_full_level").Default(0).
			Comment("How often in a row the carrier was full; each level halves the calls at once."),
		field.String("phone_number_id").MaxLen(idLength).Immutable().Comment("The phone number called from."),
		field.String("from_number").GoType(calling.Number("")).MaxLen(16).Immutable().
			Comment("That number in E.164 format, as it was at creation."),
		field.String("agent_id").MaxLen(idLength).Immutable().Comment("The agent that speaks."),
		field.Enum("architecture").GoType(calling.Architecture("")).Immutable().
			Comment("The agent's architecture at creation."),
		field.Text("system_prompt").SchemaType(longText()).Immutable().
			Comment("The agent's prompt at creation, not rendered."),
		field.String("carrier").MaxLen(64).Default("").Immutable().
			Comment("Who places its calls, and nobody else; empty = whichever carrier a node has."),
		field.Int("concurrent_call_limit").Min(1).Comment("Calls in flight the batch job may have at once, 1 to 50."),
		field.Int("max_attempts").Min(1).Comment("Dials of one contact, the first included, 1 to 10."),
		field.String("timezone").MaxLen(64).Comment("IANA time zone the start time was given in."),
		field.Time("scheduled_start_at").Optional().Nillable().SchemaType(instant()).
			Comment("When dialing starts, UTC; null = at once."),
		field.JSON("call_window", &calling.CallWindow{}).Optional().
			Comment("Local days and hours when contacts may be called; null = always."),
		field.Time("started_at").Optional().Nillable().SchemaType(instant()).Comment("When dialing started; null = not yet."),
		field.Time("ended_at").Optional().Nillable().SchemaType(instant()).Comment("When the batch job reached its last status; null = not yet."),
		field.Time("last_dispatch_at").Optional().Nillable().SchemaType(instant()).
			Comment("When one of its contacts last got a slot; gives batch jobs fair turns. Null = never."),
		field.Int64("version").Default(1).Comment("Goes up with every change; of two snapshots the higher is newer."),
		field.String("created_by").MaxLen(idLength).Immutable().Comment("The API key or session the batch job was created with."),
	}
}

// counts are kept in the transaction that moves contacts, so that one row says
// how the whole batch job stands.
func counts() []ent.Field {
	return []ent.Field{
		field.Int("total_contacts").Comment("Contacts of the batch job; always the sum of the five counts by status."),
		field.Int("rejected_rows").Default(0).Comment("Uploaded rows that were rejected."),
		field.Int("duplicate_rows").Default(0).Comment("Uploaded rows that repeated a number."),
		field.Int("blank_rows").Default(0).Comment("Uploaded rows without any value."),
		field.Int("contacts_pending").Default(0).Comment("Contacts with status PENDING."),
		field.Int("contacts_dialing").Default(0).Comment("Contacts with status DIALING."),
		field.Int("contacts_completed").Default(0).Comment("Contacts with status COMPLETED."),
		field.Int("contacts_failed").Default(0).Comment("Contacts with status FAILED."),
		field.Int("contacts_cancelled").Default(0).Comment("Contacts with status CANCELLED."),
		field.JSON("outcome_counts", map[calling.Outcome]int{}).
			Comment("Final contacts by last outcome; sums to completed and failed contacts."),
		field.Int("attempts_ended").Default(0).Comment("Attempts that were dialed and have ended."),
	}
}

func money() []ent.Field {
	return []ent.Field{
		field.Int64("price_per_call_micros").Immutable().
			Comment("Price of a two-minute call at creation, in micro-dollars."),
		field.Int64("held_micros").Default(0).Comment("What is left of the credits held for the batch job."),
		field.Int64("spent_micros").Default(0).Comment("What its calls have cost so far."),
	}
}

// Edges of a batch job.
func (BatchJob) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("phone_number", PhoneNumber.Type).Field("phone_number_id").Unique().Required().Immutable(),
		edge.To("agent", Agent.Type).Field("agent_id").Unique().Required().Immutable(),
	}
}

// Indexes of batch jobs. The partial one holds only what is not over, so that
// finding work costs the same however many batch jobs have ended, and however many
// start later.
func (BatchJob) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("organization_id", "id"),
		index.Fields("organization_id", "status", "scheduled_start_at").StorageKey("batch_jobs_open_by_start").
			Annotations(entsql.IndexWhere("status <> 'COMPLETED' AND status <> 'FAILED' AND status <> 'CANCELLED'")),
		index.Fields("held_micros").StorageKey("batch_jobs_holding").
			Annotations(entsql.IndexWhere("held_micros <> 0")),
	}
}
