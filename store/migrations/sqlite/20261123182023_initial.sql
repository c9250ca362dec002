-- Create "agents" table
CREATE TABLE `agents` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `name` text NOT NULL, `architecture` text NOT NULL, `system_prompt` text NOT NULL, PRIMARY KEY (`id`));
-- Create index "agent_organization_id_id" to table: "agents"
CREATE INDEX `agent_organization_id_id` ON `agents` (`organization_id`, `id`);
-- Create "api_keys" table
CREATE TABLE `api_keys` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `name` text NOT NULL, `hash` text NOT NULL, `prefix` text NOT NULL, `scopes` json NOT NULL, `expires_at` datetime NULL, `revoked_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "api_keys_hash_key" to table: "api_keys"
CREATE UNIQUE INDEX `api_keys_hash_key` ON `api_keys` (`hash`);
-- Create index "apikey_organization_id_id" to table: "api_keys"
CREATE INDEX `apikey_organization_id_id` ON `api_keys` (`organization_id`, `id`);
-- Create "attempts" table
CREATE TABLE `attempts` (`id` uuid NOT NULL, `organization_id` text NOT NULL, `number` integer NOT NULL, `status` text NOT NULL, `outcome` text NULL, `reason` text NOT NULL DEFAULT (''), `dialed` bool NOT NULL DEFAULT (true), `node` text NOT NULL DEFAULT (''), `lease_until` datetime NOT NULL, `queued_at` datetime NOT NULL, `started_at` datetime NULL, `ringing_at` datetime NULL, `answered_at` datetime NULL, `ended_at` datetime NULL, `talk_seconds` integer NOT NULL DEFAULT (0), `cost_micros` integer NOT NULL DEFAULT (0), `contact_id` uuid NOT NULL, `batch_job_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `attempts_contacts_contact` FOREIGN KEY (`contact_id`) REFERENCES `contacts` (`id`) ON DELETE NO ACTION, CONSTRAINT `attempts_batch_jobs_batch_job` FOREIGN KEY (`batch_job_id`) REFERENCES `batch_jobs` (`id`) ON DELETE NO ACTION);
-- Create index "attempt_contact_id_number" to table: "attempts"
CREATE UNIQUE INDEX `attempt_contact_id_number` ON `attempts` (`contact_id`, `number`);
-- Create index "attempts_in_flight" to table: "attempts"
CREATE INDEX `attempts_in_flight` ON `attempts` (`organization_id`, `batch_job_id`) WHERE status <> 'ENDED';
-- Create "batch_jobs" table
CREATE TABLE `batch_jobs` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `name` text NOT NULL, `description` text NULL, `status` text NOT NULL, `pause_reason` text NULL, `from_number` text NOT NULL, `architecture` text NOT NULL, `system_prompt` text NOT NULL, `concurrent_call_limit` integer NOT NULL, `max_attempts` integer NOT NULL, `timezone` text NOT NULL, `scheduled_start_at` datetime NULL, `call_window` json NULL, `started_at` datetime NULL, `ended_at` datetime NULL, `last_dispatch_at` datetime NULL, `version` integer NOT NULL DEFAULT (1), `created_by` text NOT NULL, `total_contacts` integer NOT NULL, `rejected_rows` integer NOT NULL DEFAULT (0), `duplicate_rows` integer NOT NULL DEFAULT (0), `blank_rows` integer NOT NULL DEFAULT (0), `contacts_pending` integer NOT NULL DEFAULT (0), `contacts_dialing` integer NOT NULL DEFAULT (0), `contacts_completed` integer NOT NULL DEFAULT (0), `contacts_failed` integer NOT NULL DEFAULT (0), `contacts_cancelled` integer NOT NULL DEFAULT (0), `outcome_counts` json NOT NULL, `attempts_ended` integer NOT NULL DEFAULT (0), `price_per_call_micros` integer NOT NULL, `held_micros` integer NOT NULL DEFAULT (0), `spent_micros` integer NOT NULL DEFAULT (0), `phone_number_id` text NOT NULL, `agent_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `batch_jobs_phone_numbers_phone_number` FOREIGN KEY (`phone_number_id`) REFERENCES `phone_numbers` (`id`) ON DELETE NO ACTION, CONSTRAINT `batch_jobs_agents_agent` FOREIGN KEY (`agent_id`) REFERENCES `agents` (`id`) ON DELETE NO ACTION);
-- Create index "batchjob_organization_id_id" to table: "batch_jobs"
CREATE INDEX `batchjob_organization_id_id` ON `batch_jobs` (`organization_id`, `id`);
-- Create index "batch_jobs_open" to table: "batch_jobs"
CREATE INDEX `batch_jobs_open` ON `batch_jobs` (`organization_id`, `status`) WHERE status <> 'COMPLETED' AND status <> 'FAILED' AND status <> 'CANCELLED';
-- Create index "batch_jobs_holding" to table: "batch_jobs"
CREATE INDEX `batch_jobs_holding` ON `batch_jobs` (`held_micros`) WHERE held_micros <> 0;
-- Create "contacts" table
CREATE TABLE `contacts` (`id` uuid NOT NULL, `organization_id` text NOT NULL, `row` integer NOT NULL, `phone` text NOT NULL, `name` text NOT NULL DEFAULT (''), `custom_fields` json NOT NULL, `status` text NOT NULL, `last_outcome` text NULL, `attempts_used` integer NOT NULL DEFAULT (0), `last_attempt` integer NOT NULL DEFAULT (0), `next_attempt_at` datetime NOT NULL, `batch_job_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `contacts_batch_jobs_batch_job` FOREIGN KEY (`batch_job_id`) REFERENCES `batch_jobs` (`id`) ON DELETE NO ACTION);
-- Create index "contact_batch_job_id_row" to table: "contacts"
CREATE UNIQUE INDEX `contact_batch_job_id_row` ON `contacts` (`batch_job_id`, `row`);
-- Create index "contacts_due" to table: "contacts"
CREATE INDEX `contacts_due` ON `contacts` (`batch_job_id`, `next_attempt_at`, `row`) WHERE status = 'PENDING';
-- Create "credit_entries" table
CREATE TABLE `credit_entries` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `kind` text NOT NULL, `balance_delta_micros` integer NOT NULL, `held_delta_micros` integer NOT NULL, `batch_job_id` text NULL, `note` text NOT NULL DEFAULT (''), PRIMARY KEY (`id`));
-- Create index "creditentry_organization_id_id" to table: "credit_entries"
CREATE INDEX `creditentry_organization_id_id` ON `credit_entries` (`organization_id`, `id`);
-- Create index "creditentry_batch_job_id" to table: "credit_entries"
CREATE INDEX `creditentry_batch_job_id` ON `credit_entries` (`batch_job_id`);
-- Create "idempotency_records" table
CREATE TABLE `idempotency_records` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `key` text NOT NULL, `request_hash` text NOT NULL, `batch_job_id` text NOT NULL, `answer` json NOT NULL, PRIMARY KEY (`id`));
-- Create index "idempotencyrecord_organization_id_key" to table: "idempotency_records"
CREATE UNIQUE INDEX `idempotencyrecord_organization_id_key` ON `idempotency_records` (`organization_id`, `key`);
-- Create index "idempotencyrecord_created_at" to table: "idempotency_records"
CREATE INDEX `idempotencyrecord_created_at` ON `idempotency_records` (`created_at`);
-- Create "organizations" table
CREATE TABLE `organizations` (`id` text NOT NULL, `created_at` datetime NOT NULL, `name` text NOT NULL, `concurrent_call_limit` integer NOT NULL DEFAULT (20), `balance_micros` integer NOT NULL DEFAULT (0), `held_micros` integer NOT NULL DEFAULT (0), PRIMARY KEY (`id`));
-- Create "phone_numbers" table
CREATE TABLE `phone_numbers` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `number` text NOT NULL, `label` text NOT NULL DEFAULT (''), `outbound_agent_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `phone_numbers_agents_outbound_agent` FOREIGN KEY (`outbound_agent_id`) REFERENCES `agents` (`id`) ON DELETE SET NULL);
-- Create index "phonenumber_organization_id_number" to table: "phone_numbers"
CREATE UNIQUE INDEX `phonenumber_organization_id_number` ON `phone_numbers` (`organization_id`, `number`);
-- Create "rejected_rows" table
CREATE TABLE `rejected_rows` (`id` uuid NOT NULL, `organization_id` text NOT NULL, `row` integer NOT NULL, `phone` text NOT NULL, `code` text NOT NULL, `detail` text NOT NULL, `suggestion` text NOT NULL DEFAULT (''), `name` text NOT NULL DEFAULT (''), `custom_fields` json NOT NULL, `batch_job_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `rejected_rows_batch_jobs_batch_job` FOREIGN KEY (`batch_job_id`) REFERENCES `batch_jobs` (`id`) ON DELETE NO ACTION);
-- Create index "rejectedrow_batch_job_id_row" to table: "rejected_rows"
CREATE UNIQUE INDEX `rejectedrow_batch_job_id_row` ON `rejected_rows` (`batch_job_id`, `row`);
