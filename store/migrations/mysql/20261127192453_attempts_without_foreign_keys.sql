-- Modify "attempts" table
ALTER TABLE `attempts` DROP FOREIGN KEY `attempts_batch_jobs_batch_job`, DROP FOREIGN KEY `attempts_contacts_contact`;
