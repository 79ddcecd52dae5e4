-- Ends attempts that did not complete. $1 worker_id, then parallel arrays: $2 job ids, $3 attempts,
-- $4 outcomes, $5 delays in milliseconds, $6 errors.
select job_id as "job_id!", fate as "fate!"
from queue.settle($1, $2, $3, $4, $5, $6)
