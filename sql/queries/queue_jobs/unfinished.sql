-- The newest jobs that are not finished, for assertions of tests.
select kind as "kind!", args as "args!"
from queue.jobs
order by job_id desc
limit 1000
