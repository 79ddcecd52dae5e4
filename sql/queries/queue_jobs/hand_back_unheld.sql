-- Hands back the jobs that are leased to a worker which does not know of them. $1: worker_id,
-- $2: the jobs that it knows of. Locks: the jobs' rows. Index: jobs_running_idx.
with
unheld as (
  select job_id, attempt
  from queue.jobs
  where worker_id = $1
    and state = 'running'
    and job_id <> all($2::bigint[])
),
leases as (
  select
    array_agg(job_id order by job_id) as job_ids,
    array_agg(attempt order by job_id) as attempts,
    array_agg('unstarted'::text) as outcomes,
    array_agg(0::bigint) as delays,
    array_agg(''::text) as errors
  from unheld
)
select settled.job_id as "job_id!"
from leases
cross join lateral queue.settle($1, job_ids, attempts, outcomes, delays, errors) as settled
where job_ids is not null
