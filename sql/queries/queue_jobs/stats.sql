-- Unfinished and dead jobs by queue, kind and state.
select
  queue as "queue!",
  kind as "kind!",
  state as "state!",
  jobs as "jobs!",
  oldest_age_seconds as "oldest_age_seconds!"
from queue.stats
order by queue, kind, state
