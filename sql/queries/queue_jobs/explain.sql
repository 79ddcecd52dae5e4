-- Why a job does not run, and when it will. $1: job_id.
select reason as "reason!", detail as "detail!", until, estimate
from queue.explain($1)
