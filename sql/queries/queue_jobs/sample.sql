-- What the fleet's sampler needs, in one statement: jobs by queue and state (what = 'jobs'), those
-- of them that could run and whose kind no live worker knows (what = 'unserved'), the queues that
-- have settings (what = 'queue', amount 1: paused), live workers (what = 'workers').
with stats as materialized (
  select * from queue.stats
),
live as materialized (
  select kinds from queue.workers where state in ('running', 'draining')
)
select
  'jobs' as "what!",
  queue as "queue!",
  state as "state!",
  sum(jobs)::bigint as "amount!",
  max(oldest_age_seconds) as "oldest_age_seconds!"
from stats
group by queue, state
union all
select 'unserved', queue, '', sum(jobs)::bigint, max(oldest_age_seconds)
from stats
where state = 'ready'
  and not exists (select from live where stats.kind = any (live.kinds))
group by queue
union all
select 'queue', queue, '', paused::integer, 0
from queue.queues
union all
select 'workers', '', '', count(*), 0
from live
