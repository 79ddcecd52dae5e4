-- Has what waits for its next attempt tried now, oldest first, at most p_limit jobs of a shop:
-- after the cause is mended, nobody has to sit out the delays. Answers how many.
-- Locks: the jobs, skipping locked ones. Index: jobs_scheduled_idx.
create or replace function process_pending_retries(
  p_limit integer default 1000,
  p_tenant uuid default current_tenant_id()
)
returns integer
language plpgsql volatile
as $$
declare
  v_now constant timestamptz := clock_now();
  v_jobs integer;
begin
  with waiting as materialized (
    select job_id
    from queue.jobs
    where state = 'scheduled'
      and run_at > v_now
      and attempt > forgiven
      and args->>'tenant_id' = p_tenant::text
    order by run_at, job_id
    limit p_limit
    for update skip locked
  )
  update queue.jobs as j
  set run_at = v_now, order_at = j.order_at + (v_now - j.run_at)
  where j.job_id = any (array(select w.job_id from waiting as w));
  get diagnostics v_jobs = row_count;
  if v_jobs > 0 then
    perform queue.promote(p_limit, true);
  end if;
  return v_jobs;
end
$$;

comment on function process_pending_retries(integer, uuid) is
  'Has jobs that wait for their next attempt tried now; answers how many.';
