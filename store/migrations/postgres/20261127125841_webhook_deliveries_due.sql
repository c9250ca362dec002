-- Drop index "webhook_deliveries_due" from table: "webhook_deliveries"
DROP INDEX "webhook_deliveries_due";
-- Drop index "webhookdelivery_organization_id_id" from table: "webhook_deliveries"
DROP INDEX "webhookdelivery_organization_id_id";
-- Create index "webhook_deliveries_due" to table: "webhook_deliveries"
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" ("endpoint_id", "status", "next_try_at");
