-- Completes one attempt inside the handler's own transaction, so that what it wrote and the job's
-- end commit together. Raises P0LSE when the lease was lost, which aborts that transaction: a
-- worker that woke up late cannot write anything.
--
-- It frees the job's group in that transaction, unless p_releases is false: workers free the groups
-- of many such jobs together, after their commits (queue.free_groups). Measured: 250 us of each of
-- the handlers' transactions one by one, 35 us a job together.
create or replace function queue.complete_in(
  p_worker_id bigint,
  p_job_id bigint,
  p_attempt integer,
  p_releases boolean default true
)
returns void
language plpgsql volatile
as $$
begin
  if cardinality(
    queue.complete(p_worker_id, array[p_job_id], array[p_attempt], p_releases)) = 0
  then
    raise exception 'job % attempt % is no longer leased to worker %',
      p_job_id, p_attempt, p_worker_id
      using errcode = 'P0LSE';
  end if;
end
$$;

-- Of the release before, which had no choice.
drop function if exists queue.complete_in(bigint, bigint, integer);

comment on function queue.complete_in(bigint, bigint, integer, boolean) is
  'Completes an attempt in the caller''s transaction, or raises P0LSE: the lease was lost.';
