-- Ticks a schedule of even distances: what workers of the release before call; others declare
-- theirs and call queue.tick_schedule. Ticks lie at multiples of p_every_ms since the epoch. The
-- worker that moves last_tick_at to the newest tick enqueues its job, in the same transaction; all
-- others find it moved. So there is one job per tick, with any number of workers and without a
-- leader. Ticks that passed while nobody worked are skipped, but for the newest.
-- Does nothing where the schedule is paused, or has got a calendar since.
-- Answers the job that was enqueued, if any, and in how many milliseconds the next tick is.
-- Locks: the schedule's row, for the length of this call.
create or replace function queue.tick(
  p_schedule text,
  p_kind text,
  p_queue text,
  p_every_ms bigint
)
returns table (
  job_id bigint,
  next_in_ms bigint
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_now_ms constant bigint := floor(extract(epoch from clock_now()) * 1000);
  v_tick_ms constant bigint := v_now_ms - v_now_ms % p_every_ms;
  v_tick_at constant timestamptz := to_timestamp(v_tick_ms / 1000.0);
  v_job_id bigint;
  v_won boolean;
begin
  insert into queue.schedules as s (schedule, kind, every_ms, queue, last_tick_at)
  values (p_schedule, p_kind, p_every_ms, p_queue, v_tick_at)
  on conflict (schedule) do update
  set last_tick_at = excluded.last_tick_at,
    next_tick_at = to_timestamp((v_tick_ms - v_tick_ms % s.every_ms + s.every_ms) / 1000.0)
  where coalesce(s.last_tick_at < excluded.last_tick_at, true)
    and s.every_ms is not null
    and not s.paused;
  v_won := found;

  if v_won then
    select e.job_id into v_job_id
    from queue.enqueue(
      p_kind => p_kind,
      p_queue => p_queue,
      p_unique_key => 'schedule:' || p_schedule || '@' || v_tick_ms
    ) as e;
    update queue.schedules set last_job_id = v_job_id where schedule = p_schedule;
  end if;
  return query select v_job_id, v_tick_ms + p_every_ms - v_now_ms;
end
$$;

comment on function queue.tick(text, text, text, bigint) is
  'Enqueues the job of a schedule''s newest tick unless somebody did; for workers of the release '
  'before.';
