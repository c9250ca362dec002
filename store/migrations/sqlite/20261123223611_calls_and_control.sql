-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_attempts" table
CREATE TABLE `new_attempts` (`id` uuid NOT NULL, `organization_id` text NOT NULL, `number` integer NOT NULL, `status` text NOT NULL, `outcome` text NULL, `reason` text NOT NULL DEFAULT (''), `dialed` bool NOT NULL DEFAULT (true), `node` text NOT NULL DEFAULT (''), `claims` integer NOT NULL DEFAULT (0), `lease_until` datetime NOT NULL, `queued_at` datetime NOT NULL, `started_at` datetime NULL, `accepted_at` datetime NULL, `ringing_at` datetime NULL, `answered_at` datetime NULL, `ended_at` datetime NULL, `talk_seconds` integer NOT NULL DEFAULT (0), `cost_micros` integer NOT NULL DEFAULT (0), `contact_id` uuid NOT NULL, `batch_job_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `attempts_contacts_contact` FOREIGN KEY (`contact_id`) REFERENCES `contacts` (`id`) ON DELETE NO ACTION, CONSTRAINT `attempts_batch_jobs_batch_job` FOREIGN KEY (`batch_job_id`) REFERENCES `batch_jobs` (`id`) ON DELETE NO ACTION);
-- Copy rows from old table "attempts" to new temporary table "new_attempts"
INSERT INTO `new_attempts` (`id`, `organization_id`, `number`, `status`, `outcome`, `reason`, `dialed`, `node`, `lease_until`, `queued_at`, `started_at`, `ringing_at`, `answered_at`, `ended_at`, `talk_seconds`, `cost_micros`, `contact_id`, `batch_job_id`) SELECT `id`, `organization_id`, `number`, `status`, `outcome`, `reason`, `dialed`, `node`, `lease_until`, `queued_at`, `started_at`, `ringing_at`, `answered_at`, `ended_at`, `talk_seconds`, `cost_micros`, `contact_id`, `batch_job_id` FROM `attempts`;
-- Drop "attempts" table after copying rows
DROP TABLE `attempts`;
-- Rename temporary table "new_attempts" to "attempts"
ALTER TABLE `new_attempts` RENAME TO `attempts`;
-- Create index "attempt_contact_id_number" to table: "attempts"
CREATE UNIQUE INDEX `attempt_contact_id_number` ON `attempts` (`contact_id`, `number`);
-- Create index "attempts_in_flight" to table: "attempts"
CREATE INDEX `attempts_in_flight` ON `attempts` (`organization_id`, `batch_job_id`) WHERE status <> 'ENDED';
-- Create "new_batch_jobs" table
CREATE TABLE `new_batch_jobs` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `name` text NOT NULL, `description` text NULL, `status` text NOT NULL, `pause_reason` text NULL, `pause_note` text NOT NULL DEFAULT (''), `hang_up` bool NOT NULL DEFAULT (false), `recent_calls` json NULL, `carrier_full_until` datetime NULL, `carrier_full_level` integer NOT NULL DEFAULT (0), `from_number` text NOT NULL, `architecture` text NOT NULL, `system_prompt` text NOT NULL, `carrier` text NOT NULL DEFAULT (''), `concurrent_call_limit` integer NOT NULL, `max_attempts` integer NOT NULL, `timezone` text NOT NULL, `scheduled_start_at` datetime NULL, `call_window` json NULL, `started_at` datetime NULL, `ended_at` datetime NULL, `last_dispatch_at` datetime NULL, `version` integer NOT NULL DEFAULT (1), `created_by` text NOT NULL, `total_contacts` integer NOT NULL, `rejected_rows` integer NOT NULL DEFAULT (0), `duplicate_rows` integer NOT NULL DEFAULT (0), `blank_rows` integer NOT NULL DEFAULT (0), `contacts_pending` integer NOT NULL DEFAULT (0), `contacts_dialing` integer NOT NULL DEFAULT (0), `contacts_completed` integer NOT NULL DEFAULT (0), `contacts_failed` integer NOT NULL DEFAULT (0), `contacts_cancelled` integer NOT NULL DEFAULT (0), `outcome_counts` json NOT NULL, `attempts_ended` integer NOT NULL DEFAULT (0), `price_per_call_micros` integer NOT NULL, `held_micros` integer NOT NULL DEFAULT (0), `spent_micros` integer NOT NULL DEFAULT (0), `phone_number_id` text NOT NULL, `agent_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batch_jobs_phone_numbers_phone_number` FOREIGN KEY (`phone_number_id`) REFERENCES `phone_numbers` (`id`) ON DELETE NO ACTION, CONSTRAINT `batch_jobs_agents_agent` FOREIGN KEY (`agent_id`) REFERENCES `agents` (`id`) ON DELETE NO ACTION);
-- Copy rows from old table "batch_jobs" to new temporary table "new_batch_jobs"
INSERT INTO `new_batch_jobs` (`id`, `created_at`, `organization_id`, `name`, `description`, `status`, `pause_reason`, `from_number`, `architecture`, `system_prompt`, `concurrent_call_limit`, `max_attempts`, `timezone`, `scheduled_start_at`, `call_window`, `started_at`, `ended_at`, `last_dispatch_at`, `version`, `created_by`, `total_contacts`, `rejected_rows`, `duplicate_rows`, `blank_rows`, `contacts_pending`, `contacts_dialing`, `contacts_completed`, `contacts_failed`, `contacts_cancelled`, `outcome_counts`, `attempts_ended`, `price_per_call_micros`, `held_micros`, `spent_micros`, `phone_number_id`, `agent_id`) SELECT `id`, `created_at`, `organization_id`, `name`, `description`, `status`, `pause_reason`, `from_number`, `architecture`, `system_prompt`, `concurrent_call_limit`, `max_attempts`, `timezone`, `scheduled_start_at`, `call_window`, `started_at`, `ended_at`, `last_dispatch_at`, `version`, `created_by`, `total_contacts`, `rejected_rows`, `duplicate_rows`, `blank_rows`, `contacts_pending`, `contacts_dialing`, `contacts_completed`, `contacts_failed`, `contacts_cancelled`, `outcome_counts`, `attempts_ended`, `price_per_call_micros`, `held_micros`, `spent_micros`, `phone_number_id`, `agent_id` FROM `batch_jobs`;
-- Drop "batch_jobs" table after copying rows
DROP TABLE `batch_jobs`;
-- Rename temporary table "new_batch_jobs" to "batch_jobs"
ALTER TABLE `new_batch_jobs` RENAME TO `batch_jobs`;
-- Create index "batchjob_organization_id_id" to table: "batch_jobs"
CREATE INDEX `batchjob_organization_id_id` ON `batch_jobs` (`organization_id`, `id`);
-- Create index "batch_jobs_open" to table: "batch_jobs"
CREATE INDEX `batch_jobs_open` ON `batch_jobs` (`organization_id`, `status`) WHERE status <> 'COMPLETED' AND status <> 'FAILED' AND status <> 'CANCELLED';
-- Create index "batch_jobs_holding" to table: "batch_jobs"
CREATE INDEX `batch_jobs_holding` ON `batch_jobs` (`held_micros`) WHERE held_micros <> 0;
-- Create "new_contacts" table
CREATE TABLE `new_contacts` (`id` uuid NOT NULL, `organization_id` text NOT NULL, `row` integer NOT NULL, `phone` text NOT NULL, `name` text NOT NULL DEFAULT (''), `custom_fields` json NOT NULL, `status` text NOT NULL, `last_outcome` text NULL, `attempts_used` integer NOT NULL DEFAULT (0), `extra_attempts` integer NOT NULL DEFAULT (0), `last_attempt` integer NOT NULL DEFAULT (0), `next_attempt_at` datetime NOT NULL, `batch_job_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `contacts_batch_jobs_batch_job` FOREIGN KEY (`batch_job_id`) REFERENCES `batch_jobs` (`id`) ON DELETE NO ACTION);
-- Copy rows from old table "contacts" to new temporary table "new_contacts"
INSERT INTO `new_contacts` (`id`, `organization_id`, `row`, `phone`, `name`, `custom_fields`, `status`, `last_outcome`, `attempts_used`, `last_attempt`, `next_attempt_at`, `batch_job_id`) SELECT `id`, `organization_id`, `row`, `phone`, `name`, `custom_fields`, `status`, `last_outcome`, `attempts_used`, `last_attempt`, `next_attempt_at`, `batch_job_id` FROM `contacts`;
-- Drop "contacts" table after copying rows
DROP TABLE `contacts`;
-- Rename temporary table "new_contacts" to "contacts"
ALTER TABLE `new_contacts` RENAME TO `contacts`;
-- Create index "contact_batch_job_id_row" to table: "contacts"
CREATE UNIQUE INDEX `contact_batch_job_id_row` ON `contacts` (`batch_job_id`, `row`);
-- Create index "contacts_due" to table: "contacts"
CREATE INDEX `contacts_due` ON `contacts` (`batch_job_id`, `next_attempt_at`, `row`) WHERE status = 'PENDING';
-- Create "new_credit_entries" table
CREATE TABLE `new_credit_entries` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `kind` text NOT NULL, `balance_delta_micros` integer NOT NULL, `held_delta_micros` integer NOT NULL, `batch_job_id` text NULL, `created_by` text NOT NULL DEFAULT (''), `note` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`));
-- Copy rows from old table "credit_entries" to new temporary table "new_credit_entries"
INSERT INTO `new_credit_entries` (`id`, `created_at`, `organization_id`, `kind`, `balance_delta_micros`, `held_delta_micros`, `batch_job_id`, `note`) SELECT `id`, `created_at`, `organization_id`, `kind`, `balance_delta_micros`, `held_delta_micros`, `batch_job_id`, `note` FROM `credit_entries`;
-- Drop "credit_entries" table after copying rows
DROP TABLE `credit_entries`;
-- Rename temporary table "new_credit_entries" to "credit_entries"
ALTER TABLE `new_credit_entries` RENAME TO `credit_entries`;
-- Create index "creditentry_organization_id_id" to table: "credit_entries"
CREATE INDEX `creditentry_organization_id_id` ON `credit_entries` (`organization_id`, `id`);
-- Create index "creditentry_batch_job_id" to table: "credit_entries"
CREATE INDEX `creditentry_batch_job_id` ON `credit_entries` (`batch_job_id`);
-- Create "batch_changes" table
CREATE TABLE `batch_changes` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `batch_job_id` text NOT NULL, `action` text NOT NULL, `actor` text NOT NULL, `actor_id` text NOT NULL DEFAULT (''), `actor_name` text NOT NULL DEFAULT (''), `reason` text NOT NULL DEFAULT (''), `details` json NULL, PRIMARY KEY (`id`));
-- Create index "batchchange_batch_job_id_id" to table: "batch_changes"
CREATE INDEX `batchchange_batch_job_id_id` ON `batch_changes` (`batch_job_id`, `id`);
-- Create index "batchchange_organization_id_id" to table: "batch_changes"
CREATE INDEX `batchchange_organization_id_id` ON `batch_changes` (`organization_id`, `id`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
