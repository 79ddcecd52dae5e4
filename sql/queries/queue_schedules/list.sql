-- Schedules for people. $1: one by its name, or
-- null for all. In order of the primary key.
select
  s.schedule,
  s.kind,
  s.source,
  s.expression,
  s.zone,
  s.every_ms,
  s.dst,
  s.missed,
  s.catch_up_max,
  s.queue,
  s.priority,
  s.args,
  s.group_key,
  s.paused,
  s.problem,
  s.last_tick_at,
  s.last_job_id,
  s.next_tick_at,
  s.changed_at,
  clock_now() as "now_at!"
from queue.schedules as s
where $1::text is null
  or s.schedule = $1
order by s.schedule
