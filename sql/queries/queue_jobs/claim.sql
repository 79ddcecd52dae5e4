-- Claims ready jobs. $1 worker_id, $2 queues, $3 kinds, $4 attempts allowed by kind, $5 limit.
select
  job_id as "job_id!",
  attempt as "attempt!",
  forgiven as "forgiven!",
  max_attempts as "max_attempts!",
  priority as "priority!",
  queue as "queue!",
  kind as "kind!",
  args::text as "args!",
  group_key,
  trace_context,
  run_at as "run_at!",
  claimed_at as "claimed_at!"
from queue.claim($1, $2, $3, $4, $5)
