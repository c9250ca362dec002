-- Create "agents" table
CREATE TABLE "agents" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "name" character varying NOT NULL, "architecture" character varying NOT NULL, "system_prompt" text NOT NULL, PRIMARY KEY ("id"));
-- Create index "agent_organization_id_id" to table: "agents"
CREATE INDEX "agent_organization_id_id" ON "agents" ("organization_id", "id");
-- Set comment to column: "id" on table: "agents"
COMMENT ON COLUMN "agents"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "agents"
COMMENT ON COLUMN "agents"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "agents"
COMMENT ON COLUMN "agents"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "name" on table: "agents"
COMMENT ON COLUMN "agents"."name" IS 'Name shown to people.';
-- Set comment to column: "architecture" on table: "agents"
COMMENT ON COLUMN "agents"."architecture" IS 'How the agent is built: PIPELINE and REALTIME agents speak, TEXT agents do not.';
-- Set comment to column: "system_prompt" on table: "agents"
COMMENT ON COLUMN "agents"."system_prompt" IS 'Instructions of the agent; {{names}} are filled from a contact''s custom fields.';
-- Create "api_keys" table
CREATE TABLE "api_keys" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "name" character varying NOT NULL, "hash" character varying NOT NULL, "prefix" character varying NOT NULL, "scopes" jsonb NOT NULL, "expires_at" timestamptz NULL, "revoked_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "api_keys_hash_key" to table: "api_keys"
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys" ("hash");
-- Create index "apikey_organization_id_id" to table: "api_keys"
CREATE INDEX "apikey_organization_id_id" ON "api_keys" ("organization_id", "id");
-- Set comment to column: "id" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "name" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."name" IS 'Name given by whoever made the key.';
-- Set comment to column: "hash" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."hash" IS 'SHA-256 of the whole key, hexadecimal.';
-- Set comment to column: "prefix" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."prefix" IS 'First characters of the key, to recognise it by.';
-- Set comment to column: "scopes" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."scopes" IS 'What the key may do.';
-- Set comment to column: "expires_at" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."expires_at" IS 'From this moment the key is refused; null = never.';
-- Set comment to column: "revoked_at" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."revoked_at" IS 'When the key was revoked; null = in force.';
-- Create "credit_entries" table
CREATE TABLE "credit_entries" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "kind" character varying NOT NULL, "balance_delta_micros" bigint NOT NULL, "held_delta_micros" bigint NOT NULL, "batch_job_id" character varying NULL, "note" character varying NOT NULL DEFAULT '', PRIMARY KEY ("id"));
-- Create index "creditentry_batch_job_id" to table: "credit_entries"
CREATE INDEX "creditentry_batch_job_id" ON "credit_entries" ("batch_job_id");
-- Create index "creditentry_organization_id_id" to table: "credit_entries"
CREATE INDEX "creditentry_organization_id_id" ON "credit_entries" ("organization_id", "id");
-- Set comment to column: "id" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "kind" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."kind" IS 'What the line is for.';
-- Set comment to column: "balance_delta_micros" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."balance_delta_micros" IS 'Change of the balance, in micro-dollars.';
-- Set comment to column: "held_delta_micros" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."held_delta_micros" IS 'Change of what is held, in micro-dollars.';
-- Set comment to column: "batch_job_id" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."batch_job_id" IS 'The batch job it is about; null for top-ups.';
-- Set comment to column: "note" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."note" IS 'For people.';
-- Create "idempotency_records" table
CREATE TABLE "idempotency_records" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "key" character varying NOT NULL, "request_hash" character varying NOT NULL, "batch_job_id" character varying NOT NULL, "answer" json NOT NULL, PRIMARY KEY ("id"));
-- Create index "idempotencyrecord_created_at" to table: "idempotency_records"
CREATE INDEX "idempotencyrecord_created_at" ON "idempotency_records" ("created_at");
-- Create index "idempotencyrecord_organization_id_key" to table: "idempotency_records"
CREATE UNIQUE INDEX "idempotencyrecord_organization_id_key" ON "idempotency_records" ("organization_id", "key");
-- Set comment to column: "id" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "key" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."key" IS 'The caller''s key.';
-- Set comment to column: "request_hash" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."request_hash" IS 'SHA-256 of the request''s meaning, hexadecimal.';
-- Set comment to column: "batch_job_id" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."batch_job_id" IS 'The batch job that was created.';
-- Set comment to column: "answer" on table: "idempotency_records"
COMMENT ON COLUMN "idempotency_records"."answer" IS 'What the first request was told.';
-- Create "organizations" table
CREATE TABLE "organizations" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "name" character varying NOT NULL, "concurrent_call_limit" bigint NOT NULL DEFAULT 20, "balance_micros" bigint NOT NULL DEFAULT 0, "held_micros" bigint NOT NULL DEFAULT 0, PRIMARY KEY ("id"));
-- Set comment to column: "id" on table: "organizations"
COMMENT ON COLUMN "organizations"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "organizations"
COMMENT ON COLUMN "organizations"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "name" on table: "organizations"
COMMENT ON COLUMN "organizations"."name" IS 'Name shown to people.';
-- Set comment to column: "concurrent_call_limit" on table: "organizations"
COMMENT ON COLUMN "organizations"."concurrent_call_limit" IS 'Calls in flight the organization may have at once, over all batch jobs and nodes.';
-- Set comment to column: "balance_micros" on table: "organizations"
COMMENT ON COLUMN "organizations"."balance_micros" IS 'Credits in micro-dollars; always the sum of the ledger''s balance deltas.';
-- Set comment to column: "held_micros" on table: "organizations"
COMMENT ON COLUMN "organizations"."held_micros" IS 'Part of the balance that is held for batch jobs; always the sum of the ledger''s held deltas.';
-- Create "phone_numbers" table
CREATE TABLE "phone_numbers" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "number" character varying NOT NULL, "label" character varying NOT NULL DEFAULT '', "outbound_agent_id" character varying NULL, PRIMARY KEY ("id"), CONSTRAINT "phone_numbers_agents_outbound_agent" FOREIGN KEY ("outbound_agent_id") REFERENCES "agents" ("id") ON UPDATE NO ACTION ON DELETE SET NULL);
-- Create index "phonenumber_organization_id_number" to table: "phone_numbers"
CREATE UNIQUE INDEX "phonenumber_organization_id_number" ON "phone_numbers" ("organization_id", "number");
-- Set comment to column: "id" on table: "phone_numbers"
COMMENT ON COLUMN "phone_numbers"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "phone_numbers"
COMMENT ON COLUMN "phone_numbers"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "phone_numbers"
COMMENT ON COLUMN "phone_numbers"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "number" on table: "phone_numbers"
COMMENT ON COLUMN "phone_numbers"."number" IS 'The number in E.164 format; what the called person sees.';
-- Set comment to column: "label" on table: "phone_numbers"
COMMENT ON COLUMN "phone_numbers"."label" IS 'Name shown to people.';
-- Set comment to column: "outbound_agent_id" on table: "phone_numbers"
COMMENT ON COLUMN "phone_numbers"."outbound_agent_id" IS 'The agent that speaks in calls from this number; null = none assigned.';
-- Create "batch_jobs" table
CREATE TABLE "batch_jobs" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "name" character varying NOT NULL, "description" text NULL, "status" character varying NOT NULL, "pause_reason" character varying NULL, "from_number" character varying NOT NULL, "architecture" character varying NOT NULL, "system_prompt" text NOT NULL, "concurrent_call_limit" bigint NOT NULL, "max_attempts" bigint NOT NULL, "timezone" character varying NOT NULL, "scheduled_start_at" timestamptz NULL, "call_window" jsonb NULL, "started_at" timestamptz NULL, "ended_at" timestamptz NULL, "last_dispatch_at" timestamptz NULL, "version" bigint NOT NULL DEFAULT 1, "created_by" character varying NOT NULL, "total_contacts" bigint NOT NULL, "rejected_rows" bigint NOT NULL DEFAULT 0, "duplicate_rows" bigint NOT NULL DEFAULT 0, "blank_rows" bigint NOT NULL DEFAULT 0, "contacts_pending" bigint NOT NULL DEFAULT 0, "contacts_dialing" bigint NOT NULL DEFAULT 0, "contacts_completed" bigint NOT NULL DEFAULT 0, "contacts_failed" bigint NOT NULL DEFAULT 0, "contacts_cancelled" bigint NOT NULL DEFAULT 0, "outcome_counts" jsonb NOT NULL, "attempts_ended" bigint NOT NULL DEFAULT 0, "price_per_call_micros" bigint NOT NULL, "held_micros" bigint NOT NULL DEFAULT 0, "spent_micros" bigint NOT NULL DEFAULT 0, "phone_number_id" character varying NOT NULL, "agent_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "batch_jobs_agents_agent" FOREIGN KEY ("agent_id") REFERENCES "agents" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "batch_jobs_phone_numbers_phone_number" FOREIGN KEY ("phone_number_id") REFERENCES "phone_numbers" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "batch_jobs_holding" to table: "batch_jobs"
CREATE INDEX "batch_jobs_holding" ON "batch_jobs" ("held_micros") WHERE (held_micros <> 0);
-- Create index "batch_jobs_open" to table: "batch_jobs"
CREATE INDEX "batch_jobs_open" ON "batch_jobs" ("organization_id", "status") WHERE (((status)::text <> 'COMPLETED'::text) AND ((status)::text <> 'FAILED'::text) AND ((status)::text <> 'CANCELLED'::text));
-- Create index "batchjob_organization_id_id" to table: "batch_jobs"
CREATE INDEX "batchjob_organization_id_id" ON "batch_jobs" ("organization_id", "id");
-- Set comment to column: "id" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "name" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."name" IS 'Name, 1 to 200 characters.';
-- Set comment to column: "description" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."description" IS 'Description, up to 1000 characters; null = none.';
-- Set comment to column: "status" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."status" IS 'Where the batch job is now.';
-- Set comment to column: "pause_reason" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."pause_reason" IS 'Why the batch job is paused; null unless it is.';
-- Set comment to column: "from_number" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."from_number" IS 'That number in E.164 format, as it was at creation.';
-- Set comment to column: "architecture" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."architecture" IS 'The agent''s architecture at creation.';
-- Set comment to column: "system_prompt" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."system_prompt" IS 'The agent''s prompt at creation, not rendered.';
-- Set comment to column: "concurrent_call_limit" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."concurrent_call_limit" IS 'Calls in flight the batch job may have at once, 1 to 50.';
-- Set comment to column: "max_attempts" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."max_attempts" IS 'Dials of one contact, the first included, 1 to 10.';
-- Set comment to column: "timezone" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."timezone" IS 'IANA time zone the start time was given in.';
-- Set comment to column: "scheduled_start_at" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."scheduled_start_at" IS 'When dialing starts, UTC; null = at once.';
-- Set comment to column: "call_window" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."call_window" IS 'Local days and hours when contacts may be called; null = always.';
-- Set comment to column: "started_at" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."started_at" IS 'When dialing started; null = not yet.';
-- Set comment to column: "ended_at" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."ended_at" IS 'When the batch job reached its last status; null = not yet.';
-- Set comment to column: "last_dispatch_at" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."last_dispatch_at" IS 'When one of its contacts last got a slot; gives batch jobs fair turns. Null = never.';
-- Set comment to column: "version" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."version" IS 'Goes up with every change; of two snapshots the higher is newer.';
-- Set comment to column: "created_by" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."created_by" IS 'The API key the batch job was created with.';
-- Set comment to column: "total_contacts" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."total_contacts" IS 'Contacts of the batch job; always the sum of the five counts by status.';
-- Set comment to column: "rejected_rows" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."rejected_rows" IS 'Uploaded rows that were rejected.';
-- Set comment to column: "duplicate_rows" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."duplicate_rows" IS 'Uploaded rows that repeated a number.';
-- Set comment to column: "blank_rows" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."blank_rows" IS 'Uploaded rows without any value.';
-- Set comment to column: "contacts_pending" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."contacts_pending" IS 'Contacts with status PENDING.';
-- Set comment to column: "contacts_dialing" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."contacts_dialing" IS 'Contacts with status DIALING.';
-- Set comment to column: "contacts_completed" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."contacts_completed" IS 'Contacts with status COMPLETED.';
-- Set comment to column: "contacts_failed" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."contacts_failed" IS 'Contacts with status FAILED.';
-- Set comment to column: "contacts_cancelled" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."contacts_cancelled" IS 'Contacts with status CANCELLED.';
-- Set comment to column: "outcome_counts" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."outcome_counts" IS 'Final contacts by last outcome; sums to completed and failed contacts.';
-- Set comment to column: "attempts_ended" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."attempts_ended" IS 'Attempts that were dialed and have ended.';
-- Set comment to column: "price_per_call_micros" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."price_per_call_micros" IS 'Price of a two-minute call at creation, in micro-dollars.';
-- Set comment to column: "held_micros" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."held_micros" IS 'What is left of the credits held for the batch job.';
-- Set comment to column: "spent_micros" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."spent_micros" IS 'What its calls have cost so far.';
-- Set comment to column: "phone_number_id" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."phone_number_id" IS 'The phone number called from.';
-- Set comment to column: "agent_id" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."agent_id" IS 'The agent that speaks.';
-- Create "contacts" table
CREATE TABLE "contacts" ("id" uuid NOT NULL, "organization_id" character varying NOT NULL, "row" bigint NOT NULL, "phone" character varying NOT NULL, "name" text NOT NULL DEFAULT '', "custom_fields" json NOT NULL, "status" character varying NOT NULL, "last_outcome" character varying NULL, "attempts_used" bigint NOT NULL DEFAULT 0, "last_attempt" bigint NOT NULL DEFAULT 0, "next_attempt_at" timestamptz NOT NULL, "batch_job_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "contacts_batch_jobs_batch_job" FOREIGN KEY ("batch_job_id") REFERENCES "batch_jobs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "contact_batch_job_id_row" to table: "contacts"
CREATE UNIQUE INDEX "contact_batch_job_id_row" ON "contacts" ("batch_job_id", "row");
-- Create index "contacts_due" to table: "contacts"
CREATE INDEX "contacts_due" ON "contacts" ("batch_job_id", "next_attempt_at", "row") WHERE ((status)::text = 'PENDING'::text);
-- Set comment to column: "id" on table: "contacts"
COMMENT ON COLUMN "contacts"."id" IS 'UUIDv7.';
-- Set comment to column: "organization_id" on table: "contacts"
COMMENT ON COLUMN "contacts"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "row" on table: "contacts"
COMMENT ON COLUMN "contacts"."row" IS '1-based row of the upload, the header not counted.';
-- Set comment to column: "phone" on table: "contacts"
COMMENT ON COLUMN "contacts"."phone" IS 'The number dialed, E.164.';
-- Set comment to column: "name" on table: "contacts"
COMMENT ON COLUMN "contacts"."name" IS 'Name of the person; may be empty.';
-- Set comment to column: "custom_fields" on table: "contacts"
COMMENT ON COLUMN "contacts"."custom_fields" IS 'Further columns of the upload as a JSON object, byte for byte as given.';
-- Set comment to column: "status" on table: "contacts"
COMMENT ON COLUMN "contacts"."status" IS 'Where the contact is now.';
-- Set comment to column: "last_outcome" on table: "contacts"
COMMENT ON COLUMN "contacts"."last_outcome" IS 'How the last attempt ended; null before.';
-- Set comment to column: "attempts_used" on table: "contacts"
COMMENT ON COLUMN "contacts"."attempts_used" IS 'Attempts that count against the batch job''s maximum.';
-- Set comment to column: "last_attempt" on table: "contacts"
COMMENT ON COLUMN "contacts"."last_attempt" IS 'Number of the newest attempt; 0 before the first.';
-- Set comment to column: "next_attempt_at" on table: "contacts"
COMMENT ON COLUMN "contacts"."next_attempt_at" IS 'From this moment a PENDING contact is due.';
-- Set comment to column: "batch_job_id" on table: "contacts"
COMMENT ON COLUMN "contacts"."batch_job_id" IS 'The batch job the contact belongs to.';
-- Create "attempts" table
CREATE TABLE "attempts" ("id" uuid NOT NULL, "organization_id" character varying NOT NULL, "number" bigint NOT NULL, "status" character varying NOT NULL, "outcome" character varying NULL, "reason" character varying NOT NULL DEFAULT '', "dialed" boolean NOT NULL DEFAULT true, "node" character varying NOT NULL DEFAULT '', "lease_until" timestamptz NOT NULL, "queued_at" timestamptz NOT NULL, "started_at" timestamptz NULL, "ringing_at" timestamptz NULL, "answered_at" timestamptz NULL, "ended_at" timestamptz NULL, "talk_seconds" bigint NOT NULL DEFAULT 0, "cost_micros" bigint NOT NULL DEFAULT 0, "contact_id" uuid NOT NULL, "batch_job_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "attempts_batch_jobs_batch_job" FOREIGN KEY ("batch_job_id") REFERENCES "batch_jobs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT "attempts_contacts_contact" FOREIGN KEY ("contact_id") REFERENCES "contacts" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "attempt_contact_id_number" to table: "attempts"
CREATE UNIQUE INDEX "attempt_contact_id_number" ON "attempts" ("contact_id", "number");
-- Create index "attempts_in_flight" to table: "attempts"
CREATE INDEX "attempts_in_flight" ON "attempts" ("organization_id", "batch_job_id") WHERE ((status)::text <> 'ENDED'::text);
-- Set comment to column: "id" on table: "attempts"
COMMENT ON COLUMN "attempts"."id" IS 'UUIDv7; the carrier''s idempotency key.';
-- Set comment to column: "organization_id" on table: "attempts"
COMMENT ON COLUMN "attempts"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "number" on table: "attempts"
COMMENT ON COLUMN "attempts"."number" IS '1-based within the contact, never used again.';
-- Set comment to column: "status" on table: "attempts"
COMMENT ON COLUMN "attempts"."status" IS 'Where the attempt is now.';
-- Set comment to column: "outcome" on table: "attempts"
COMMENT ON COLUMN "attempts"."outcome" IS 'How it ended; null before.';
-- Set comment to column: "reason" on table: "attempts"
COMMENT ON COLUMN "attempts"."reason" IS 'The carrier''s words on how it ended.';
-- Set comment to column: "dialed" on table: "attempts"
COMMENT ON COLUMN "attempts"."dialed" IS 'False when nothing rang, so that the contact''s attempt is not spent.';
-- Set comment to column: "node" on table: "attempts"
COMMENT ON COLUMN "attempts"."node" IS 'The node that placed or placed again the call.';
-- Set comment to column: "lease_until" on table: "attempts"
COMMENT ON COLUMN "attempts"."lease_until" IS 'Until then the attempt is that node''s, or waits for one; later any node may look after it.';
-- Set comment to column: "queued_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."queued_at" IS 'When it got its slot.';
-- Set comment to column: "started_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."started_at" IS 'When a node first claimed it.';
-- Set comment to column: "ringing_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."ringing_at" IS 'When it first rang; null = never.';
-- Set comment to column: "answered_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."answered_at" IS 'When it was answered; null = never.';
-- Set comment to column: "ended_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."ended_at" IS 'When it ended; null before.';
-- Set comment to column: "talk_seconds" on table: "attempts"
COMMENT ON COLUMN "attempts"."talk_seconds" IS 'Whole seconds between answer and end, rounded up.';
-- Set comment to column: "cost_micros" on table: "attempts"
COMMENT ON COLUMN "attempts"."cost_micros" IS 'What the call cost, in micro-dollars.';
-- Set comment to column: "contact_id" on table: "attempts"
COMMENT ON COLUMN "attempts"."contact_id" IS 'Who is dialed.';
-- Set comment to column: "batch_job_id" on table: "attempts"
COMMENT ON COLUMN "attempts"."batch_job_id" IS 'The batch job of the contact.';
-- Create "rejected_rows" table
CREATE TABLE "rejected_rows" ("id" uuid NOT NULL, "organization_id" character varying NOT NULL, "row" bigint NOT NULL, "phone" text NOT NULL, "code" character varying NOT NULL, "detail" text NOT NULL, "suggestion" character varying NOT NULL DEFAULT '', "name" text NOT NULL DEFAULT '', "custom_fields" json NOT NULL, "batch_job_id" character varying NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "rejected_rows_batch_jobs_batch_job" FOREIGN KEY ("batch_job_id") REFERENCES "batch_jobs" ("id") ON UPDATE NO ACTION ON DELETE NO ACTION);
-- Create index "rejectedrow_batch_job_id_row" to table: "rejected_rows"
CREATE UNIQUE INDEX "rejectedrow_batch_job_id_row" ON "rejected_rows" ("batch_job_id", "row");
-- Set comment to column: "id" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."id" IS 'UUIDv7.';
-- Set comment to column: "organization_id" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "row" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."row" IS '1-based row of the upload, the header not counted.';
-- Set comment to column: "phone" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."phone" IS 'The phone cell as it was written, shortened when very long.';
-- Set comment to column: "code" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."code" IS 'Why the row was rejected.';
-- Set comment to column: "detail" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."detail" IS 'A sentence that says what is wrong and what to do.';
-- Set comment to column: "suggestion" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."suggestion" IS 'The number that may have been meant; empty = no guess.';
-- Set comment to column: "name" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."name" IS 'Name in the row; may be empty.';
-- Set comment to column: "custom_fields" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."custom_fields" IS 'Further columns of the row as a JSON object, for the export of rejected rows.';
-- Set comment to column: "batch_job_id" on table: "rejected_rows"
COMMENT ON COLUMN "rejected_rows"."batch_job_id" IS 'The batch job of the upload.';
