-- Every queue that has settings, jobs or workers: its settings, what it has to do, how fast it
-- goes, who serves it, and in how many seconds it would be worked off at that pace.
-- Reads all of the hot table (queue.stats): for people, not for loops. Locks: none.
create or replace function queue.queue_descriptors()
returns table (
  queue text,
  paused boolean,
  ageing_seconds double precision,
  max_wait_ms bigint,
  max_waiting bigint,
  limits jsonb,
  jobs jsonb,
  oldest_ready_seconds double precision,
  completed_per_minute double precision,
  failed_per_minute double precision,
  failure_share double precision,
  drained_in_seconds double precision,
  workers bigint,
  worker_names text[]
)
language sql stable
set jit = off
as $$
  with live as (
    select unnest(w.queues) as queue, w.name
    from queue.workers as w
    where w.state in ('running', 'draining')
  ),
  served as (
    select l.queue, count(*) as workers, array_agg(distinct l.name order by l.name) as worker_names
    from live as l
    group by l.queue
  ),
  by_state as (
    select
      s.queue, s.state, sum(s.jobs) as jobs,
      max(s.oldest_age_seconds) filter (where s.state = 'ready') as oldest_ready_seconds
    from queue.stats as s
    group by s.queue, s.state
  ),
  counted as (
    select
      b.queue, jsonb_object_agg(b.state, b.jobs) as jobs,
      coalesce(sum(b.jobs) filter (where b.state in ('ready', 'blocked')), 0) as backlog,
      max(b.oldest_ready_seconds) as oldest_ready_seconds
    from by_state as b
    group by b.queue
  ),
  rated as (
    select
      r.queue,
      sum(r.ended * 60 / r.seconds) filter (where r.outcome = 'completed') as completed,
      sum(r.ended * 60 / r.seconds) filter (where r.outcome in ('failed', 'lost')) as failed
    from queue.lately() as r
    group by r.queue
  ),
  named as (
    select q.queue from queue.queues as q
    union select s.queue from served as s
    union select c.queue from counted as c
  )
  select
    n.queue,
    coalesce(q.paused, false),
    extract(epoch from q.ageing)::double precision,
    q.max_wait_ms,
    q.max_waiting,
    to_jsonb(l) - array['scope', 'name', 'tokens', 'refilled_at', 'changed_at'],
    coalesce(c.jobs, '{}'),
    c.oldest_ready_seconds,
    coalesce(r.completed, 0)::double precision,
    coalesce(r.failed, 0)::double precision,
    (coalesce(r.failed, 0) / nullif(coalesce(r.completed, 0) + coalesce(r.failed, 0), 0))
      ::double precision,
    case when coalesce(c.backlog, 0) = 0 then 0
      else (c.backlog * 60 / nullif(r.completed, 0))::double precision end,
    coalesce(s.workers, 0),
    coalesce(s.worker_names, '{}')
  from named as n
  left join queue.queues as q on q.queue = n.queue
  left join queue.limits as l on l.scope = 'queue' and l.name = n.queue
  left join counted as c on c.queue = n.queue
  left join rated as r on r.queue = n.queue
  left join served as s on s.queue = n.queue
  order by n.queue
$$;

comment on function queue.queue_descriptors() is
  'Every queue: its settings, its jobs by state, its rates, who serves it, when it is drained.';
