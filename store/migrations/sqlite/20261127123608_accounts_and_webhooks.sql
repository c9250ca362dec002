-- Add column "updated_at" to table: "agents"
ALTER TABLE `agents` ADD COLUMN `updated_at` datetime NULL;
-- Add column "last_used_at" to table: "api_keys"
ALTER TABLE `api_keys` ADD COLUMN `last_used_at` datetime NULL;
-- Add column "webhook_events" to table: "organizations"
ALTER TABLE `organizations` ADD COLUMN `webhook_events` json NULL;
-- Create index "attempt_batch_job_id" to table: "attempts"
CREATE INDEX `attempt_batch_job_id` ON `attempts` (`batch_job_id`);
-- Create "sessions" table
CREATE TABLE `sessions` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `hash` text NOT NULL, `user_agent` text NOT NULL DEFAULT (''), `scopes` json NOT NULL, `operator` bool NOT NULL DEFAULT (false), `api_key_id` text NOT NULL DEFAULT (''), `last_used_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `revoked_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "sessions_hash_key" to table: "sessions"
CREATE UNIQUE INDEX `sessions_hash_key` ON `sessions` (`hash`);
-- Create index "session_organization_id_id" to table: "sessions"
CREATE INDEX `session_organization_id_id` ON `sessions` (`organization_id`, `id`);
-- Create index "session_expires_at" to table: "sessions"
CREATE INDEX `session_expires_at` ON `sessions` (`expires_at`);
-- Create "sign_in_links" table
CREATE TABLE `sign_in_links` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `hash` text NOT NULL, `scopes` json NOT NULL, `operator` bool NOT NULL DEFAULT (false), `expires_at` datetime NOT NULL, `used_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "sign_in_links_hash_key" to table: "sign_in_links"
CREATE UNIQUE INDEX `sign_in_links_hash_key` ON `sign_in_links` (`hash`);
-- Create index "signinlink_expires_at" to table: "sign_in_links"
CREATE INDEX `signinlink_expires_at` ON `sign_in_links` (`expires_at`);
-- Create "webhook_deliveries" table
CREATE TABLE `webhook_deliveries` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `endpoint_id` text NOT NULL, `event_id` text NOT NULL, `event` text NOT NULL, `payload` text NOT NULL, `status` text NOT NULL, `tries` integer NOT NULL DEFAULT (0), `next_try_at` datetime NOT NULL, `lease_until` datetime NULL, `response_status` integer NULL, `response_body` text NOT NULL DEFAULT (''), `error` text NOT NULL DEFAULT (''), `delivered_at` datetime NULL, PRIMARY KEY (`id`));
-- Create index "webhookdelivery_endpoint_id_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_endpoint_id_id` ON `webhook_deliveries` (`endpoint_id`, `id`);
-- Create index "webhookdelivery_organization_id_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_organization_id_id` ON `webhook_deliveries` (`organization_id`, `id`);
-- Create index "webhook_deliveries_due" to table: "webhook_deliveries"
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`next_try_at`) WHERE status = 'PENDING';
-- Create index "webhookdelivery_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_created_at` ON `webhook_deliveries` (`created_at`);
-- Create "webhook_endpoints" table
CREATE TABLE `webhook_endpoints` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `url` text NOT NULL, `description` text NOT NULL DEFAULT (''), `events` json NOT NULL, `enabled` bool NOT NULL DEFAULT (true), `disabled_reason` text NOT NULL DEFAULT (''), `secret` text NOT NULL, `previous_secret` text NOT NULL DEFAULT (''), `previous_secret_until` datetime NULL, `failing_since` datetime NULL, PRIMARY KEY (`id`));
-- Create index "webhookendpoint_organization_id_id" to table: "webhook_endpoints"
CREATE INDEX `webhookendpoint_organization_id_id` ON `webhook_endpoints` (`organization_id`, `id`);
