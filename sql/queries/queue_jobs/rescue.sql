-- Puts back the jobs of dead workers, and answers them.
select job_id as "job_id!", queue as "queue!", kind as "kind!", fate as "fate!"
from queue.rescue()
