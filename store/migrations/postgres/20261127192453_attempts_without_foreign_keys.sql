-- Modify "attempts" table
ALTER TABLE "attempts" DROP CONSTRAINT "attempts_batch_jobs_batch_job", DROP CONSTRAINT "attempts_contacts_contact";
