-- Enqueues jobs given by columns, as queue.enqueue_plain takes them; answers their ids in order.
-- What that does not take goes the long way of queue.enqueue_many, which raises P0JOB with all that
-- is wrong.
create or replace function queue.enqueue_columns(
  p_args jsonb[],
  p_kinds text[],
  p_queues text[],
  p_priorities smallint[],
  p_run_ats timestamptz[],
  p_max_attempts smallint[],
  p_trace_contexts text[]
)
returns bigint[]
language plpgsql volatile
as $$
declare
  v_ids constant bigint[] := queue.enqueue_plain(
    p_args, p_kinds, p_queues, p_priorities, p_run_ats, p_max_attempts, p_trace_contexts);
  v_jobs jsonb;
begin
  if v_ids is not null then
    return v_ids;
  end if;
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'args', p_args[n],
        'kind', p_kinds[least(n, cardinality(p_kinds))],
        'queue', p_queues[least(n, cardinality(p_queues))],
        'priority', p_priorities[least(n, cardinality(p_priorities))],
        'run_at', p_run_ats[least(n, cardinality(p_run_ats))],
        'max_attempts', p_max_attempts[least(n, cardinality(p_max_attempts))],
        'trace_context', p_trace_contexts[least(n, cardinality(p_trace_contexts))])
      order by n),
    '[]')
  into v_jobs
  from generate_subscripts(p_args, 1) as n;
  return array(
    select many.job_id from queue.enqueue_many(v_jobs) as many order by many."position");
end
$$;

comment on function queue.enqueue_columns(
  jsonb[], text[], text[], smallint[], timestamptz[], smallint[], text[]) is
  'Enqueues jobs without keys and groups, given by columns; answers their ids in order.';
