-- Modify "attempts" table
ALTER TABLE "attempts" ADD COLUMN "claims" bigint NOT NULL DEFAULT 0, ADD COLUMN "accepted_at" timestamptz NULL;
-- Set comment to column: "claims" on table: "attempts"
COMMENT ON COLUMN "attempts"."claims" IS 'How often a node has claimed it; what an earlier claim has to say that the carrier did not counts no more.';
-- Set comment to column: "accepted_at" on table: "attempts"
COMMENT ON COLUMN "attempts"."accepted_at" IS 'When the carrier was known to have the call; null = it may not have been asked yet. Not written for calls that end at once.';
-- Modify "batch_jobs" table
ALTER TABLE "batch_jobs" ADD COLUMN "pause_note" character varying NOT NULL DEFAULT '', ADD COLUMN "hang_up" boolean NOT NULL DEFAULT false, ADD COLUMN "recent_calls" jsonb NULL, ADD COLUMN "carrier_full_until" timestamptz NULL, ADD COLUMN "carrier_full_level" bigint NOT NULL DEFAULT 0, ADD COLUMN "carrier" character varying NOT NULL DEFAULT '';
-- Set comment to column: "pause_note" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."pause_note" IS 'What led to the pause, in words for people; empty when there is no more to say.';
-- Set comment to column: "hang_up" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."hang_up" IS 'Calls in flight are to be hung up; set by a cancel that asked for it.';
-- Set comment to column: "recent_calls" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."recent_calls" IS 'How the last calls ended, as the circuit breaker looks at them; oldest first.';
-- Set comment to column: "carrier_full_until" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."carrier_full_until" IS 'Until then nobody is dialed, because the carrier was full or unreachable; null = it never was.';
-- Set comment to column: "carrier_full_level" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."carrier_full_level" IS 'How often in a row the carrier was full; each level halves the calls at once.';
-- Set comment to column: "carrier" on table: "batch_jobs"
COMMENT ON COLUMN "batch_jobs"."carrier" IS 'Who places its calls, and nobody else; empty = whichever carrier a node has.';
-- Modify "contacts" table
ALTER TABLE "contacts" ADD COLUMN "extra_attempts" bigint NOT NULL DEFAULT 0;
-- Set comment to column: "extra_attempts" on table: "contacts"
COMMENT ON COLUMN "contacts"."extra_attempts" IS 'Attempts allowed beyond the batch job''s maximum, because somebody asked for a retry.';
-- Modify "credit_entries" table
ALTER TABLE "credit_entries" ADD COLUMN "created_by" character varying NOT NULL DEFAULT '';
-- Set comment to column: "created_by" on table: "credit_entries"
COMMENT ON COLUMN "credit_entries"."created_by" IS 'The API key of a top-up; empty when the program wrote the line by itself.';
-- Create "batch_changes" table
CREATE TABLE "batch_changes" ("id" character varying NOT NULL, "created_at" timestamptz NOT NULL, "organization_id" character varying NOT NULL, "batch_job_id" character varying NOT NULL, "action" character varying NOT NULL, "actor" character varying NOT NULL, "actor_id" character varying NOT NULL DEFAULT '', "actor_name" character varying NOT NULL DEFAULT '', "reason" character varying NOT NULL DEFAULT '', "details" json NULL, PRIMARY KEY ("id"));
-- Create index "batchchange_batch_job_id_id" to table: "batch_changes"
CREATE INDEX "batchchange_batch_job_id_id" ON "batch_changes" ("batch_job_id", "id");
-- Create index "batchchange_organization_id_id" to table: "batch_changes"
CREATE INDEX "batchchange_organization_id_id" ON "batch_changes" ("organization_id", "id");
-- Set comment to column: "id" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."id" IS 'Opaque public id with the prefix of its kind; ids sort by creation.';
-- Set comment to column: "created_at" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."created_at" IS 'When the row was made, UTC.';
-- Set comment to column: "organization_id" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."organization_id" IS 'The organization the row belongs to.';
-- Set comment to column: "batch_job_id" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."batch_job_id" IS 'The batch job that was changed.';
-- Set comment to column: "action" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."action" IS 'What was done.';
-- Set comment to column: "actor" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."actor" IS 'What kind of actor did it.';
-- Set comment to column: "actor_id" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."actor_id" IS 'The API key it was done with; empty when the program did it by itself.';
-- Set comment to column: "actor_name" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."actor_name" IS 'The name of that key, as it was then.';
-- Set comment to column: "reason" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."reason" IS 'Why, in words; empty = none was given.';
-- Set comment to column: "details" on table: "batch_changes"
COMMENT ON COLUMN "batch_changes"."details" IS 'What else there is to know, as a JSON object: old and new values, counts.';
