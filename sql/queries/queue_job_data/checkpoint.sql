-- What the job saved last. $1: job_id. Index: job_data_pkey.
select checkpoint::text as checkpoint
from queue.job_data
where job_id = $1
