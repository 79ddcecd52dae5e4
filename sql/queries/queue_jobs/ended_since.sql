-- How attempts ended lately. $1 after this time, $2 queue or null, $3 kind or null, $4 at most.
select
  ended_at as "ended_at!",
  started_at,
  job_id as "job_id!",
  queue as "queue!",
  kind as "kind!",
  attempt as "attempt!",
  worker_id,
  outcome as "outcome!",
  error
from queue.ended_since($1, $2, $3, $4)
