-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_attempts" table
CREATE TABLE `new_attempts` (`id` uuid NOT NULL, `organization_id` text NOT NULL, `number` integer NOT NULL, `status` text NOT NULL, `outcome` text NULL, `reason` text NOT NULL DEFAULT (''), `dialed` bool NOT NULL DEFAULT (true), `node` text NOT NULL DEFAULT (''), `claims` integer NOT NULL DEFAULT (0), `lease_until` datetime NOT NULL, `queued_at` datetime NOT NULL, `started_at` datetime NULL, `accepted_at` datetime NULL, `ringing_at` datetime NULL, `answered_at` datetime NULL, `ended_at` datetime NULL, `talk_seconds` integer NOT NULL DEFAULT (0), `cost_micros` integer NOT NULL DEFAULT (0), `contact_id` uuid NOT NULL, `batch_job_id` text NOT NULL, PRIMARY KEY (`id`));
-- Copy rows from old table "attempts" to new temporary table "new_attempts"
INSERT INTO `new_attempts` (`id`, `organization_id`, `number`, `status`, `outcome`, `reason`, `dialed`, `node`, `claims`, `lease_until`, `queued_at`, `started_at`, `accepted_at`, `ringing_at`, `answered_at`, `ended_at`, `talk_seconds`, `cost_micros`, `contact_id`, `batch_job_id`) SELECT `id`, `organization_id`, `number`, `status`, `outcome`, `reason`, `dialed`, `node`, `claims`, `lease_until`, `queued_at`, `started_at`, `accepted_at`, `ringing_at`, `answered_at`, `ended_at`, `talk_seconds`, `cost_micros`, `contact_id`, `batch_job_id` FROM `attempts`;
-- Drop "attempts" table after copying rows
DROP TABLE `attempts`;
-- Rename temporary table "new_attempts" to "attempts"
ALTER TABLE `new_attempts` RENAME TO `attempts`;
-- Create index "attempt_contact_id_number" to table: "attempts"
CREATE UNIQUE INDEX `attempt_contact_id_number` ON `attempts` (`contact_id`, `number`);
-- Create index "attempt_batch_job_id" to table: "attempts"
CREATE INDEX `attempt_batch_job_id` ON `attempts` (`batch_job_id`);
-- Create index "attempts_in_flight" to table: "attempts"
CREATE INDEX `attempts_in_flight` ON `attempts` (`organization_id`, `batch_job_id`) WHERE status <> 'ENDED';
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
