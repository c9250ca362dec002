-- Modify "batch_jobs" table
ALTER TABLE `batch_jobs` DROP INDEX `batch_jobs_open`, ADD INDEX `batch_jobs_open_by_start` (`organization_id`, `status`, `scheduled_start_at`);
