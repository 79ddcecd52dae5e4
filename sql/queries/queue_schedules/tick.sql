-- Ticks a schedule. $1 schedule, $2 kind, $3 queue, $4 milliseconds between ticks.
select job_id, next_in_ms as "next_in_ms!"
from queue.tick($1, $2, $3, $4)
