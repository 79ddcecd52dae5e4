-- Of jobs said to be completed in their handlers' transactions, those that are still leased: the
-- transaction was not committed. Index: jobs_pkey.
create or replace function queue.uncommitted(
  p_worker_id bigint,
  p_job_ids bigint[],
  p_attempts integer[]
)
returns bigint[]
language plpgsql stable
set jit = off
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
  return (
  select coalesce(array_agg(j.job_id), '{}')
  from unnest(p_job_ids, p_attempts) as lease(job_id, attempt)
  join queue.jobs as j using (job_id)
  where j.attempt = lease.attempt
    and j.worker_id = p_worker_id);
end
$$;

comment on function queue.uncommitted(bigint, bigint[], integer[]) is
  'Which of these attempts are still leased to the worker; internal.';
