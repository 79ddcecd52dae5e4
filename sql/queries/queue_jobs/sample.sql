-- What the fleet's sampler needs, in one statement: jobs by queue and state (what = 'jobs'), the
-- queues that have settings (what = 'queue', amount 1: paused), live workers (what = 'workers').
select
  'jobs' as "what!",
  queue as "queue!",
  state as "state!",
  sum(jobs)::bigint as "amount!",
  max(oldest_age_seconds) as "oldest_age_seconds!"
from queue.stats
group by queue, state
union all
select 'queue', queue, '', paused::integer, 0
from queue.queues
union all
select 'workers', '', '', count(*), 0
from queue.workers
where state in ('running', 'draining')
