-- Disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- Create "new_webhook_deliveries" table
CREATE TABLE `new_webhook_deliveries` (`id` text NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `endpoint_id` text NOT NULL, `event_id` text NOT NULL, `event` text NOT NULL, `payload` text NOT NULL, `status` text NOT NULL, `tries` integer NOT NULL DEFAULT (0), `next_try_at` datetime NOT NULL, `lease_until` datetime NULL, `response_status` integer NULL, `response_body` text NOT NULL DEFAULT (''), `error` text NOT NULL DEFAULT (''), `delivered_at` datetime NULL, PRIMARY KEY (`id`));
-- Copy rows from old table "webhook_deliveries" to new temporary table "new_webhook_deliveries"
INSERT INTO `new_webhook_deliveries` (`id`, `created_at`, `organization_id`, `endpoint_id`, `event_id`, `event`, `payload`, `status`, `tries`, `next_try_at`, `lease_until`, `response_status`, `response_body`, `error`, `delivered_at`) SELECT `id`, `created_at`, `organization_id`, `endpoint_id`, `event_id`, `event`, `payload`, `status`, `tries`, `next_try_at`, `lease_until`, `response_status`, `response_body`, `error`, `delivered_at` FROM `webhook_deliveries`;
-- Drop "webhook_deliveries" table after copying rows
DROP TABLE `webhook_deliveries`;
-- Rename temporary table "new_webhook_deliveries" to "webhook_deliveries"
ALTER TABLE `new_webhook_deliveries` RENAME TO `webhook_deliveries`;
-- Create index "webhookdelivery_endpoint_id_id" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_endpoint_id_id` ON `webhook_deliveries` (`endpoint_id`, `id`);
-- Create index "webhook_deliveries_due" to table: "webhook_deliveries"
CREATE INDEX `webhook_deliveries_due` ON `webhook_deliveries` (`endpoint_id`, `status`, `next_try_at`);
-- Create index "webhookdelivery_created_at" to table: "webhook_deliveries"
CREATE INDEX `webhookdelivery_created_at` ON `webhook_deliveries` (`created_at`);
-- Enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
