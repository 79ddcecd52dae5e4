-- Cancels a job. A waiting one is finished as cancelled at once; of a running one the handler is
-- told within a second, and whatever it does, the job is not run again.
-- Answers cancelled (it was waiting), cancelling (it is running), or null: no such unfinished job.
create or replace function queue.cancel(p_job_id bigint)
returns text
language plpgsql volatile
as $$
declare
  v_state text;
  v_group_key text;
  v_awaited boolean;
begin
  select j.state, j.group_key, j.has_dependants into v_state, v_group_key, v_awaited
  from queue.jobs as j
  where j.job_id = p_job_id
  for update;

  if v_state is null then
    return null;
  end if;

  if v_state = 'running' then
    update queue.jobs set cancel_requested = true where job_id = p_job_id;
    perform pg_notify('queue_cancel', p_job_id::text);
    return 'cancelling';
  end if;

  with ended as (
    delete from queue.jobs as j where j.job_id = p_job_id returning j.*
  )
  insert into queue.finished_jobs (
    job_id, finished_at, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
    max_attempts, state, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
    last_error
  )
  select
    job_id, clock_now(), run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
    max_attempts, 'cancelled', queue, kind, args, unique_key, unique_scope, group_key,
    trace_context, last_error
  from ended;
  if v_group_key is not null then
    perform queue.release_groups(array[v_group_key]);
  end if;
  if v_state = 'waiting' then
    update queue.dependencies as d
    set settled_at = clock_now(), outcome = 'abandoned'
    where d.job_id = p_job_id and d.settled_at is null;
  end if;
  if v_awaited then
    perform queue.end_dependencies(array[p_job_id], 'cancelled');
  end if;
  return 'cancelled';
end
$$;

comment on function queue.cancel(bigint) is
  'Cancels a waiting or running job: cancelled, cancelling, or null when there is none unfinished.';
