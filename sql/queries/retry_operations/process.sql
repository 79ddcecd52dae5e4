-- $1 how many at most, $2 tenant. Locks: the jobs; index jobs_scheduled_idx.
select process_pending_retries($1, $2) as "jobs!"
