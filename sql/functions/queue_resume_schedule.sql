-- Ends a schedule's pause. It ticks from now on: ticks of the pause are not made up for. Also puts
-- right what a clock that had run ahead left behind. False when there is no such schedule.
create or replace function queue.resume_schedule(p_schedule text)
returns boolean
language plpgsql volatile
as $$
declare
  v_kind text;
begin
  update queue.schedules as s
  set paused = false,
    revision = s.revision + 1,
    changed_at = clock_now(),
    next_tick_at = null,
    last_tick_at = least(s.last_tick_at, clock_now())
  where s.schedule = p_schedule
    and (s.paused or s.last_tick_at > clock_now())
  returning s.kind into v_kind;
  if found then
    perform pg_notify('queue_jobs', '@schedules ' || v_kind);
  end if;
  return exists (select from queue.schedules as s where s.schedule = p_schedule);
end
$$;

comment on function queue.resume_schedule(text) is
  'Lets a paused schedule tick again, from now on; false when there is none such.';
