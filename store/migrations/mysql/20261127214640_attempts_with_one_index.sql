-- Modify "attempts" table
ALTER TABLE `attempts` DROP INDEX `attempts_batch_jobs_batch_job`;
