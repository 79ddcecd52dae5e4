-- Pauses a schedule: no worker ticks it until it is resumed. False when there is none such.
create or replace function queue.pause_schedule(p_schedule text)
returns boolean
language plpgsql volatile
as $$
declare
  v_kind text;
begin
  update queue.schedules as s
  set paused = true, revision = s.revision + 1, changed_at = clock_now()
  where s.schedule = p_schedule
    and not s.paused
  returning s.kind into v_kind;
  if found then
    perform pg_notify('queue_jobs', '@schedules ' || v_kind);
  end if;
  return exists (select from queue.schedules as s where s.schedule = p_schedule);
end
$$;

comment on function queue.pause_schedule(text) is
  'Stops a schedule, fleet-wide and at once; false when there is none such.';
