-- Drop index "batch_jobs_open" from table: "batch_jobs"
DROP INDEX `batch_jobs_open`;
-- Create index "batch_jobs_open_by_start" to table: "batch_jobs"
CREATE INDEX `batch_jobs_open_by_start` ON `batch_jobs` (`organization_id`, `status`, `scheduled_start_at`) WHERE status <> 'COMPLETED' AND status <> 'FAILED' AND status <> 'CANCELLED';
