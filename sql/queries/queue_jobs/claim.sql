-- Claims ready jobs. $1 worker_id, $2 queues in turn, $3 kinds, $4 attempts allowed by kind,
-- $5 limit, $6 to $10 the lines to look at, or nothing. A row without job_id only says when to look
-- again.
select
  job_id,
  attempt as "attempt!",
  forgiven as "forgiven!",
  max_attempts as "max_attempts!",
  queue as "queue!",
  kind as "kind!",
  args::text as "args!",
  group_key,
  trace_context,
  run_at as "run_at!",
  claimed_at as "claimed_at!",
  rank as "rank!",
  line as "line!",
  order_at as "order_at!",
  look_again_ms
from queue.claim_next($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
