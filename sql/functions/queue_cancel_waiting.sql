-- Cancels jobs because of how another job ended that they wait for (p_causes, place by place).
-- Answers those of them that others may wait for, or null: the caller tells these.
-- Locks: the jobs' rows. Index: jobs_pkey.
create or replace function queue.cancel_waiting(
  p_job_ids bigint[],
  p_causes bigint[],
  p_outcome text
)
returns bigint[]
language plpgsql volatile
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  v_told bigint[];
begin
  if p_job_ids is null then
    return null;
  end if;

  with ended as (
    delete from queue.jobs as j
    using unnest(p_job_ids, p_causes) as failed(job_id, cause)
    where j.job_id = failed.job_id
      and j.state = 'waiting'
    returning j.*, failed.cause
  ),
  kept as (
    insert into queue.finished_jobs (
      job_id, finished_at, run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
      max_attempts, state, queue, kind, args, unique_key, unique_scope, group_key, trace_context,
      last_error
    )
    select
      job_id, clock_now(), run_at, created_at, claimed_at, worker_id, attempt, forgiven, priority,
      max_attempts, 'cancelled', queue, kind, args, unique_key, unique_scope, group_key,
      trace_context, format('job %s, which it waited for, is %s', cause, p_outcome)
    from ended
  )
  select array_agg(e.job_id) filter (where e.has_dependants) into v_told
  from ended as e;

  update queue.dependencies as d
  set settled_at = clock_now(), outcome = 'abandoned'
  where d.job_id = any (p_job_ids)
    and d.settled_at is null;
  return v_told;
end
$$;

comment on function queue.cancel_waiting(bigint[], bigint[], text) is
  'Cancels jobs whose predecessor failed; answers those that others wait for; internal.';
