-- Removes a schedule; jobs that it made stay. The schedule of a kind's policy comes back when the
-- next worker of that kind starts: pause that one instead. False when there is none such.
create or replace function queue.remove_schedule(p_schedule text)
returns boolean
language plpgsql volatile
as $$
declare
  v_kind text;
begin
  delete from queue.schedules as s
  where s.schedule = p_schedule
  returning s.kind into v_kind;
  if v_kind is null then
    return false;
  end if;
  perform pg_notify('queue_jobs', '@schedules ' || v_kind);
  return true;
end
$$;

comment on function queue.remove_schedule(text) is
  'Removes a schedule; false when there is none such.';
