-- What is wrong with a schedule that people made, as far as SQL can tell; the rest (an hour 25)
-- workers find, and write to queue.schedules.problem. The Rust function refuses all of it.
create or replace function queue.schedule_problems(p_schedule queue.schedules)
returns jsonb
language sql stable
as $$
  with job as (
    select queue.job_problems(
      jsonb_build_array(jsonb_build_object(
        'kind', p_schedule.kind,
        'args', p_schedule.args,
        'queue', p_schedule.queue,
        'priority', p_schedule.priority,
        'group_key', p_schedule.group_key)),
      '') as problems
  ),
  own as (
    select coalesce(
      jsonb_agg(jsonb_build_object('field', field, 'code', code, 'message', message)), '[]'
    ) as problems
    from (
      values
        (coalesce(p_schedule.schedule, '') !~ '^[A-Za-z0-9_.:/-]{1,200}$', 'schedule', 'format',
          'schedule must be 1 to 200 of letters, digits and _ . : / -'),
        (num_nonnulls(p_schedule.expression, p_schedule.every_ms) <> 1, 'expression', 'required',
          'give either an expression, such as ''30 2 * * *'', or every, such as ''15 minutes'''),
        (p_schedule.expression !~* (
            '^\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)'
            || '|[0-9a-z*/,?#+-]+(\s+[0-9a-z*/,?#+-]+){4,5})\s*$'), 'expression', 'format',
          'expression must have five fields (minute, hour, day of the month, month, day of the '
          'week) or six (with seconds first), as in ''30 2 * * MON-FRI'', or be @daily, @weekly …'),
        (p_schedule.every_ms < 100, 'every', 'range', 'every must be at least 100 ms'),
        (p_schedule.zone <> 'UTC' and not exists (
            select from pg_timezone_names as known
            where lower(known.name) = lower(p_schedule.zone)
          ), 'zone', 'unknown',
          'zone must be a name of the IANA database, such as Europe/Berlin'),
        (p_schedule.dst not in ('auto', 'once', 'skip', 'both'), 'dst', 'unknown',
          'dst must be auto, once, skip or both'),
        (p_schedule.missed not in ('skip', 'once', 'catch_up'), 'missed', 'unknown',
          'missed must be skip, once or catch_up'),
        (p_schedule.catch_up_max not between 1 and 1000, 'catch_up_max', 'range',
          'catch_up_max must be 1 to 1000'),
        (exists (
            select from queue.schedules as taken
            where taken.schedule = p_schedule.schedule and taken.source = 'kind'
          ), 'schedule', 'taken',
          'a kind''s own schedule has this name: choose another, or pause that one')
    ) as p(wrong, field, code, message)
    where p.wrong
  )
  select own.problems || job.problems
  from own
  cross join job
$$;

comment on function queue.schedule_problems(queue.schedules) is
  'All problems of a schedule about to be written, as [{field, code, message}]; [] without any.';
