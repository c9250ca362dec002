-- Modify "agents" table
ALTER TABLE "agents" ADD COLUMN "updated_at" timestamptz NULL;
-- Set comment to column: "updated_at" on table: "agents"
COMMENT ON COLUMN "agents"."updated_at" IS 'When the agent was last changed; null = never since it was made.';
-- Modify "api_keys" table
ALTER TABLE "api_keys" ADD COLUMN "last_used_at" timestamptz NULL;
-- Set comment to column: "last_used_at" on table: "api_keys"
COMMENT ON COLUMN "api_keys"."last_used_at" IS 'When the key was last used, written at most once a minute; null = never.';
-- Create index "attempt_batch_job_id" to table: "attempts"
CREATE INDEX "attempt_batch_job_id" ON "attempts" ("batch_job_id");
-- Set comment to column: "actor_id" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."actor_id" IS 'The API key or session it was done with; empty when the program did it by itself.';
-- Set comment to column: "actor_name" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."actor_name" IS 'The name of that key or browser, as it was then.';
-- Set comment to column: "created_by" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."created_by" IS 'The API key or session the batch job was created with.';
-- Set comment to column: "created_by" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."created_by" IS 'The API key or session of a top-up; empty when the program wrote the line by itself.';
-- Modify "organizations" table
ALTER TABLE "organizations" ADD COLUMN "webhook_events" jsonb NULL;
-- Set comment to column: "webhook_events" on table: "organizations"
COMMENT ON COLUMN "organizations"."webhook_events" IS 'Events that at least one enabled webhook endpoint wants; null = none. Kept so that a turn need not look for endpoints.';
-- Create "sessions" table
CREATE TABLE "sessions" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "hash" character varying NOT NULL, "user_agent" character varying NOT NULL DEFAULT '', "scopes" jsonb NOT NULL, "operator" boolean NOT NULL DEFAULT false, "api_key_id" character varying NOT NULL DEFAULT '', "last_used_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, "revoked_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX "session_expires_at" ON "sessions" ("expires_at");
-- Create index "session_organization_id_id" to table: "sessions"
CREATE INDEX "session_organization_id_id" ON "sessions" ("organization_id", "id");
-- Create index "sessions_hash_key" to table: "sessions"
CREATE UNIQUE INDEX "sessions_hash_key" ON "sessions" ("hash");
-- Set comment to column: "id" on table: "sessions"
COMMENT ON COLUMN "sessions"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "sessions"
COMMENT ON COLUMN "sessions"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "hash" on table: "sessions"
COMMENT ON COLUMN "sessions"."hash" IS 'SHA-256 of the token in the cookie, hexadecimal.';
-- Set comment to column: "user_agent" on table: "sessions"
COMMENT ON COLUMN "sessions"."user_agent" IS 'The browser, as it called itself when it signed in; shortened when very long.';
-- Set comment to column: "scopes" on table: "sessions"
COMMENT ON COLUMN "sessions"."scopes" IS 'What the session may do.';
-- Set comment to column: "operator" on table: "sessions"
COMMENT ON COLUMN "sessions"."operator" IS 'Whether it may see what concerns the whole server, as its queue.';
-- Set comment to column: "api_key_id" on table: "sessions"
COMMENT ON COLUMN "sessions"."api_key_id" IS 'The API key it was signed in with, whose revocation ends it; empty when it was a link.';
-- Set comment to column: "last_used_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."last_used_at" IS 'When it was last used, written at most once a minute.';
-- Set comment to column: "expires_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."expires_at" IS 'From this moment it is refused.';
-- Set comment to column: "revoked_at" on table: "sessions"
COMMENT ON COLUMN "sessions"."revoked_at" IS 'When it was ended by a person; null = in force.';
-- Create "sign_in_links" table
CREATE TABLE "sign_in_links" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "hash" character varying NOT NULL, "scopes" jsonb NOT NULL, "operator" boolean NOT NULL DEFAULT false, "expires_at" timestamptz NOT NULL, "used_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "sign_in_links_hash_key" to table: "sign_in_links"
CREATE UNIQUE INDEX "sign_in_links_hash_key" ON "sign_in_links" ("hash");
-- Create index "signinlink_expires_at" to table: "sign_in_links"
CREATE INDEX "signinlink_expires_at" ON "sign_in_links" ("expires_at");
-- Set comment to column: "id" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "hash" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."hash" IS 'SHA-256 of the token in the link, hexadecimal.';
-- Set comment to column: "scopes" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."scopes" IS 'What the session will be allowed to do.';
-- Set comment to column: "operator" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."operator" IS 'Whether the session may see what concerns the whole server.';
-- Set comment to column: "expires_at" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."expires_at" IS 'From this moment the link is refused.';
-- Set comment to column: "used_at" on table: "sign_in_links"
COMMENT ON COLUMN "sign_in_links"."used_at" IS 'When it was used, which it can be once; null = not yet.';
-- Create "webhook_deliveries" table
CREATE TABLE "webhook_deliveries" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "endpoint_id" character varying NOT NULL, "event_id" character varying NOT NULL, "event" character varying NOT NULL, "payload" text NOT NULL, "status" character varying NOT NULL, "tries" bigint NOT NULL DEFAULT 0, "next_try_at" timestamptz NOT NULL, "lease_until" timestamptz NULL, "response_status" bigint NULL, "response_body" text NOT NULL DEFAULT '', "error" text NOT NULL DEFAULT '', "delivered_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "webhook_deliveries_due" to table: "webhook_deliveries"
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" ("next_try_at") WHERE ((status)::text = 'PENDING'::text);
-- Create index "webhookdelivery_created_at" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_created_at" ON "webhook_deliveries" ("created_at");
-- Create index "webhookdelivery_endpoint_id_id" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_endpoint_id_id" ON "webhook_deliveries" ("endpoint_id", "id");
-- Create index "webhookdelivery_organization_id_id" to table: "webhook_deliveries"
CREATE INDEX "webhookdelivery_organization_id_id" ON "webhook_deliveries" ("organization_id", "id");
-- Set comment to column: "id" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "endpoint_id" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."endpoint_id" IS 'Where it is sent.';
-- Set comment to column: "event_id" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."event_id" IS 'The event''s id, the same in every try and replay, by which receivers know it again.';
-- Set comment to column: "event" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."event" IS 'What happened.';
-- Set comment to column: "payload" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."payload" IS 'What is sent, as JSON text.';
-- Set comment to column: "status" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."status" IS 'Where the delivery is now.';
-- Set comment to column: "tries" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."tries" IS 'How often it was tried.';
-- Set comment to column: "next_try_at" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."next_try_at" IS 'From this moment a PENDING delivery is due.';
-- Set comment to column: "lease_until" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."lease_until" IS 'Until then a node is trying it; null = none is.';
-- Set comment to column: "response_status" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."response_status" IS 'The HTTP status the last try was answered with; null = there was no answer.';
-- Set comment to column: "response_body" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."response_body" IS 'The beginning of that answer, at most 1,000 characters.';
-- Set comment to column: "error" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."error" IS 'What was wrong with the last try; empty when nothing was.';
-- Set comment to column: "delivered_at" on table: "webhook_deliveries"
COMMENT ON COLUMN "webhook_deliveries"."delivered_at" IS 'When it was delivered; null = not yet.';
-- Create "webhook_endpoints" table
CREATE TABLE "webhook_endpoints" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "url" character varying NOT NULL, "description" character varying NOT NULL DEFAULT '', "events" jsonb NOT NULL, "enabled" boolean NOT NULL DEFAULT true, "disabled_reason" character varying NOT NULL DEFAULT '', "secret" character varying NOT NULL, "previous_secret" character varying NOT NULL DEFAULT '', "previous_secret_until" timestamptz NULL, "failing_since" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "webhookendpoint_organization_id_id" to table: "webhook_endpoints"
CREATE INDEX "webhookendpoint_organization_id_id" ON "webhook_endpoints" ("organization_id", "id");
-- Set comment to column: "id" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "url" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."url" IS 'Where events are sent by POST.';
-- Set comment to column: "description" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."description" IS 'For people, up to 200 characters.';
-- Set comment to column: "events" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."events" IS 'Which events are sent.';
-- Set comment to column: "enabled" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."enabled" IS 'Whether events are sent.';
-- Set comment to column: "disabled_reason" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."disabled_reason" IS 'Why the program switched it off; empty when it did not.';
-- Set comment to column: "secret" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."secret" IS 'What its events are signed with, as Standard Webhooks writes it; it cannot be a hash, because it signs.';
-- Set comment to column: "previous_secret" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."previous_secret" IS 'The secret from before the last rotation; empty = none.';
-- Set comment to column: "previous_secret_until" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."previous_secret_until" IS 'Until then events are signed with the previous secret as well; null = they are not.';
-- Set comment to column: "failing_since" on table: "webhook_endpoints"
COMMENT ON COLUMN "webhook_endpoints"."failing_since" IS 'Since when no delivery has succeeded; null = the last one did.';
