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
as $$
begin
  if p_job_ids is null then
    return null;
  end if;
  return queue.cancel_unstarted(p_job_ids, 'waiting', array(
    select format('job %s, which it waited for, is %s', failed.cause, p_outcome)
    from unnest(p_causes) with ordinality as failed(cause, place)
    order by failed.place));
end
$$;

comment on function queue.cancel_waiting(bigint[], bigint[], text) is
  'Cancels jobs whose predecessor failed; answers those that others wait for; internal.';
