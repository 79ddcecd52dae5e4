-- Enqueues an array of jobs in the caller's transaction: objects with kind (required), args, queue,
-- priority, run_at, max_attempts, unique_key, unique_scope, group_key, trace_context, and
--   after          jobs that must end before: ids, {"job_id": 7} or {"position": 0} (a job that
--                  stands earlier in this array), each perhaps with an on_failure of its own
--   on_failure     when one of those is dead or cancelled: cancel (usual), run, wait (for a retry)
--   unique_period  seconds from now that the unique key is held (unique_scope "period")
--   replace        of ["args", "run_at"], what a waiting holder of the unique key gets from this
--
-- Answers one row per job: its position in the array (from 0), the job's id, and whether it was
-- inserted; false means that another job holds its unique key, and job_id is that job's.
-- Raises P0JOB with DETAIL [{field, code, message}] when anything is wrong with any of them.
--
-- Locks: none beyond the rows it inserts. An enqueue with a unique key that another transaction is
-- just enqueuing waits for that transaction's end.
create or replace function queue.enqueue_many(p_jobs jsonb)
returns table (
  "position" integer,
  job_id bigint,
  inserted boolean
)
language plpgsql volatile
as $$
#variable_conflict use_column
declare
  v_problems jsonb;
  v_is_flow boolean;
begin
  if jsonb_typeof(p_jobs) is distinct from 'array' then
    v_problems := jsonb_build_array(jsonb_build_object(
      'field', 'jobs', 'code', 'type', 'message', 'jobs must be an array'));
  elsif jsonb_array_length(p_jobs) > 10000 then
    v_problems := jsonb_build_array(jsonb_build_object(
      'field', 'jobs', 'code', 'too_many', 'message', 'at most 10000 jobs in one call'));
  else
    v_problems := queue.job_problems(p_jobs);
    v_is_flow := jsonb_path_exists(p_jobs,
      '$[*] ? (exists(@.after) || exists(@.unique_period) || exists(@.replace) '
      '|| exists(@.on_failure) || @.unique_scope == "period")');
    if v_is_flow then
      v_problems := v_problems || queue.flow_problems(p_jobs, 'jobs[%s].');
    end if;
  end if;
  if v_problems <> '[]' then
    raise exception 'the jobs cannot be enqueued: %', v_problems->0->>'message'
      using errcode = 'P0JOB', detail = v_problems::text;
  end if;
  if v_is_flow then
    return query select * from queue.insert_flow(p_jobs, 'jobs[%s].');
  else
    return query select * from queue.insert_jobs(p_jobs);
  end if;
end
$$;

comment on function queue.enqueue_many(jsonb) is
  'Enqueues up to 10000 jobs in the caller''s transaction; answers position, job_id, inserted.';
