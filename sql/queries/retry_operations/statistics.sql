-- How retrying goes, of a shop: what waits for another attempt, what is dead, and what became of
-- jobs that had failed once, over the last day as far as the analytics know. $1 tenant.
-- Index: jobs_scheduled_idx, queue_hours_pkey.
select
  w.pending as "pending!",
  w.next_at,
  (
    select count(*)
    from queue.dead_jobs as d
    where d.args->>'tenant_id' = ($1::uuid)::text
  ) as "dead!",
  coalesce(h.recovered, 0) as "recovered_last_day!",
  coalesce(h.given_up, 0) as "given_up_last_day!"
from (
  select count(*) as pending, min(run_at) as next_at
  from queue.jobs
  where state = 'scheduled'
    and attempt > forgiven
    and args->>'tenant_id' = ($1::uuid)::text
) as w
cross join (
  select sum(retried)::bigint as recovered, sum(dead)::bigint as given_up
  from analytics.queue_hours
  where tenant_id = $1
    and hour > clock_now() - interval '1 day'
) as h
