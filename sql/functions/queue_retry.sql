-- Puts a dead job back: ready at once, with all its attempts anew; what it tried before is kept.
-- Others may wait for just this retry (edges with on_failure "wait"): its end has to look.
-- Answers whether there was such a dead job. Raises P0JOB when another job holds its unique key.
create or replace function queue.retry(p_job_id bigint)
returns boolean
language plpgsql volatile
as $$
declare
  v_found boolean;
begin
  with revived as (
    delete from queue.dead_jobs as d where d.job_id = p_job_id returning d.*
  )
  insert into queue.jobs (
    job_id, run_at, created_at, attempt, forgiven, priority, max_attempts, unique_held,
    has_dependants, state, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
    last_error, order_at, rank, line
  )
  select
    job_id, clock_now(), created_at, attempt, attempt, priority, max_attempts,
    unique_key is not null and unique_scope is distinct from 'period', true,
    case when group_key is null then 'ready' else 'blocked' end,
    queue, kind, args, unique_key, unique_scope, group_key, trace_context, last_error,
    clock_now() + queue.head_start(queue, priority), queue.rank_of(queue, priority),
    queue.line_of(kind)
  from revived;
  v_found := found;

  perform queue.release_groups(array[j.group_key])
  from queue.jobs as j
  where j.job_id = p_job_id
    and j.group_key is not null;
  return v_found;
exception
  when unique_violation then
    raise exception 'job % cannot be retried: another job holds its unique key', p_job_id
      using errcode = 'P0JOB', detail = jsonb_build_array(jsonb_build_object(
        'field', 'unique_key', 'code', 'taken',
        'message', 'another job holds this unique key'))::text;
end
$$;

comment on function queue.retry(bigint) is
  'Puts a dead job back with all its attempts anew; false when there is no such dead job.';
