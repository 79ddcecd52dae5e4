-- A running job says something of itself: null leaves what was there. Raises P0LSE when the lease
-- was lost, and again at the commit (trigger queue_job_data_fence) should it be lost by then.
-- Locks: the job's row of queue.job_data. Index: jobs_pkey, job_data_pkey.
create or replace function queue.save_job_data(
  p_worker_id bigint,
  p_job_id bigint,
  p_attempt integer,
  p_percent smallint default null,
  p_message text default null,
  p_checkpoint jsonb default null,
  p_result jsonb default null
)
returns void
language plpgsql volatile
as $$
begin
  insert into queue.job_data as d (
    job_id, updated_at, worker_id, attempt, percent, message, checkpoint, result
  )
  select
    p_job_id, clock_now(), p_worker_id, p_attempt, p_percent, left(p_message, 2000), p_checkpoint,
    p_result
  from queue.jobs as j
  where j.job_id = p_job_id
    and j.attempt = p_attempt
    and j.worker_id = p_worker_id
  on conflict (job_id) do update
  set
    updated_at = excluded.updated_at,
    worker_id = excluded.worker_id,
    attempt = excluded.attempt,
    percent = coalesce(excluded.percent, d.percent),
    message = coalesce(excluded.message, d.message),
    checkpoint = coalesce(excluded.checkpoint, d.checkpoint),
    result = coalesce(excluded.result, d.result);
  if not found then
    raise exception 'job % attempt % is no longer leased to worker %',
      p_job_id, p_attempt, p_worker_id
      using errcode = 'P0LSE';
  end if;
end
$$;

comment on function queue.save_job_data(
  bigint, bigint, integer, smallint, text, jsonb, jsonb) is
  'Writes progress, checkpoint or result of a running job, fenced by its lease; internal.';
