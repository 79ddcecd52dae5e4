-- Gives the job that holds a unique key the arguments and the time of a later enqueue, as far as
-- p_job's "replace" names them. A job that has begun (running, or parked until an event) is not
-- touched. Answers false when the job holds the key no more, so that a new one is due.
-- Locks: the job's row. Index: jobs_pkey.
create or replace function queue.replace_job(p_job_id bigint, p_job jsonb)
returns boolean
language plpgsql volatile
as $$
declare
  v_now constant timestamptz := clock_now();
  v_args jsonb;
  v_run_at timestamptz;
  v_wake text;
  v_group_key text;
  v_held boolean;
begin
  if p_job->'replace' ? 'args' then
    v_args := coalesce(nullif(p_job->'args', 'null'), '{}');
  end if;
  if p_job->'replace' ? 'run_at' then
    v_run_at := coalesce((p_job->>'run_at')::timestamptz, v_now);
  end if;

  update queue.jobs as j
  set
    args = coalesce(v_args, j.args),
    run_at = coalesce(v_run_at, j.run_at),
    order_at = coalesce(v_run_at + queue.head_start(j.queue, j.priority), j.order_at),
    state = case
      when j.state = 'waiting' or v_run_at is null then j.state
      when v_run_at > v_now then 'scheduled'
      when j.group_key is not null then 'blocked'
      else 'ready'
    end
  where j.job_id = p_job_id
    and (j.unique_held or j.unique_scope = 'period')
    and (j.state in ('scheduled', 'ready', 'blocked') or j.waiting_for is not null)
  returning case j.state when 'scheduled' then '@' else j.queue end, j.group_key
  into v_wake, v_group_key;

  if not found then
    select j.unique_held into v_held from queue.jobs as j where j.job_id = p_job_id;
    return coalesce(v_held, false) or p_job->>'unique_scope' = 'period';
  end if;
  if v_run_at is not null then
    if v_group_key is not null then
      perform queue.release_groups(array[v_group_key]);
    end if;
    perform pg_notify('queue_jobs', v_wake);
  end if;
  return true;
end
$$;

comment on function queue.replace_job(bigint, jsonb) is
  'Gives the holder of a unique key the arguments and time of a later enqueue; internal.';
