-- What is wrong with the jobs of an enqueue, all of it at once: [] when nothing is.
-- p_prefix is put before each field: '' for one job, 'jobs[%s].' for many (%s: the position).
create or replace function queue.job_problems(p_jobs jsonb, p_prefix text default 'jobs[%s].')
returns jsonb
language sql stable
as $$
  with job as (
    select position - 1 as position, body
    from jsonb_array_elements(p_jobs) with ordinality as element(body, position)
  ),
  field as (
    select
      position,
      body,
      jsonb_typeof(body) is distinct from 'object' as shapeless,
      body->>'kind' as kind,
      body->'args' as args,
      coalesce(body->>'queue', 'default') as queue,
      coalesce(body->>'priority', '0') as priority,
      body->>'run_at' as run_at,
      coalesce(body->>'max_attempts', '1') as max_attempts,
      body->>'unique_key' as unique_key,
      body->>'unique_scope' as unique_scope,
      body->>'group_key' as group_key,
      body->>'trace_context' as trace_context
    from job
  ),
  problem as (
    select f.position, p.field, p.code, p.message
    from field as f
    cross join lateral (
      values
        (f.shapeless, '', 'type', 'a job must be an object'),
        (coalesce(f.kind, '') = '', 'kind', 'required', 'kind is required'),
        -- A bound in the pattern, {1,100}, makes it 25 times as slow.
        (octet_length(f.kind) > 100 or f.kind ~ '[^A-Za-z0-9_.:/-]', 'kind', 'format',
          'kind must be 1 to 100 of letters, digits and _ . : / -'),
        (octet_length(f.queue) not between 1 and 100 or f.queue ~ '[^A-Za-z0-9_.:/-]',
          'queue', 'format',
          'queue must be 1 to 100 of letters, digits and _ . : / -'),
        (jsonb_typeof(f.args) not in ('object', 'null'), 'args', 'type',
          'args must be an object'),
        (octet_length(f.args::text) > 1048576, 'args', 'too_large',
          'args must be at most 1048576 bytes of JSON'),
        (octet_length(f.args::text) <= 1048576 and queue.has_huge_number(f.args), 'args', 'number',
          'args must not hold a number beyond 1.8e308, which few languages can read'),
        (not case when f.priority ~ '^-?[0-9]{1,4}$'
            then f.priority::integer between -100 and 100 else false end, 'priority', 'range',
          'priority must be a whole number from -100 (first) to 100 (last)'),
        (not case when f.max_attempts ~ '^[0-9]{1,5}$'
            then f.max_attempts::integer between 1 and 1000 else false end, 'max_attempts', 'range',
          'max_attempts must be a whole number from 1 to 1000'),
        (f.run_at is not null and queue.try_timestamptz(f.run_at) is null, 'run_at', 'format',
          'run_at must be a date and time, such as 2026-01-31T14:30:00Z'),
        (octet_length(f.unique_key) not between 1 and 500, 'unique_key', 'length',
          'unique_key must be 1 to 500 bytes'),
        (f.unique_scope not in ('waiting', 'unfinished', 'period'), 'unique_scope',
          'unknown', 'unique_scope must be "waiting", "unfinished" or "period"'),
        (f.unique_scope is not null and f.unique_key is null, 'unique_scope', 'needs_key',
          'unique_scope needs a unique_key'),
        (octet_length(f.group_key) not between 1 and 500, 'group_key', 'length',
          'group_key must be 1 to 500 bytes'),
        (octet_length(f.trace_context) > 200, 'trace_context', 'length',
          'trace_context must be at most 200 bytes')
    ) as p(wrong, field, code, message)
    where p.wrong and (not f.shapeless or p.field = '')
    union all
    select f.position, unknown.field, 'unknown_field', 'no such field'
    from field as f
    cross join lateral jsonb_object_keys(
      f.body - array['kind', 'args', 'queue', 'priority', 'run_at', 'max_attempts', 'unique_key',
        'unique_scope', 'group_key', 'trace_context', 'after', 'on_failure', 'unique_period',
        'replace']
    ) as unknown(field)
    where not f.shapeless
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'field', rtrim(format(p_prefix, position) || field, '.'),
        'code', code,
        'message', message)
      order by position),
    '[]')
  from problem
$$;

comment on function queue.job_problems(jsonb, text) is
  'All problems of jobs about to be enqueued, as [{field, code, message}]; [] when there are none.';
