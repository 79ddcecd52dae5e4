-- Enqueues one job in the caller's transaction. Call it with named parameters:
--   select * from queue.enqueue(p_kind => 'send_mail', p_args => '{"to": 7}');
--
-- p_after: jobs that must end before; p_on_failure: what to do when one of them is dead or
-- cancelled (cancel | run | wait). p_unique_period: how long the key is held (p_unique_scope
-- 'period'). p_replace: of {args, run_at}, what a waiting holder of the unique key gets from this.
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
  p_trace_context text default null,
  p_after bigint[] default null,
  p_on_failure text default null,
  p_unique_period interval default null,
  p_replace text[] default null
)
returns table (
  job_id bigint,
  inserted boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_is_flow constant boolean :=
    coalesce(p_after::text, p_on_failure, p_unique_period::text, p_replace::text) is not null
    or coalesce(p_unique_scope = 'period', false);
  v_jobs jsonb;
  v_problems jsonb;
  v_ids bigint[];
begin
  if not v_is_flow and coalesce(p_unique_key, p_unique_scope, p_group_key) is null then
    v_ids := queue.enqueue_plain(
      array[coalesce(p_args, '{}')], array[p_kind], array[p_queue], array[p_priority],
      array[p_run_at], array[p_max_attempts], array[p_trace_context]);
    if v_ids is not null then
      return query select v_ids[1], true;
      return;
    end if;
  end if;

  v_jobs := jsonb_build_array(jsonb_build_object(
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
  if v_is_flow then
    v_jobs := jsonb_build_array(v_jobs->0 || jsonb_build_object(
      'after', p_after,
      'on_failure', p_on_failure,
      'unique_scope', coalesce(p_unique_scope, case when p_unique_period is not null
        then 'period' end),
      'unique_period', extract(epoch from p_unique_period),
      'replace', p_replace));
    v_problems := queue.job_problems(v_jobs, '') || queue.flow_problems(v_jobs, '');
  else
    v_problems := queue.job_problems(v_jobs, '');
  end if;
  if v_problems <> '[]' then
    raise exception 'the job cannot be enqueued: %', v_problems->0->>'message'
      using errcode = 'P0JOB', detail = v_problems::text;
  end if;
  if v_is_flow then
    return query select job_id, inserted from queue.insert_flow(v_jobs, '');
  else
    return query select job_id, inserted from queue.insert_jobs(v_jobs);
  end if;
end
$$;

comment on function queue.enqueue(
  text, jsonb, text, smallint, timestamptz, smallint, text, text, text, text,
  bigint[], text, interval, text[]) is
  'Enqueues one job in the caller''s transaction; answers its id and whether it is new.';
