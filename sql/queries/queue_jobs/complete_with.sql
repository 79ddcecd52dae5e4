-- Completes attempts with results and follow-ups: queue.complete_with. $1 worker_id, then parallel
-- arrays: $2 job ids, $3 attempts, $4 results, $5 follow-ups (both JSON text or null).
select job_id as "job_id!", refusal
from queue.complete_with($1, $2, $3, $4, $5)
