-- no-transaction
drop index concurrently if exists queue.jobs_group_running_idx;
