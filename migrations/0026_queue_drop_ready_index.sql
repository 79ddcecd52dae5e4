-- no-transaction
drop index concurrently if exists queue.jobs_ready_idx;
