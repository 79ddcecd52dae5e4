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
  v_told bigint[];
begin
  select j.state, j.group_key into v_state, v_group_key
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

  v_told := queue.cancel_unstarted(array[p_job_id], v_state, null);
  if v_group_key is not null then
    perform queue.release_groups(array[v_group_key]);
  end if;
  if v_told is not null then
    perform queue.end_dependencies(v_told, 'cancelled');
  end if;
  return 'cancelled';
end
$$;

comment on function queue.cancel(bigint) is
  'Cancels a waiting or running job: cancelled, cancelling, or null when there is none unfinished.';
