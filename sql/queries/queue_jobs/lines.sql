-- The lines of some queues that have ready jobs, with their heads. $1 queues.
select
  queue as "queue!",
  rank as "rank!",
  line as "line!",
  order_at as "order_at!",
  job_id as "job_id!"
from queue.lines($1)
