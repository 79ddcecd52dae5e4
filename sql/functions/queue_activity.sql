-- What goes on in each queue, or with the jobs of each kind (p_by: queue | kind): limits, jobs by
-- state, pace, who serves it. All that have settings, jobs or live workers.
-- Reads all of the hot table (queue.stats): for people, not for loops. Locks: none.
create or replace function queue.activity(p_by text)
returns table (
  name text,
  limits jsonb,
  jobs jsonb,
  backlog numeric,
  oldest_ready_seconds double precision,
  completed_per_minute double precision,
  failed_per_minute double precision,
  failure_share double precision,
  workers bigint,
  worker_names text[]
)
language sql stable
set jit = off
as $$
  with served as (
    select
      l.name, count(*) as workers, array_agg(distinct l.worker order by l.worker) as worker_names
    from (
      select unnest(case p_by when 'queue' then w.queues else w.kinds end) as name, w.name as worker
      from queue.workers as w
      where w.state in ('running', 'draining')
    ) as l
    group by l.name
  ),
  by_state as (
    select
      case p_by when 'queue' then s.queue else s.kind end as name, s.state, sum(s.jobs) as jobs,
      max(s.oldest_age_seconds) filter (where s.state = 'ready') as oldest_ready_seconds
    from queue.stats as s
    group by 1, 2
  ),
  counted as (
    select
      b.name, jsonb_object_agg(b.state, b.jobs) as jobs,
      coalesce(sum(b.jobs) filter (where b.state in ('ready', 'blocked')), 0) as backlog,
      max(b.oldest_ready_seconds) as oldest_ready_seconds
    from by_state as b
    group by b.name
  ),
  rated as (
    select
      case p_by when 'queue' then r.queue else r.kind end as name,
      sum(r.ended * 60 / r.seconds) filter (where r.outcome = 'completed') as completed,
      sum(r.ended * 60 / r.seconds) filter (where r.outcome in ('failed', 'lost')) as failed
    from queue.lately() as r
    group by 1
  ),
  named as (
    select q.queue as name from queue.queues as q where p_by = 'queue'
    union select k.kind from queue.kinds as k where p_by = 'kind'
    union select s.name from served as s
    union select c.name from counted as c
  )
  select
    n.name,
    to_jsonb(l) - array['scope', 'name', 'tokens', 'refilled_at', 'changed_at'],
    coalesce(c.jobs, '{}'),
    coalesce(c.backlog, 0),
    c.oldest_ready_seconds,
    coalesce(r.completed, 0)::double precision,
    coalesce(r.failed, 0)::double precision,
    (coalesce(r.failed, 0) / nullif(coalesce(r.completed, 0) + coalesce(r.failed, 0), 0))
      ::double precision,
    coalesce(s.workers, 0),
    coalesce(s.worker_names, '{}')
  from named as n
  left join queue.limits as l on l.scope = p_by and l.name = n.name
  left join counted as c on c.name = n.name
  left join rated as r on r.name = n.name
  left join served as s on s.name = n.name
$$;

comment on function queue.activity(text) is
  'What goes on in each queue or with each kind; internal to the descriptors.';
