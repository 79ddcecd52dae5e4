-- Cancels jobs that are in a state, which is not running: they are finished, and wait for nobody
-- any more. p_errors says why, place by place; null: what the job said last.
-- Answers those of them that others may wait for, or null: the caller tells these.
-- Locks: the jobs' rows. Index: jobs_pkey.
create or replace function queue.cancel_unstarted(
  p_job_ids bigint[],
  p_state text,
  p_errors text[]
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
  with ended as (
    delete from queue.jobs as j
    using unnest(p_job_ids, p_errors) as given(job_id, error)
    where j.job_id = given.job_id
      and j.state = p_state
    returning j.*, given.error
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
      trace_context, coalesce(error, last_error)
    from ended
  )
  select array_agg(e.job_id) filter (where e.has_dependants) into v_told
  from ended as e;

  if p_state = 'waiting' then
    update queue.dependencies as d
    set settled_at = clock_now(), outcome = 'abandoned'
    where d.job_id = any (p_job_ids)
      and d.settled_at is null;
  end if;
  return v_told;
end
$$;

comment on function queue.cancel_unstarted(bigint[], text, text[]) is
  'Cancels jobs that do not run; answers those that others wait for; internal.';
