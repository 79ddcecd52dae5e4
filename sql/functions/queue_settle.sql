-- Ends attempts of a worker that did not complete their jobs. Parallel arrays, one place per
-- attempt; p_outcomes says how it ended:
--   failed     again after p_delays_ms, or dead when that was the last attempt
--   lost       its worker died: again at once, or dead when that was the last attempt
--   fatal      dead at once
--   snoozed    again after p_delays_ms; does not count as an attempt
--   waiting    parked until the event that p_errors names comes or expires (queue.open_wait); ready
--              at once when it has come already; does not count as an attempt
--   released   ready at once; does not count as an attempt (the worker shuts down)
--   unstarted  as released, and leaves no trace: it was claimed but never began
--   cancelled, discarded  finished
-- A job whose cancellation was requested meanwhile is cancelled instead of running again.
--
-- Answers what became of each job: scheduled, ready, waiting, dead, cancelled, discarded. A job
-- that is missing was fenced: the lease is no longer held, and nothing was changed for it.
-- Locks: the jobs' rows. Index: jobs_pkey (the plan is held to it: see queue.complete).
create or replace function queue.settle(
  p_worker_id bigint,
  p_job_ids bigint[],
  p_attempts integer[],
  p_outcomes text[],
  p_delays_ms bigint[],
  p_errors text[]
)
returns table (
  job_id bigint,
  attempt integer,
  fate text
)
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_settled record;
  v_ended record;
begin
  -- Before anything is decided: an event that comes at this moment waits for this row.
  if 'waiting' = any (p_outcomes) then
    update queue.waits as w
    set parked = true
    from unnest(p_job_ids, p_attempts, p_outcomes, p_errors)
      as lease(job_id, attempt, outcome, name)
    join queue.jobs as j
      on j.job_id = lease.job_id
      and j.attempt = lease.attempt
      and j.worker_id = p_worker_id
    where lease.outcome = 'waiting'
      and w.job_id = lease.job_id
      and w.name = lease.name
      and w.ended_at is null;
  end if;

  with held as materialized (
    select
      j.job_id,
      j.attempt,
      j.group_key,
      j.has_dependants,
      lease.outcome,
      coalesce(
        w.expires_at,
        v_now + least(lease.delay_ms, 315360000000) * interval '1 millisecond') as again_at,
      nullif(left(lease.error, 20000), '') as error,
      case
        when lease.outcome in ('cancelled', 'discarded') then lease.outcome
        when j.cancel_requested then 'cancelled'
        when lease.outcome = 'fatal' then 'dead'
        when lease.outcome in ('failed', 'lost')
          and j.attempt - j.forgiven >= coalesce(j.max_attempts, 25) then 'dead'
        when lease.outcome in ('failed', 'snoozed') and lease.delay_ms > 0 then 'scheduled'
        when w.wait_id is not null then 'waiting'
        when j.group_key is not null then 'blocked'
        else 'ready'
      end as fate
    from unnest(p_job_ids, p_attempts, p_outcomes, p_delays_ms, p_errors)
      as lease(job_id, attempt, outcome, delay_ms, error)
    join queue.jobs as j using (job_id)
    left join queue.waits as w
      on lease.outcome = 'waiting' and w.job_id = j.job_id and w.name = lease.error and w.parked
    where j.attempt = lease.attempt
      and j.worker_id = p_worker_id
    for update of j
  ),
  logged as (
    insert into queue.attempts_log (
      job_id, finished_at, started_at, worker_id, attempt, outcome, queue, kind, error
    )
    select
      j.job_id, v_now, j.claimed_at, j.worker_id, j.attempt,
      case h.outcome when 'fatal' then 'failed' when 'waiting' then 'waited' else h.outcome end,
      j.queue, j.kind, h.error
    from held as h
    join queue.jobs as j using (job_id)
    where h.outcome <> 'unstarted'
  ),
  again as (
    update queue.jobs as j
    set
      state = h.fate,
      run_at = case when h.outcome in ('failed', 'snoozed') or h.fate = 'waiting'
        then h.again_at else j.run_at end,
      order_at = case when h.outcome in ('failed', 'snoozed') or h.fate = 'waiting'
        then j.order_at + (h.again_at - j.run_at) else j.order_at end,
      group_slot = null,
      forgiven = j.forgiven
        + case when h.outcome in ('snoozed', 'waiting', 'released', 'unstarted')
          then 1 else 0 end,
      worker_id = null,
      claimed_at = null,
      last_error = case when h.outcome in ('failed', 'lost') then h.error else j.last_error end
    from held as h
    where j.job_id = h.job_id
      and h.fate in ('scheduled', 'ready', 'blocked', 'waiting')
  ),
  ended as (
    delete from queue.jobs as j
    using held as h
    where j.job_id = h.job_id
      and h.fate in ('dead', 'cancelled', 'discarded')
    returning j.*, h.fate, h.error
  ),
  died as (
    insert into queue.dead_jobs (
      job_id, died_at, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
      max_attempts, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
      last_error
    )
    select
      job_id, v_now, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
      max_attempts, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
      coalesce(error, last_error)
    from ended
    where fate = 'dead'
  ),
  finished as (
    insert into queue.finished_jobs (
      job_id, finished_at, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
      max_attempts, state, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
      last_error
    )
    select
      job_id, v_now, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
      max_attempts, fate, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
      coalesce(error, last_error)
    from ended
    where fate in ('cancelled', 'discarded')
  )
  select
    array_agg(h.job_id) as job_ids,
    array_agg(h.attempt) as attempts,
    array_agg(case h.fate when 'blocked' then 'ready' else h.fate end) as fates,
    array_agg(h.has_dependants) as awaited,
    array_agg(distinct h.group_key) filter (where h.group_key is not null) as group_keys
  into v_settled
  from held as h;

  if v_settled.group_keys is not null then
    perform queue.release_groups(v_settled.group_keys);
  end if;

  for v_ended in
    select gone.fate, array_agg(gone.job_id) as job_ids
    from unnest(v_settled.job_ids, v_settled.fates, v_settled.awaited)
      as gone(job_id, fate, has_dependants)
    where gone.has_dependants and gone.fate in ('dead', 'cancelled', 'discarded')
    group by gone.fate
  loop
    perform queue.end_dependencies(v_ended.job_ids, v_ended.fate);
  end loop;

  if exists (
    select from queue.limits as l
    where l.scope in ('queue', 'kind') and l.max_running is not null
  ) then
    perform pg_notify('queue_jobs', '*');
  end if;

  return query
    select s.job_id, s.attempt, s.fate
    from unnest(v_settled.job_ids, v_settled.attempts, v_settled.fates) as s(job_id, attempt, fate);
end
$$;

comment on function queue.settle(bigint, bigint[], integer[], text[], bigint[], text[]) is
  'Ends attempts that did not complete and says what became of their jobs; internal.';
