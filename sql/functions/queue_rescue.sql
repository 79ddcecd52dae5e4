-- Declares workers dead that did not prove for 1.5 heartbeats that they live, and puts their
-- running jobs back: ready, or dead when that was the last attempt. The attempt is kept as lost,
-- and it counts, so that a job which kills its worker cannot go round for ever.
--
-- A server that was down could not be told: time before its start does not count against anybody.
-- Jobs that a worker claimed while it was being declared dead are found by the next call.
-- Answers the rescued jobs. Locks: rows of dead workers and their jobs. Index: workers_live_idx,
-- jobs_running_idx.
create or replace function queue.rescue()
returns table (
  job_id bigint,
  queue text,
  kind text,
  fate text
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_lost record;
  v_error text;
begin
  with stale as (
    select w.worker_id
    from queue.workers as w
    where w.state in ('running', 'draining')
      and greatest(w.heartbeat_at, pg_postmaster_start_time())
        < clock_now() - w.heartbeat_ms * interval '1.5 milliseconds'
    order by w.worker_id
    for update skip locked
  )
  update queue.workers as w
  set state = 'dead', stopped_at = clock_now()
  from stale
  where w.worker_id = stale.worker_id;

  for v_lost in
    select
      w.worker_id,
      w.name,
      array_agg(j.job_id) as job_ids,
      array_agg(j.attempt) as attempts
    from queue.workers as w
    join queue.jobs as j on j.worker_id = w.worker_id and j.state = 'running'
    where w.state in ('dead', 'stopped')
    group by w.worker_id, w.name
  loop
    v_error := format('worker %s (%s) died', v_lost.worker_id, v_lost.name);
    return query
      select s.job_id, coalesce(j.queue, d.queue, ''), coalesce(j.kind, d.kind, ''), s.fate
      from queue.settle(
        v_lost.worker_id,
        v_lost.job_ids,
        v_lost.attempts,
        array_fill('lost'::text, array[cardinality(v_lost.job_ids)]),
        array_fill(0::bigint, array[cardinality(v_lost.job_ids)]),
        array_fill(v_error, array[cardinality(v_lost.job_ids)])
      ) as s
      left join queue.jobs as j on j.job_id = s.job_id
      left join queue.dead_jobs as d on d.job_id = s.job_id;
  end loop;

  if found then
    perform pg_notify('queue_jobs', '*');
  end if;
end
$$;

comment on function queue.rescue() is
  'Declares silent workers dead and puts their jobs back; answers the jobs; internal.';
