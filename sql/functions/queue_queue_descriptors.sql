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
  select
    a.name, coalesce(q.paused, false), extract(epoch from q.ageing)::double precision,
    q.max_wait_ms, q.max_waiting, a.limits, a.jobs, a.oldest_ready_seconds, a.completed_per_minute,
    a.failed_per_minute, a.failure_share,
    case when a.backlog = 0 then 0
      else a.backlog::double precision * 60 / nullif(a.completed_per_minute, 0) end,
    a.workers, a.worker_names
  from queue.activity('queue') as a
  left join queue.queues as q on q.queue = a.name
  order by a.name
$$;

comment on function queue.queue_descriptors() is
  'Every queue: its settings, its jobs by state, its rates, who serves it, when it is drained.';
