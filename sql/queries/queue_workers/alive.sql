-- How many workers are alive.
select count(*) as "alive!"
from queue.workers
where state in ('running', 'draining')
