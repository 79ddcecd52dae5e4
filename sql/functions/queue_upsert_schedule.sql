-- Makes a schedule at run time, or changes it. Call it with named parameters:
--   select queue.upsert_schedule('report:berlin', 'send_report', '0 8 * * MON',
--     p_zone => 'Europe/Berlin', p_args => '{"shop": 7}');
--
-- Every worker that has a handler for the kind ticks it. Once changed it ticks from now on: nothing
-- of before is made up for. One that is there and the same stays as it is, its pause too.
-- Answers its revision. Raises P0JOB with DETAIL [{field, code, message}] when anything is wrong.
create or replace function queue.upsert_schedule(
  p_schedule text,
  p_kind text,
  p_expression text default null,
  p_zone text default 'UTC',
  p_every interval default null,
  p_dst text default 'auto',
  p_missed text default 'once',
  p_catch_up_max integer default 100,
  p_args jsonb default '{}',
  p_queue text default 'default',
  p_priority smallint default 0::smallint,
  p_group_key text default null
)
returns bigint
language plpgsql volatile
as $$
declare
  v_schedule queue.schedules;
  v_problems jsonb;
  v_revision bigint;
begin
  v_schedule.schedule := p_schedule;
  v_schedule.kind := p_kind;
  v_schedule.expression := p_expression;
  v_schedule.zone := coalesce(p_zone, 'UTC');
  v_schedule.every_ms := extract(epoch from p_every) * 1000;
  v_schedule.dst := coalesce(p_dst, 'auto');
  v_schedule.missed := coalesce(p_missed, 'once');
  v_schedule.catch_up_max := coalesce(p_catch_up_max, 100);
  v_schedule.args := coalesce(p_args, '{}');
  v_schedule.queue := coalesce(p_queue, 'default');
  v_schedule.priority := coalesce(p_priority, 0);
  v_schedule.group_key := p_group_key;
  v_problems := queue.schedule_problems(v_schedule);
  if v_problems <> '[]' then
    raise exception 'the schedule cannot be written: %', v_problems->0->>'message'
      using errcode = 'P0JOB', detail = v_problems::text;
  end if;

  insert into queue.schedules as s (
    schedule, kind, expression, zone, every_ms, dst, missed, catch_up_max, args, queue, priority,
    group_key, source
  )
  values (
    v_schedule.schedule, v_schedule.kind, v_schedule.expression, v_schedule.zone,
    v_schedule.every_ms, v_schedule.dst, v_schedule.missed, v_schedule.catch_up_max,
    v_schedule.args, v_schedule.queue, v_schedule.priority, v_schedule.group_key, 'people'
  )
  on conflict (schedule) do update
  set kind = excluded.kind,
    expression = excluded.expression,
    zone = excluded.zone,
    every_ms = excluded.every_ms,
    dst = excluded.dst,
    missed = excluded.missed,
    catch_up_max = excluded.catch_up_max,
    args = excluded.args,
    queue = excluded.queue,
    priority = excluded.priority,
    group_key = excluded.group_key,
    revision = s.revision + 1,
    changed_at = clock_now(),
    next_tick_at = null,
    problem = null
  where s.source = 'people'
    and (s.kind, s.expression, s.zone, s.every_ms, s.dst, s.missed, s.catch_up_max, s.args,
        s.queue, s.priority, s.group_key)
      is distinct from (excluded.kind, excluded.expression, excluded.zone, excluded.every_ms,
        excluded.dst, excluded.missed, excluded.catch_up_max, excluded.args, excluded.queue,
        excluded.priority, excluded.group_key)
  returning s.revision into v_revision;
  if found then
    perform pg_notify('queue_jobs', '@schedules ' || p_kind);
    return v_revision;
  end if;
  return (select s.revision from queue.schedules as s where s.schedule = p_schedule);
end
$$;

comment on function queue.upsert_schedule(
  text, text, text, text, interval, text, text, integer, jsonb, text, smallint, text) is
  'Makes or changes a schedule that belongs to no kind''s policy; answers its revision.';
