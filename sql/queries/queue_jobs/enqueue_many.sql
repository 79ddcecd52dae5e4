-- Enqueues an array of jobs: queue.enqueue_many. $1: the JSON array as text. In their order.
select job_id as "job_id!", inserted as "inserted!"
from queue.enqueue_many($1::text::jsonb)
order by "position"
