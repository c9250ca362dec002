-- Modify "webhook_deliveries" table
ALTER TABLE `webhook_deliveries` DROP INDEX `webhookdelivery_organization_id_id`;
