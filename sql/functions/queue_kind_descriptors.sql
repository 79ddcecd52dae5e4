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
  select
    a.name, coalesce(k.descriptor, '{}'), k.registered_at, coalesce(k.paused, false), a.limits,
    a.jobs, a.oldest_ready_seconds, a.completed_per_minute, a.failed_per_minute, a.failure_share,
    a.workers, a.worker_names
  from queue.activity('kind') as a
  left join queue.kinds as k on k.kind = a.name
  order by a.name
$$;

comment on function queue.kind_descriptors() is
  'Every kind: what its workers say about it, its jobs by state, its rates, who serves it.';
