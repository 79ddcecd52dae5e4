-- Ends the waits of parked jobs whose patience is over (run_at), at most p_limit: they go on, and
-- their handlers learn that the event did not come. An event that comes at the same moment either
-- is in time or learns that it is not: both lock the wait.
-- Locks: the waits' rows, skipping locked ones, then their jobs'. Index: jobs_parked_idx.
create or replace function queue.expire_waits(p_limit integer)
returns void
language plpgsql volatile
set plan_cache_mode = force_custom_plan
set jit = off
set enable_seqscan = off
as $$
declare
  v_free bigint[];
begin
  with due as materialized (
    select j.job_id
    from queue.jobs as j
    where j.state = 'waiting'
      and j.waiting_for is null
      and j.run_at <= clock_now()
    order by j.run_at, j.job_id
    limit p_limit
  ),
  overdue as materialized (
    select w.wait_id
    from queue.waits as w
    where w.job_id in (select due.job_id from due)
      and w.parked
    for update skip locked
  ),
  ended as (
    update queue.waits as w
    set outcome = 'expired', ended_at = clock_now(), parked = false
    from overdue
    where w.wait_id = overdue.wait_id
      and w.parked
    returning w.job_id
  ),
  -- Parked without a wait: somebody deleted it. Else the job would stay for ever.
  free as (
    select ended.job_id from ended
    union all
    select due.job_id
    from due
    where not exists (select from queue.waits as w where w.job_id = due.job_id and w.parked)
  )
  select array_agg(free.job_id) into v_free
  from free;

  if v_free is not null then
    perform queue.release_waiting(v_free);
  end if;
end
$$;

comment on function queue.expire_waits(integer) is
  'Lets parked jobs go on whose event did not come in time; internal to queue.promote.';
