-- What is wrong with the parts of an enqueue that few jobs have (edges, periods, replacement), in
-- the form of queue.job_problems, which checks the rest. Separate, so that plain jobs do not pay.
create or replace function queue.flow_problems(p_jobs jsonb, p_prefix text)
returns jsonb
language sql stable
as $$
  with job as (
    select
      position - 1 as position,
      body,
      nullif(body->'after', 'null') as after,
      nullif(body->'unique_period', 'null') as period,
      nullif(body->'replace', 'null') as replace,
      body->>'unique_key' as unique_key,
      body->>'unique_scope' as unique_scope,
      body->>'on_failure' as on_failure
    from jsonb_array_elements(p_jobs) with ordinality as element(body, position)
    where jsonb_typeof(body) = 'object'
  ),
  edge as (
    select
      j.position,
      case jsonb_typeof(e.edge)
        when 'number' then e.edge::text ~ '^[0-9]{1,18}$'
        when 'object' then
          (e.edge ? 'job_id') <> (e.edge ? 'position')
          and coalesce(e.edge->>'job_id', '1') ~ '^[0-9]{1,18}$'
          and case when coalesce(e.edge->>'position', '0') ~ '^[0-9]{1,5}$'
            then coalesce((e.edge->>'position')::integer < j.position, true) else false end
          and coalesce(e.edge->>'on_failure', 'run') in ('cancel', 'run', 'wait')
          and e.edge - array['job_id', 'position', 'on_failure'] = '{}'
        else false
      end as fine
    from job as j
    cross join lateral jsonb_array_elements(
      case when jsonb_typeof(j.after) = 'array' then j.after end) as e(edge)
  ),
  problem as (
    select j.position, p.field, p.code, p.message
    from job as j
    cross join lateral (
      values
        (jsonb_typeof(j.after) <> 'array', 'after', 'type', 'after must be an array'),
        (case when jsonb_typeof(j.after) = 'array' then jsonb_array_length(j.after) end > 10000,
          'after', 'too_many', 'a job can wait for at most 10000 others'),
        (exists (select from edge as e where e.position = j.position and not e.fine),
          'after', 'format', 'after must hold job ids, or objects with job_id or position (of an '
          'earlier job in the array) and perhaps on_failure'),
        (j.on_failure not in ('cancel', 'run', 'wait'), 'on_failure', 'unknown',
          'on_failure must be "cancel", "run" or "wait"'),
        (j.on_failure is not null and j.after is null, 'on_failure', 'needs_after',
          'on_failure needs after'),
        (not case when jsonb_typeof(j.period) = 'number'
            then j.period::numeric > 0 and j.period::numeric <= 31536000
            else j.period is null end, 'unique_period', 'range',
          'unique_period must be a number of seconds up to a year'),
        ((j.period is null) = (coalesce(j.unique_scope, '') = 'period'), 'unique_period', 'scope',
          'unique_period goes with unique_scope "period", and that with unique_period'),
        (j.replace is not null and (
            jsonb_typeof(j.replace) <> 'array' or not j.replace <@ '["args", "run_at"]'),
          'replace', 'unknown', 'replace must be an array of "args" and "run_at"'),
        (j.replace is not null and j.unique_key is null, 'replace', 'needs_key',
          'replace needs a unique_key')
    ) as p(wrong, field, code, message)
    where p.wrong
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'field', format(p_prefix, position) || field,
        'code', code,
        'message', message)
      order by position),
    '[]')
  from problem
$$;

comment on function queue.flow_problems(jsonb, text) is
  'All problems with edges, periods and replacement of jobs about to be enqueued; internal.';
