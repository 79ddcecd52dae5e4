-- Writes down the schedules of a worker's kinds: [{kind, queue, every_ms | expression, zone, dst,
-- missed, catch_up_max}]. One that is there already and the same is not touched; one that differs
-- gets the new definition, and a new next tick if its times changed. Of several releases at once
-- the worker that started last has the say.
-- Locks: the rows of schedules that differ.
create or replace function queue.declare_schedules(p_schedules jsonb)
returns void
language plpgsql volatile
as $$
declare
  v_kind text;
begin
  for v_kind in
    insert into queue.schedules as s (
      schedule, kind, queue, every_ms, expression, zone, dst, missed, catch_up_max
    )
    select d.kind, d.kind, d.queue, d.every_ms, d.expression, d.zone, d.dst, d.missed,
      d.catch_up_max
    from jsonb_to_recordset(p_schedules) as d(
      kind text, queue text, every_ms bigint, expression text, zone text, dst text, missed text,
      catch_up_max integer)
    order by d.kind
    on conflict (schedule) do update
    set queue = excluded.queue,
      every_ms = excluded.every_ms,
      expression = excluded.expression,
      zone = excluded.zone,
      dst = excluded.dst,
      missed = excluded.missed,
      catch_up_max = excluded.catch_up_max,
      revision = s.revision + 1,
      changed_at = clock_now(),
      next_tick_at = case
        when (s.every_ms, s.expression, s.zone, s.dst)
          is not distinct from (excluded.every_ms, excluded.expression, excluded.zone, excluded.dst)
        then s.next_tick_at
      end,
      problem = null
    where s.source = 'kind'
      and (s.queue, s.every_ms, s.expression, s.zone, s.dst, s.missed, s.catch_up_max)
        is distinct from (excluded.queue, excluded.every_ms, excluded.expression, excluded.zone,
          excluded.dst, excluded.missed, excluded.catch_up_max)
    returning s.kind
  loop
    perform pg_notify('queue_jobs', '@schedules ' || v_kind);
  end loop;
end
$$;

comment on function queue.declare_schedules(jsonb) is
  'Writes down the schedules that a worker''s kinds have by their policy; internal.';
