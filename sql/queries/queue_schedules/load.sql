-- The schedules that a worker ticks, and the time. $1: the kinds that it has handlers for, $2:
-- those of them whose policy has a schedule. Index: schedules_kind_idx.
select
  schedule,
  kind,
  every_ms,
  expression,
  zone,
  dst,
  missed,
  catch_up_max,
  revision,
  paused,
  last_tick_at,
  next_tick_at,
  clock_now() as "now_at!"
from queue.schedules
where kind = any ($1)
  and (source = 'people' or kind = any ($2))
