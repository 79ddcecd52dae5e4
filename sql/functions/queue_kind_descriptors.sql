-- Every kind that somebody knows of, registered or waiting: what its workers say about it, what it
-- has to do, how it goes, who serves it. A kind without a live worker that has jobs to do is what
-- `workers = 0` shows: its jobs wait, and start when a worker registers it.
-- Reads all of the hot table (queue.stats): for people, not for loops. Locks: none.
create or replace function queue.kind_descriptors()
returns table (
  kind text,
  descriptor jsonb,
  registered_at timestamptz,
  paused boolean,
  limits jsonb,
  jobs jsonb,
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
  with live as (
    select unnest(w.kinds) as kind, w.name
    from queue.workers as w
    where w.state in ('running', 'draining')
  ),
  served as (
    select l.kind, count(*) as workers, array_agg(distinct l.name order by l.name) as worker_names
    from live as l
    group by l.kind
  ),
  by_state as (
    select
      s.kind, s.state, sum(s.jobs) as jobs,
      max(s.oldest_age_seconds) filter (where s.state = 'ready') as oldest_ready_seconds
    from queue.stats as s
    group by s.kind, s.state
  ),
  counted as (
    select
      b.kind, jsonb_object_agg(b.state, b.jobs) as jobs,
      max(b.oldest_ready_seconds) as oldest_ready_seconds
    from by_state as b
    group by b.kind
  ),
  rated as (
    select
      r.kind,
      sum(r.ended * 60 / r.seconds) filter (where r.outcome = 'completed') as completed,
      sum(r.ended * 60 / r.seconds) filter (where r.outcome in ('failed', 'lost')) as failed
    from queue.lately() as r
    group by r.kind
  ),
  named as (
    select k.kind from queue.kinds as k
    union select s.kind from served as s
    union select c.kind from counted as c
  )
  select
    n.kind,
    coalesce(k.descriptor, '{}'),
    k.registered_at,
    coalesce(k.paused, false),
    to_jsonb(l) - array['scope', 'name', 'tokens', 'refilled_at', 'changed_at'],
    coalesce(c.jobs, '{}'),
    c.oldest_ready_seconds,
    coalesce(r.completed, 0)::double precision,
    coalesce(r.failed, 0)::double precision,
    (coalesce(r.failed, 0) / nullif(coalesce(r.completed, 0) + coalesce(r.failed, 0), 0))
      ::double precision,
    coalesce(s.workers, 0),
    coalesce(s.worker_names, '{}')
  from named as n
  left join queue.kinds as k on k.kind = n.kind
  left join queue.limits as l on l.scope = 'kind' and l.name = n.kind
  left join counted as c on c.kind = n.kind
  left join rated as r on r.kind = n.kind
  left join served as s on s.kind = n.kind
  order by n.kind
$$;

comment on function queue.kind_descriptors() is
  'Every kind: what its workers say about it, its jobs by state, its rates, who serves it.';
