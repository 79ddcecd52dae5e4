-- Moves a schedule on: enqueues the jobs of its due ticks and writes down the tick to come.
--
-- A worker computes the ticks; this decides who does it. The worker says which definition
-- (p_revision) and which next tick (p_seen) it saw: only one worker finds both unchanged. To move
-- the schedule and to enqueue is one transaction: one job per tick, with any number of workers,
-- and none lost when the winner dies. Whether a tick is due is for this clock to say, not for the
-- worker's: p_ticks that are ahead of it make nothing happen.
--
-- Answers whether it was this call that moved it, the last job that it made, and the schedule's
-- state after that with the time that it is; no row when there is no such schedule.
-- The others hear of the new state: channel queue_jobs, "@tick <revision> <next, ms> <name>".
-- Locks: the schedule's row, for the length of this call.
create or replace function queue.tick_schedule(
  p_schedule text,
  p_revision bigint,
  p_seen timestamptz,
  p_ticks timestamptz[],
  p_next timestamptz
)
returns table (
  moved boolean,
  job_id bigint,
  revision bigint,
  paused boolean,
  next_tick_at timestamptz,
  now_at timestamptz
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_now constant timestamptz := clock_now();
  v_schedule queue.schedules;
  v_last_tick_at timestamptz;
  v_job_id bigint;
begin
  if v_now >= all (p_ticks) then
    select * into v_schedule
    from queue.schedules as s
    where s.schedule = p_schedule
      and s.revision = p_revision
      and s.next_tick_at is not distinct from p_seen
      and not s.paused
    for update;
  end if;
  if v_schedule.schedule is null then
    return query
      select false, null::bigint, s.revision, s.paused, s.next_tick_at, v_now
      from queue.schedules as s
      where s.schedule = p_schedule;
    return;
  end if;

  select e.job_id into v_job_id
  from unnest(p_ticks) as tick(at)
  cross join lateral queue.enqueue(
    p_kind => v_schedule.kind,
    p_args => v_schedule.args,
    p_queue => v_schedule.queue,
    p_priority => v_schedule.priority,
    p_run_at => tick.at,
    p_group_key => v_schedule.group_key,
    p_unique_key => 'schedule:' || p_schedule || '@'
      || floor(extract(epoch from tick.at) * 1000)::bigint
  ) as e
  -- Set back, a clock shows times again whose ticks had their jobs.
  where tick.at > coalesce(v_schedule.last_tick_at, '-infinity')
  order by e.job_id desc
  limit 1;
  select max(tick.at) into v_last_tick_at from unnest(p_ticks) as tick(at);

  update queue.schedules as s
  set next_tick_at = p_next,
    last_tick_at = greatest(s.last_tick_at, v_last_tick_at),
    last_job_id = coalesce(v_job_id, s.last_job_id),
    problem = null
  where s.schedule = p_schedule;
  perform pg_notify('queue_jobs', '@tick ' || p_revision || ' '
    || coalesce(floor(extract(epoch from p_next) * 1000)::bigint::text, 'never')
    || ' ' || p_schedule);
  return query select true, v_job_id, p_revision, false, p_next, v_now;
end
$$;

comment on function queue.tick_schedule(text, bigint, timestamptz, timestamptz[], timestamptz) is
  'Enqueues the jobs of a schedule''s due ticks unless somebody did, and moves it on; internal.';
