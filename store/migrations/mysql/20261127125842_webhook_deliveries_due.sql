-- Modify "webhook_deliveries" table
ALTER TABLE `webhook_deliveries` DROP INDEX `webhook_deliveries_due`;
-- Modify "webhook_deliveries" table
ALTER TABLE `webhook_deliveries` DROP INDEX `webhookdelivery_organization_id_id`, ADD INDEX `webhook_deliveries_due` (`endpoint_id`, `status`, `next_try_at`);
