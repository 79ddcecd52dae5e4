-- Moves a schedule on. $1 schedule, $2 revision and $3 next tick as the worker saw them, $4 ticks
-- that get a job, $5 the tick to come. Locks the schedule's row.
select
  moved as "moved!",
  job_id,
  revision as "revision!",
  paused as "paused!",
  next_tick_at,
  now_at as "now_at!"
from queue.tick_schedule($1, $2, $3, $4, $5)
