-- The queues that have settings, and whether they are paused.
select queue, paused
from queue.queues
order by queue
