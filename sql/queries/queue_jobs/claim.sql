-- Claims ready jobs. $1 worker_id, $2 queues in turn, $3 kinds, $4 attempts allowed by kind,
-- $5 limit, $6 to $10 the lines to look at, or nothing. A row without job_id only says when to look
-- again, and which groups may have become free.
select
  job_id,
  coalesce(attempt, 0) as "attempt!",
  coalesce(forgiven, 0) as "forgiven!",
  coalesce(max_attempts, 0::smallint) as "max_attempts!",
  coalesce(queue, '') as "queue!",
  coalesce(kind, '') as "kind!",
  coalesce(args::text, '{}') as "args!",
  group_key,
  trace_context,
  coalesce(run_at, clock_now()) as "run_at!",
  coalesce(claimed_at, clock_now()) as "claimed_at!",
  coalesce(rank, 0::smallint) as "rank!",
  coalesce(line, '') as "line!",
  coalesce(order_at, clock_now()) as "order_at!",
  look_again_ms,
  case
    when job_id is null
    then array(select key from jsonb_array_elements_text(coalesce(args, '[]')) as key)
  end as parked_groups
from queue.claim_next($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
