-- Enqueues one job in the caller's transaction. Call it with named parameters:
--   select * from queue.enqueue(p_kind => 'send_mail', p_args => '{"to": 7}');
--
-- inserted = false means that another job holds the unique key, and job_id is that job's.
-- Raises P0JOB with DETAIL [{field, code, message}] when anything is wrong.
create or replace function queue.enqueue(
  p_kind text,
  p_args jsonb default '{}',
  p_queue text default null,
  p_priority smallint default null,
  p_run_at timestamptz default null,
  p_max_attempts smallint default null,
  p_unique_key text default null,
  p_unique_scope text default null,
  p_group_key text default null,
  p_trace_context text default null
)
returns table (
  job_id bigint,
  inserted boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_jobs constant jsonb := jsonb_build_array(jsonb_build_object(
    'kind', p_kind,
    'args', p_args,
    'queue', p_queue,
    'priority', p_priority,
    'run_at', p_run_at,
    'max_attempts', p_max_attempts,
    'unique_key', p_unique_key,
    'unique_scope', p_unique_scope,
    'group_key', p_group_key,
    'trace_context', p_trace_context));
  v_problems constant jsonb := queue.job_problems(v_jobs, '');
begin
  if v_problems <> '[]' then
    raise exception 'the job cannot be enqueued: %', v_problems->0->>'message'
      using errcode = 'P0JOB', detail = v_problems::text;
  end if;
  return query select job_id, inserted from queue.insert_jobs(v_jobs);
end
$$;

comment on function queue.enqueue(
  text, jsonb, text, smallint, timestamptz, smallint, text, text, text, text) is
  'Enqueues one job in the caller''s transaction; answers its id and whether it is new.';
