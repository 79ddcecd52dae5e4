-- Declares workers dead that did not keep their promise of a sign of life, and puts their running
-- jobs back: ready, or dead when that was the last attempt. The attempt is kept as lost, and it
-- counts, so that a job which kills its worker cannot go round for ever. At most a thousand jobs a
-- call; the caller comes again.
--
-- A frozen worker may have left a transaction open that locks its jobs. They are skipped, and such
-- a transaction is ended (queue.end_zombies), or one frozen process would hold up what it lost.
-- A worker counts as cleared half a minute after it ended: a claim of its own that was under way
-- when it was declared dead is found until then, one from before that by the hourly upkeep.
--
-- Answers the rescued jobs. Locks: rows of dead workers and their jobs, skipping locked ones.
-- Index: workers_alive_idx, workers_uncleared_idx, jobs_running_idx.
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
  v_jobs record;
  v_left integer := 1000;
begin
  with stale as (
    select w.worker_id
    from queue.workers as w
    where w.state in ('running', 'draining')
      and queue.alive_until(w) < clock_now()
    order by w.worker_id
    for update skip locked
  )
  update queue.workers as w
  set state = 'dead', stopped_at = clock_now()
  from stale
  where w.worker_id = stale.worker_id;
  if found then
    perform queue.end_watches();
  end if;

  for v_pass in 1..2 loop
    for v_lost in
      select w.worker_id, format('worker %s (%s) died', w.worker_id, w.name) as error
      from queue.workers as w
      where w.state in ('dead', 'stopped') and not w.cleared
      order by w.worker_id
    loop
      select array_agg(locked.job_id) as ids, array_agg(locked.attempt) as attempts, count(*)
      into v_jobs
      from (
        select j.job_id, j.attempt
        from queue.jobs as j
        where j.worker_id = v_lost.worker_id and j.state = 'running'
        limit v_left
        for update skip locked
      ) as locked;
      continue when v_jobs.count = 0;
      v_left := v_left - v_jobs.count;
      return query
        select s.job_id, coalesce(j.queue, d.queue, ''), coalesce(j.kind, d.kind, ''), s.fate
        from queue.settle(
          v_lost.worker_id,
          v_jobs.ids,
          v_jobs.attempts,
          array_fill('lost'::text, array[v_jobs.count::integer]),
          array_fill(0::bigint, array[v_jobs.count::integer]),
          array_fill(v_lost.error, array[v_jobs.count::integer])
        ) as s
        left join queue.jobs as j on j.job_id = s.job_id
        left join queue.dead_jobs as d on d.job_id = s.job_id;
    end loop;
    exit when v_pass = 2 or v_left <= 0 or not queue.end_zombies();
  end loop;

  if v_left < 1000 then
    perform pg_notify('queue_jobs', '*');
  end if;
  with clear as (
    select w.worker_id
    from queue.workers as w
    where w.state in ('dead', 'stopped')
      and not w.cleared
      and coalesce(w.stopped_at < clock_now() - interval '30 seconds', true)
      and not exists (
        select from queue.jobs as j where j.worker_id = w.worker_id and j.state = 'running')
    order by w.worker_id
    for update of w skip locked
  )
  update queue.workers as w
  set cleared = true
  from clear
  where w.worker_id = clear.worker_id;
end
$$;

comment on function queue.rescue() is
  'Declares silent workers dead and puts their jobs back; answers the jobs; internal.';
